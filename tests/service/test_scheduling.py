"""Searches by the clock: run at their times, made up for after a pause, quiet where they were told to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore
from bootwatch.detect.scheduled import ScheduledSearch, read
from bootwatch.detections.severity import Severity
from bootwatch.errors import ContentError
from bootwatch.events.clock import Clock
from bootwatch.service.scheduling import Scheduler

START = datetime(2026, 3, 10, 14, 0, 30, tzinfo=UTC)


def searches(tmp_path: Path, text: str) -> tuple[ScheduledSearch, ...]:
    file = tmp_path / "searches.yaml"
    file.write_text(text, encoding="utf-8")
    return read(file)


LOGINS = """
searches:
  - name: logins
    search: 'login host=* | table _time host user _raw'
    cron: "*/5 * * * *"
    earliest: -5m@m
    severity: high
    throttle: {by: [host], for: 12m}
"""


class Running:
    """A scheduler over a small store, whose clock the test moves."""

    def __init__(self, tmp_path: Path, text: str = LOGINS) -> None:
        home = tmp_path / "home"
        log = tmp_path / "a.log"
        lines = [
            f"<13>Mar 10 14:{minute:02}:00 {host} app: login of ann"
            for minute, host in ((1, "r1"), (7, "r1"), (8, "r2"), (17, "r1"))
        ]
        log.write_text("\n".join(lines) + "\n")
        self.scope = app.Scope(clock=Clock(START), home=home)
        app.ingest(app.files([log], self.scope), self.scope)
        self.now = START
        self.alerts = AlertStore(home)
        self.searches = searches(tmp_path, text)
        self.scheduler = self.made()

    def made(self) -> Scheduler:
        return Scheduler(self.alerts, self.searches, self.scope, sinks=lambda: ["s"], now=lambda: self.now)

    def look(self, minutes: float) -> list[str]:
        """Who alerted by then."""
        before = {one.id for one in self.alerts.every()}
        self.now = START + timedelta(minutes=minutes)
        self.scheduler.look()
        return sorted(str(one.finding["host"]) for one in self.alerts.every() if one.id not in before)


def test_it_runs_at_its_times_and_stays_quiet_where_it_was_told_to(tmp_path: Path) -> None:
    running = Running(tmp_path)
    assert running.look(0) == []
    assert running.look(3) == []
    assert running.look(5) == ["r1"]  # 14:05: the login of 14:01
    assert running.look(5) == []
    assert running.look(10) == ["r2"]  # 14:10: r1 is quiet until 14:17
    assert running.look(20) == ["r1"]  # 14:20: the login of 14:17
    assert running.scheduler.counts.runs == 4


def test_runs_that_were_missed_are_made_up_for_once(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.look(0)
    running.scheduler = running.made()  # the service was away for twenty minutes
    assert running.look(20) == ["r1", "r1", "r2"]
    running.scheduler = running.made()
    assert running.look(20) == []


def test_a_search_that_fails_is_said_and_the_others_run(tmp_path: Path) -> None:
    text = LOGINS + "  - {name: wrong, search: 'x | rexx y', cron: '*/5 * * * *', severity: low}\n"
    running = Running(tmp_path, text)
    running.look(0)
    assert running.look(5) == ["r1"]
    assert "unknown command 'rexx'" in running.scheduler.troubles["wrong"]
    assert running.scheduler.counts.failed == 1


def test_the_clock_of_a_zone_through_the_night_it_changes() -> None:
    zone = ZoneInfo("Europe/Berlin")
    one = ScheduledSearch("s", "x", "30 2 * * *", None, None, Severity.LOW, 1, None)
    found = list(one.times(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC), zone))
    assert [moment.date().day for moment in found] == [24, 25, 26]


WRONG = {
    "a cron line that is none": ("cron: 'soon'", "'cron' is 'soon'; accepted: minute, hour"),
    "seconds": ("cron: '* * * * * *'", "'cron' is '* * * * * *'; accepted: minute, hour"),
    "a throttle without a unit": (
        "cron: '* * * * *', throttle: {by: [host], for: '5'}",
        "'for' is '5'; accepted: a whole",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused(case: str, tmp_path: Path) -> None:
    text, expected = WRONG[case]
    with pytest.raises(ContentError, match=r"searches.yaml:2: ") as caught:
        searches(tmp_path, f"searches:\n  - {{name: s, search: x, severity: low, {text}}}\n")
    assert expected in str(caught.value)
