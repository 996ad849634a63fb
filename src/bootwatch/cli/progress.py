"""A progress bar on stderr for work that takes longer than a moment, on a terminal only."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

if TYPE_CHECKING:
    from bootwatch.events.source import EventSource

_PATIENCE_S: Final = 1.0
_REFRESH_S: Final = 0.2

T = TypeVar("T")


class Progress:
    """Shows how many bytes of a source have been read, from a second after it is entered until it is left."""

    def __init__(self, source: EventSource | None, *, quiet: bool) -> None:
        self._source = source
        self._done = threading.Event()
        wanted = source is not None and not quiet and sys.stderr.isatty()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True) if wanted else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bar away; results may be written now."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def until_first(self, items: Iterable[T]) -> Iterator[T]:
        """The items; the bar goes before the first is handed out, so that it never stands among results."""
        for item in items:
            self.stop()
            yield item

    def _show(self) -> None:
        if self._done.wait(_PATIENCE_S) or self._source is None:
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
            task = bar.add_task("read", total=None)
            while not self._done.wait(_REFRESH_S):
                report = self._source.report
                bar.update(task, completed=report.bytes, total=report.total_bytes or None, refresh=True)
