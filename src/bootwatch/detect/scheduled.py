"""Searches that run by the clock and alert: read from a YAML file, a list under ``searches``.

Each has a ``name``, a ``search`` in SPL, a ``cron`` line (minute, hour, day, month, weekday, in the service's zone),
the time it looks at (``earliest``, ``latest``, as Splunk's time modifiers), a ``severity``, and optionally how many
rows make an alert (``at_least``) and how long rows of the same values stay quiet (``throttle: {by: [host], for: 1h}``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from croniter import CroniterBadCronError, croniter

from bootwatch.detect.findings import Evidence, FieldValue, Finding, Plane, ScoreTrace
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.documents.entry import Entry

NO_HOST: Final = "several devices"
_SCORES: Final = {
    Severity.INFO: 10,
    Severity.LOW: 30,
    Severity.MEDIUM: 50,
    Severity.HIGH: 70,
    Severity.CRITICAL: 90,
}
_MOST_EVIDENCE: Final = 100
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Throttle:
    """Rows that agree in ``by`` make no second alert within ``period``."""

    by: tuple[str, ...]
    period: timedelta


@dataclass(frozen=True, slots=True)
class ScheduledSearch:
    """One search and when it runs; ``earliest`` and ``latest`` are taken at that moment."""

    name: str
    search: str
    cron: str
    earliest: str | None
    latest: str | None
    severity: Severity
    at_least: int
    throttle: Throttle | None

    def times(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """The moments it runs at after one moment, up to another one, aware UTC.

        An hour that a zone has twice in one night counts once, unless the line names every hour.
        """
        found = croniter(self.cron, after.astimezone(zone))
        hourly = self.cron.split()[1].startswith("*")
        before = None
        while (moment := found.get_next(datetime)) <= until:
            wall = moment.replace(tzinfo=None)
            if hourly or wall != before:
                yield moment.astimezone(UTC)
            before = wall

    def key(self, row: Row) -> str:
        """What rows have to agree in to be the same."""
        names = self.throttle.by if self.throttle is not None else ("host",)
        said = json.dumps([str(row.get(name)) for name in names])
        return hashlib.sha256(f"{self.name}\0{said}".encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def findings(self, rows: Sequence[Row], at: datetime) -> dict[str, Finding]:
        """What rows of one run say: a finding for each device, or for each set of throttled values, by their key."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(self.key(row), []).append(row)
        if len(rows) < self.at_least:
            return {}
        return {key: self._finding(some, at, key) for key, some in groups.items()}

    def _finding(self, rows: Sequence[Row], at: datetime, key: str) -> Finding:
        evidence = tuple(_evidence(row, at) for row in rows[:_MOST_EVIDENCE])
        hosts = list(dict.fromkeys(str(row["host"]) for row in rows if row.get("host")))
        count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
        score = _SCORES[self.severity]
        return Finding(
            id=hashlib.sha256(f"{key}\0{at.isoformat()}".encode()).hexdigest()[:24],
            detection=self.name,
            title=f"{self.name}: {count}" + (f" of {hosts[0]}" if len(hosts) == 1 else ""),
            severity=self.severity,
            score=score,
            confidence=Confidence.MEDIUM,
            plane=Plane.LOGS,
            host=hosts[0] if len(hosts) == 1 else NO_HOST,
            os_family=None,
            first_time=min(one.time for one in evidence),
            last_time=max(one.time for one in evidence),
            techniques=(),
            tactics=(),
            users=_names(rows, "user"),
            sources=_names(rows, "src_ip"),
            images=(),
            evidence=evidence,
            score_trace=(ScoreTrace(f"the search '{self.name}' gave {count}", f"+{score}"),),
            not_tested=(),
            next_steps=(f"Run the search '{self.name}' over a longer time and look at what is around its rows.",),
            playbook=None,
        )


def read(path: Path) -> tuple[ScheduledSearch, ...]:
    """The searches of a file. Raises ContentError with the line and what would be accepted."""
    entry = Entry.read(path)
    found: list[ScheduledSearch] = []
    for item in entry.entries("searches"):
        one = ScheduledSearch(
            name=item.text("name"),
            search=item.text("search"),
            cron=_cron(item),
            earliest=item.optional_text("earliest"),
            latest=item.optional_text("latest"),
            severity=item.choice("severity", Severity),
            at_least=item.integer("at_least", 1, 1_000_000) if item.has("at_least") else 1,
            throttle=_throttle(item.entry("throttle")) if item.has("throttle") else None,
        )
        if any(other.name == one.name for other in found):
            raise item.error("name", f"search '{one.name}' stands twice")
        item.done()
        found.append(one)
    entry.done()
    return tuple(found)


def _cron(item: Entry) -> str:
    line = item.text("cron")
    try:
        if len(line.split()) != 5:
            raise ValueError
        croniter(line)
    except (CroniterBadCronError, ValueError):
        accepted = "minute, hour, day of month, month and day of week, such as '*/5 * * * *'"
        raise item.error("cron", f"'cron' is '{line}'; accepted: {accepted}") from None
    return line


def _throttle(item: Entry) -> Throttle:
    text = item.text("for")
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in _UNITS or int(number) < 1:
        raise item.error("for", f"'for' is '{text}'; accepted: a whole number of s, m, h or d, such as 1h")
    made = Throttle(item.texts("by"), timedelta(**{_UNITS[unit]: int(number)}))
    item.done()
    return made


def _evidence(row: Row, at: datetime) -> Evidence:
    time = row.get("_time")
    when = datetime.fromtimestamp(float(time), UTC) if isinstance(time, int | float) else at
    raw = row.get("_raw")
    fields = {name: _value(value) for name, value in row.items() if name not in ("_raw", "_time") and value is not None}
    text = (
        str(raw) if raw is not None else json.dumps({name: value for name, value in row.items() if value is not None})
    )
    return Evidence(
        time=when,
        source=str(row["source"]) if row.get("source") else None,
        line=None,
        sourcetype=str(row["sourcetype"]) if row.get("sourcetype") else None,
        indicator=None,
        evidence_class=None,
        weight=0,
        why="A row of the search.",
        fields=fields,
        spans=(),
        raw=text,
    )


def _value(value: object) -> FieldValue:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return str(value)


def _names(rows: Sequence[Row], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(row[field]) for row in rows if isinstance(row.get(field), str)))
