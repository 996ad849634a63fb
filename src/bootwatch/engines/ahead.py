"""The first batch of a source, fetched while the engine gets ready."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

_SWITCH_S: Final = 0.0005
"""Scanning gives up the interpreter many times a millisecond, loading a library hardly ever: at the usual 5 ms between
forced switches it would crawl beside one."""


class Ahead:
    """Starts reading at once, in a thread; ``first`` waits for the first batch.

    The rest is read by whoever iterates. An exception of the source is raised by ``first``.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.batches = batches
        self._found: pa.RecordBatch | None = None
        self._failed: BaseException | None = None
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(min(_SWITCH_S, self._interval))
        self._thread = threading.Thread(target=self._read, name="ahead", daemon=True)
        self._thread.start()

    def first(self) -> pa.RecordBatch | None:
        """The first batch, None where there is none."""
        sys.setswitchinterval(self._interval)
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        return self._found

    def _read(self) -> None:
        try:
            self._found = next(self.batches, None)
        except BaseException as exc:  # noqa: BLE001 - raised again where it is waited for
            self._failed = exc
