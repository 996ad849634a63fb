"""Commands over events whose fields are not known beforehand: every ``key=value`` may be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from bootwatch.algebra.rules.optimise import optimise
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.events.clock import Clock
from bootwatch.events.fields import FOLDED, ORDER, RECOGNISED
from bootwatch.events.source import ScanReport, ScanRequest
from bootwatch.search.job import planned
from bootwatch.search.rows import rows
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse, plan

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
EVENTS = ("user=ann action=copy n=1", "user=bob n=2", "action=boot n=x", "user=ann action=copy n=10")
"""The text of events a second apart, the last one newest."""


@dataclass(slots=True)
class Events:
    """A source of those few events, all columns there is a request for."""

    report: ScanReport = field(default_factory=ScanReport)

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        count = len(EVENTS)
        known: dict[str, pa.Array] = {
            "_raw": pa.array(EVENTS),
            "_time": pa.array([float(second) for second in range(count)]),
            "_indextime": pa.array([0.0] * count),
            ORDER: pa.array(range(count), pa.int64()),
            RECOGNISED: pa.array([False] * count),
            FOLDED: pa.array([event.lower() for event in EVENTS]),
        }
        names = [*request.fields, ORDER, RECOGNISED, *([FOLDED] if request.folded else [])]
        columns = [
            known.get(name, pa.array(["h"] * count if name == "host" else [None] * count, pa.string()))
            for name in names
        ]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def run(spl: str) -> list[dict[str, object]]:
    planned = optimise(plan(parse(spl), Context(clock=Clock(NOW))))
    answer = DuckDbEngine(threads=1).run(planned, Events())
    return [dict(row) for row in rows(answer.batches, answer.fields)]


@pytest.mark.parametrize(
    ("spl", "expected"),
    [
        ("* | stats count by user", [{"user": "ann", "count": 2}, {"user": "bob", "count": 1}]),
        ("* | stats first(n) last(n) sum(n)", [{"first(n)": "10", "last(n)": "1", "sum(n)": 13}]),
        ("* | stats count(a*)", [{"count(action)": 3}]),
        ("* | fields user, nope | fields - _*", [{"user": "ann"}, {}, {"user": "bob"}, {"user": "ann"}]),
        ("* | fields a* | fields - _*", [{"action": "copy"}, {"action": "boot"}, {}, {"action": "copy"}]),
        ("* | fields - _* user | table n user", [{"n": "10"}, {"n": "x"}, {"n": "2"}, {"n": "1"}]),
        ("* | rename user AS who | head 1 | table who user", [{"who": "ann"}]),
        ("* | rename user AS action | table action", [{"action": "ann"}, {}, {"action": "bob"}, {"action": "ann"}]),
        ("* | rename a* AS b* | head 1 | table bction n", [{"bction": "copy", "n": "10"}]),
        (
            "* | fillnull value=- user action | dedup user | table user",
            [{"user": "ann"}, {"user": "-"}, {"user": "bob"}],
        ),
        ("* | fillnull value=none | table user", [{"user": "ann"}, {"user": "none"}, {"user": "bob"}, {"user": "ann"}]),
        ('* | head (n=10 OR n="x") | table n', [{"n": "10"}, {"n": "x"}]),
        ("* | tail 1 | table n", [{"n": "1"}]),
        ("* | reverse | table n", [{"n": "1"}, {"n": "2"}, {"n": "x"}, {"n": "10"}]),
        ("* | eventstats count by user | where count=1 | table user count", [{"user": "bob", "count": 1}]),
        ("* | top limit=1 showperc=f action", [{"action": "copy", "count": 2}]),
        ('* | regex user="^b" | table user', [{"user": "bob"}]),
        ("* | bin _time span=2 | stats count by _time", [{"_time": 0, "count": 2}, {"_time": 2, "count": 2}]),
        ("* | bin n span=5 | table n", [{"n": "10-15"}, {"n": "x"}, {"n": "0-5"}, {"n": "0-5"}]),
        ("* | sort -num(n) | table n", [{"n": "10"}, {"n": "2"}, {"n": "1"}, {"n": "x"}]),
        (
            "* | eval {user}=n | stats count by action ann",
            [{"action": "copy", "ann": "1", "count": 1}, {"action": "copy", "ann": "10", "count": 1}],
        ),
        ("* | fields - n | eval {user}=1 | table n user | head 1", [{"user": "ann"}]),
    ],
)
def test_fields_are_found_when_they_are_asked_for(spl: str, expected: list[dict[str, object]]) -> None:
    assert run(spl) == expected


def test_a_search_that_ends_in_events_shows_their_fields_and_no_removed_one() -> None:
    planned_search = planned(parse("* | fields - n | eval {user}=1 | head 1"), Context(clock=Clock(NOW)))
    answer = DuckDbEngine(threads=1).run(planned_search, Events())
    (found,) = rows(answer.batches, answer.fields)
    assert {name: value for name, value in found.items() if name not in ("_time", "_raw", "host")} == {
        "action": "copy",
        "ann": "1",
        "user": "ann",
    }
