"""Scheduled searches over the store: each at its time, missed ones made up for, an alert where rows come.

When a search last ran stands in the alerts' file, in one transaction with what it found: after a crash or a pause it
goes on from there, and no run is counted twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore, Change
from bootwatch.detect.findings import Finding, iso
from bootwatch.detect.scheduled import ScheduledSearch
from bootwatch.errors import Error
from bootwatch.events.clock import Clock
from bootwatch.knowledge.objects import Knowledge

_LOOK_S: Final = 1.0
_MOST_MISSED: Final = 288
"""Runs made up for after a pause: a day of every five minutes."""

_MOST_ROWS: Final = 10_000
_LOG: Final = logging.getLogger("bootwatch.scheduling")


@dataclass(slots=True)
class Counts:
    """Since the start: runs, runs that failed, runs that took longer than until the next, alerts made or changed."""

    runs: int = 0
    failed: int = 0
    late: int = 0
    changes: int = 0


class Scheduler:
    """Runs searches one after the other in a thread of its own; one that takes long delays others, and is said."""

    def __init__(
        self,
        alerts: AlertStore,
        searches: Sequence[ScheduledSearch],
        scope: app.Scope,
        *,
        sinks: Callable[[], Sequence[str]] = tuple,
        changed: Callable[[list[Change]], None] | None = None,
        now: Callable[[], datetime] = lambda: Clock.of().now,
    ) -> None:
        self.counts = Counts()
        self.troubles: dict[str, str] = {}
        self._alerts, self._searches, self._scope = alerts, searches, scope
        self._sinks, self._changed, self._now = sinks, changed, now
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def use(self, knowledge: Knowledge) -> None:
        """From the next run on, what searches name."""
        self._scope = replace(self._scope, knowledge=knowledge)

    def start(self) -> None:
        if self._searches:
            self._thread.start()

    def close(self, within_s: float | None = None) -> None:
        """Finish the run in work, if that takes no longer; it is repeated at the next start otherwise."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def look(self) -> None:
        """Run what is due."""
        until = self._now()
        for search in self._searches:
            last = self._alerts.mark(_mark(search))
            if last is None:  # met for the first time: from now on
                self._alerts.merge([], iso(until), marks={_mark(search): until.isoformat()})
                continue
            after = datetime.fromisoformat(last)
            due = list(islice(search.times(after, until, self._scope.clock.zone), _MOST_MISSED + 1))
            if len(due) > _MOST_MISSED:
                _LOG.warning("'%s' missed more than %d runs; the oldest are left out", search.name, _MOST_MISSED)
                due = list(search.times(until - timedelta(days=1), until, self._scope.clock.zone))[-_MOST_MISSED:]
            for moment in due:
                if self._ending.is_set():
                    return
                self._one(search, moment)

    def _run(self) -> None:
        while not self._ending.wait(_LOOK_S):
            try:
                self.look()
            except Exception:  # noqa: BLE001 - the clock goes on
                _LOG.exception("scheduled searches could not be run")

    def _one(self, search: ScheduledSearch, moment: datetime) -> None:
        began = time.monotonic()
        self.counts.runs += 1
        found: dict[str, Finding] = {}
        try:
            found = self._found(search, moment)
            self.troubles.pop(search.name, None)
        except Error as exc:
            self.counts.failed += 1
            if self.troubles.get(search.name) != str(exc):
                _LOG.error("the scheduled search '%s' failed: %s", search.name, exc)
            self.troubles[search.name] = str(exc)
        marks = {_mark(search): moment.isoformat()}
        told = []
        for key, finding in found.items():
            quiet = self._alerts.mark(f"quiet.{key}")
            if quiet is None or datetime.fromisoformat(quiet) <= moment:
                told.append(finding)
                if search.throttle is not None:
                    marks[f"quiet.{key}"] = (moment + search.throttle.period).isoformat()
        changes = self._alerts.merge(told, iso(moment), marks=marks, sinks=self._sinks())
        self.counts.changes += len(changes)
        if changes and self._changed is not None:
            self._changed(changes)
        following = next(search.times(moment, moment + timedelta(days=366), self._scope.clock.zone), None)
        if following is not None and time.monotonic() - began > (following - moment).total_seconds():
            self.counts.late += 1
            _LOG.warning("the scheduled search '%s' takes longer than from one run to the next", search.name)

    def _found(self, search: ScheduledSearch, moment: datetime) -> dict[str, Finding]:
        scope = replace(
            self._scope,
            clock=Clock(moment, self._scope.clock.zone),
            earliest=search.earliest,
            latest=search.latest or ("now" if search.earliest else None),
        )
        source = app.source([], scope, search.search)
        rows = list(islice(app.search(search.search, source, scope).rows(), _MOST_ROWS))
        return search.findings(rows, moment)


def _mark(search: ScheduledSearch) -> str:
    return f"schedule.{search.name}"
