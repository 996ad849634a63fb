"""Detections over what comes in, in the order of arrival: every event is looked at once, whatever happens in between.

A step reads the log on from where the last one stopped, correlates it with the events that former steps kept, and puts
what it found, its place and the name of its state into one transaction of the alerts' file. A crash repeats the step;
an alert that is there already is not made again. A log file is kept until this has read it. Events that hold no word
any detection asks for are passed over without a search.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore, Change
from bootwatch.detect.findings import Finding, Status, iso
from bootwatch.detect.planned import Plans
from bootwatch.detect.suppressions import Suppressions
from bootwatch.detections.detection import Reads
from bootwatch.detections.pack import Pack
from bootwatch.detections.severity import Severity
from bootwatch.errors import Error
from bootwatch.events.clock import Clock
from bootwatch.ingest.live import PART_MARKS, LiveSource
from bootwatch.knowledge.objects import Knowledge
from bootwatch.match.scan import Scanner
from bootwatch.service.intake import Intake
from bootwatch.store import wal
from bootwatch.store.wal import Block

FOLDER: Final = "detect"
_PLACE: Final = "detect.place"
_STEP_BYTES: Final = 32 << 20
_LOOKS_BACK: Final = "-15d"
_LOG: Final = logging.getLogger("bootwatch.detecting")


@dataclass(slots=True)
class Counts:
    """Since the start: steps that searched, events looked at, alerts made or changed, steps that failed."""

    steps: int = 0
    events: int = 0
    changes: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Up to where the log was read, and the number of the state that belongs to it."""

    number: int = 0
    offset: int = 0
    state: int = 0

    @classmethod
    def parse(cls, text: str | None) -> _Place:
        return cls() if text is None else cls(*(int(part) for part in text.split(":")))

    def __str__(self) -> str:
        return f"{self.number}:{self.offset}:{self.state}"


def reads_from(alerts: AlertStore) -> int:
    """The log file from which a detector of these alerts reads on."""
    return _Place.parse(alerts.mark(_PLACE)).number


class Detector:
    """Runs in a thread of its own. ``changed`` is called after each step with what it did to alerts."""

    def __init__(
        self,
        home: Path,
        intake: Intake,
        alerts: AlertStore,
        pack: Pack,
        scope: app.Scope,
        beside: app.Beside,
        *,
        every_s: float = 1.0,
        whole_every_s: float = 0.0,
        least: Severity = Severity.MEDIUM,
        sinks: Callable[[], Sequence[str]] = tuple,
        changed: Callable[[list[Change]], None] | None = None,
    ) -> None:
        self.counts = Counts()
        self.failure: str | None = None
        self.pack = pack
        self._home, self._intake, self._alerts, self._scope, self._beside = home, intake, alerts, scope, beside
        self._whole_every_s = whole_every_s
        self._every_s, self._least, self._sinks, self._changed = every_s, least, sinks, changed
        self._place = _Place.parse(alerts.mark(_PLACE))
        self._scanner = Scanner(app.wanted(scope, pack))
        self._plans = Plans()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detect", daemon=True)
        (home / FOLDER).mkdir(parents=True, exist_ok=True)

    @property
    def keep_from(self) -> int:
        """From which log file on this still reads."""
        return self._place.number

    def start(self) -> None:
        self._thread.start()

    def close(self, within_s: float | None = None) -> None:
        """Finish the step in work, if that takes no longer than ``within_s``; the next start repeats it otherwise."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def use(self, pack: Pack, beside: app.Beside, knowledge: Knowledge) -> None:
        """From the next step on, these detections and context files, and what their searches name."""
        self.pack, self._beside, self._scope = pack, beside, replace(self._scope, knowledge=knowledge)
        self._scanner = Scanner(app.wanted(self._scope, pack))
        before, self._plans = self._plans, Plans()
        before.close()

    def step(self) -> bool:
        """Read on once; whether there was anything to read. Raises what a scan raises."""
        blocks, place = self._read_on()
        if place == self._place:
            return False
        found: list[Finding] = []
        if concerning := self._concerning(blocks):
            began = time.monotonic()
            found, place = self._scanned(concerning, place)
            self.counts.steps += 1
            self.counts.seconds += time.monotonic() - began
        kept = [one for one in found if one.status is Status.SUPPRESSED or one.severity.rank >= self._least.rank]
        at = iso(Clock.of().now.replace(microsecond=0))
        changes = self._alerts.merge(kept, at, marks={_PLACE: str(place)}, sinks=self._sinks())
        self.counts.events += sum(block.count for block in blocks)
        self.counts.changes += len(changes)
        if place.state != self._place.state:
            with suppress(OSError):
                self._state(self._place.state).unlink(missing_ok=True)
        self._place = place
        if changes and self._changed is not None:
            self._changed(changes)
        return True

    def whole(self, now: datetime | None = None) -> None:
        """Run what reads the whole log (volumes, silence) over the last weeks of the store. Raises what a scan raises.

        ``now`` is the end of these weeks, else the wall clock.
        """
        names = [one.id for one in self.pack.detections if one.correlation.reads is Reads.EVERYTHING]
        if not names:
            return
        clock = Clock(now or Clock.of().now, self._scope.clock.zone)
        scope = replace(self._scope, clock=clock, earliest=_LOOKS_BACK)
        scanned = app.scan(app.store(scope), scope, pack=self.pack, only=names, beside=self._beside)
        kept = [one for one in scanned.findings if one.severity.rank >= self._least.rank]
        changes = self._alerts.merge(kept, iso(scope.clock.now.replace(microsecond=0)), sinks=self._sinks())
        self.counts.changes += len(changes)
        if changes and self._changed is not None:
            self._changed(changes)

    def _run(self) -> None:
        pause = self._every_s
        next_whole = time.monotonic() + self._whole_every_s
        while not self._ending.wait(pause):
            pause = self._every_s
            try:
                while self.step() and not self._ending.is_set():
                    pass
                if self._whole_every_s and time.monotonic() >= next_whole:
                    self.whole()
                    next_whole = time.monotonic() + self._whole_every_s
                self.failure = None
            except Error as exc:
                self.counts.failed += 1
                if self.failure != str(exc):
                    _LOG.error("a step of detection failed and is tried again: %s", exc)
                self.failure = str(exc)
                pause = max(5.0, self._every_s)
            except Exception as exc:  # noqa: BLE001 - one bad event must not end the watch
                self.counts.failed += 1
                _LOG.exception("a step of detection failed and is tried again")
                self.failure = repr(exc)
                pause = max(5.0, self._every_s)

    def _read_on(self) -> tuple[list[Block], _Place]:
        """The next blocks of the log, up to the end of one file."""
        last, end = self._intake.end()
        numbers = [number for number in wal.numbers(self._home) if self._place.number <= number <= last]
        for number in numbers:
            offset = self._place.offset if number == self._place.number else 0
            stop = end if number == last else wal.path_of(self._home, number).stat().st_size
            blocks, reached = wal.read_on(self._home, number, offset, min(stop, offset + _STEP_BYTES))
            if not blocks and stop > offset + _STEP_BYTES:  # one block alone is larger
                blocks, reached = wal.read_on(self._home, number, offset, stop)
            if blocks:
                return blocks, replace(self._place, number=number, offset=reached)
            if number < last and number != self._place.number:
                return [], replace(self._place, number=number, offset=reached)
        return [], self._place

    def _concerning(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks that hold a word a detection asks for, decided from their bytes as they are.

        Events of the form ``json`` are as our own encoder wrote them: what is plain text stands there unescaped.
        """
        if not self._scanner:
            return list(blocks)
        return [
            block
            for block in blocks
            if len(self._scanner.events(block.data, 0, len(block.data)))
            or any(mark in block.data for mark in PART_MARKS)
        ]

    def _scanned(self, blocks: Sequence[Block], place: _Place) -> tuple[list[Finding], _Place]:
        before, after = self._state(self._place.state), self._state(self._place.state + 1)
        if before.exists():
            shutil.copyfile(before, after)
        else:
            after.unlink(missing_ok=True)
        scanned = app.scan(
            LiveSource(lambda: blocks, self._scope.clock.zone),
            replace(self._scope, clock=Clock(Clock.of().now, self._scope.clock.zone)),
            pack=self.pack,
            beside=replace(
                self._beside,
                exceptions=(*self._beside.exceptions, *self._suppressed()),
                state=after,
                whole_log=False,
            ),
            plans=self._plans,
        )
        return scanned.findings, replace(place, state=self._place.state + 1)

    def _suppressed(self) -> tuple[Path, ...]:
        """What people suppressed while working alerts, as a file of exceptions."""
        suppressions = Suppressions(self._home)
        try:
            text = suppressions.exceptions(Clock.of().now.date())
        finally:
            suppressions.close()
        if not text:
            return ()
        path = self._home / FOLDER / "suppressions.yaml"
        path.write_text(text, encoding="utf-8")
        return (path,)

    def _state(self, number: int) -> Path:
        return self._home / FOLDER / f"state-{number:010d}.arrow"
