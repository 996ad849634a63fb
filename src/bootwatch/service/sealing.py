"""Files of the log become segments: each as a whole, in one transaction of the manifest, then it is removed.

A file waits to be sealed when it is full or when its messages have waited long enough; until then a search reads it as
it is. A seal that fails (a full disk) leaves the file where it is and is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from bootwatch.errors import Error
from bootwatch.events.clock import Clock
from bootwatch.ingest.live import LiveSource
from bootwatch.service.intake import Intake
from bootwatch.store import wal
from bootwatch.store.ingest import IngestReport, ingest
from bootwatch.store.lock import WriteLock
from bootwatch.store.tags import Rule

_LOG: Final = logging.getLogger("bootwatch.sealing")
_LOOK_S: Final = 0.25
_AGAIN_S: Final = 5.0
_GIVES_WAY_S: Final = 2.0
_GLANCE_S: Final = 0.01


@dataclass(slots=True)
class Counts:
    """Since the start. ``damage`` are parts of log files that could not be read, each said once."""

    files: int = 0
    events: int = 0
    rejected: int = 0
    failed: int = 0
    damage: int = 0


class Sealer:
    """Seals in a thread of its own. ``sealed`` is called after each file, with its number and what became of it.

    ``keep_from`` says from which number on somebody still reads sealed files; None: nobody does. ``idle`` is called
    while nothing waits: this thread is the only one that writes the manifest. While ``pressed`` says that a receiver
    cannot keep up, reading for a segment gives way to it between two blocks (writing one does not): a datagram is lost
    for good, a seal is late.
    """

    def __init__(
        self,
        home: Path,
        held: WriteLock,
        intake: Intake,
        rules: Callable[[], Sequence[Rule]],
        *,
        zone: tzinfo = UTC,
        after_s: float = 60.0,
        sealed: Callable[[int, IngestReport], None] | None = None,
        keep_from: Callable[[], int | None] = lambda: None,
        idle: Callable[[], None] = lambda: None,
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counts = Counts()
        self.failure: str | None = None
        self._home, self._held, self._intake, self._rules = home, held, intake, rules
        self._zone, self._after_s, self._sealed, self._keep_from = zone, after_s, sealed, keep_from
        self._idle, self._pressed = idle, pressed
        self._since: float | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def close(self, within_s: float | None = None) -> None:
        """Finish the file in work, if that takes no longer than ``within_s``; one left in the middle changes nothing.

        What still waits is sealed at the next start.
        """
        self._ending.set()
        self._thread.join(within_s)

    def seal_all(self) -> None:
        """Seal what waits, now, in the caller's thread; for a start and for tests. Raises StoreError."""
        for number in self._intake.waiting():
            self._seal(number)

    def _run(self) -> None:
        while not self._ending.wait(_LOOK_S):
            self._roll_when_old()
            for number in self._intake.waiting():
                if self._ending.is_set():
                    return
                try:
                    self._seal(number)
                except Exception as exc:  # noqa: BLE001 - without this thread nothing is sealed, merged or given up
                    self.counts.failed += 1
                    if self.failure != str(exc):
                        ours = isinstance(exc, Error | OSError)
                        _LOG.error("sealing failed and is tried again: %s", exc, exc_info=not ours)
                    self.failure = str(exc)
                    self._ending.wait(_AGAIN_S)
                    break
                self.failure = None
            if not self._intake.waiting():
                self._idle()

    def _roll_when_old(self) -> None:
        if not self._intake.has_unsealed():
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        elif time.monotonic() - self._since >= self._after_s:
            self._intake.roll()
            self._since = None

    def _seal(self, number: int) -> None:
        damage: list[wal.Damage] = []
        blocks = list(_blocks(self._home, number, damage))
        for one in damage:
            if not one.torn:
                self.counts.damage += 1
                _LOG.error("%s", one)
            else:
                _LOG.info("%s; it was not acknowledged", one)
        arrived = datetime.fromtimestamp(blocks[0].context.arrived_us / 1e6, UTC) if blocks else datetime.now(UTC)
        report = ingest(
            LiveSource(lambda: blocks, self._zone),
            self._home,
            rules=self._rules(),
            clock=Clock(arrived, self._zone),
            held=self._held,
            log=number,
            progress=lambda _: self._give_way(),
        )
        self._intake.sealed(number, self._keep_from())
        self.counts.files += 1
        self.counts.events += report.rows
        self.counts.rejected += sum(report.rejected.values())
        if self._sealed is not None:
            self._sealed(number, report)

    def _give_way(self) -> None:
        until = time.monotonic() + _GIVES_WAY_S
        while self._pressed() and time.monotonic() < until and not self._ending.wait(_GLANCE_S):
            pass


def _blocks(home: Path, number: int, damage: list[wal.Damage]) -> Iterator[wal.Block]:
    for found in wal.read(home, number):
        if isinstance(found, wal.Damage):
            damage.append(found)
        else:
            yield found
