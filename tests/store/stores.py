"""Helpers of the tests of this room: a source of made-up events, a small store, and looking at what a scan gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.fields import EVENT_FIELDS, HEADER_FIELDS, LINE
from bootwatch.events.source import Prefilter, ScanReport, ScanRequest
from bootwatch.store import manifest as manifests
from bootwatch.store.ingest import IngestReport, Sealing, ingest
from bootwatch.store.manifest import Manifest
from bootwatch.store.reader import SegmentSource
from bootwatch.store.tags import Rule

CLOCK = Clock.of("2026-03-03T12:00:00Z")
NOW_S = CLOCK.now.timestamp()
SMALL = Sealing(rows=40, group_rows=8)
"""Several generations, segments and row groups from a hundred events."""

Event = dict[str, Any]


@dataclass(slots=True)
class Made:
    """An event source over dictionaries; what they leave out is made up. ``before`` is called ahead of each batch."""

    events: Sequence[Event]
    own: dict[str, bool] = field(default_factory=dict)
    batch_rows: int = 10
    before: Callable[[int], None] | None = None
    report: ScanReport = field(default_factory=ScanReport)

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {name: several for name, several in self.own.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        text = pa.string()
        kinds = {"_time": pa.float64(), "_indextime": pa.float64(), "#n": pa.int64(), "#line": pa.int64()}
        kinds |= {"#recognised": pa.bool_()}
        kinds |= {name: pa.list_(text) if several else text for name, several in self.own.items()}
        names = (*EVENT_FIELDS, *HEADER_FIELDS, "#n", "#recognised", "#line", *self.own)
        schema = pa.schema([(name, kinds.get(name, text)) for name in names])
        full = [whole(event, place) for place, event in enumerate(self.events)]
        for at in range(0, len(full), self.batch_rows):
            if self.before is not None:
                self.before(at)
            yield pa.RecordBatch.from_pylist(full[at : at + self.batch_rows], schema=schema)


def whole(event: Event, place: int) -> Event:
    """An event with everything that it must have."""
    default: Event = {
        "_time": NOW_S - 1000 + place,
        "_indextime": NOW_S,
        "host": f"rtr{place % 3}",
        "source": "made",
        "sourcetype": "cisco:ios",
        "index": "network",
        "#n": 3 * place,
        "#recognised": True,
        "#line": place + 1,
    }
    return default | event


def load(
    home: Path,
    events: Sequence[Event],
    *,
    own: dict[str, bool] | None = None,
    rules: Sequence[Rule] = (),
    sealing: Sealing = SMALL,
) -> IngestReport:
    return ingest(Made(events, own or {}), home, rules=rules, clock=CLOCK, sealing=sealing)


def scan(
    home: Path, *fields: str, clauses: tuple[tuple[str, ...], ...] = (), tag: str | None = None, **settings: Any
) -> tuple[list[Event], ScanReport]:
    """The events of a scan, after checking the promises that every batch keeps, and its report.

    Settings beyond those of a request are the source's.
    """
    bounds = {name: settings.pop(name) for name in ("earliest_us", "latest_us", "indexes", "sourcetypes", "folded")
              if name in settings}  # fmt: skip
    source = SegmentSource(home, **settings)
    batches = list(source.batches(ScanRequest(fields, Prefilter(clauses), tag=tag, **bounds)))
    events: list[Event] = []
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema == batches[0].schema
        assert batch.num_rows
        events += batch.to_pylist()
    order = [event["#n"] for event in events]
    assert order == sorted(set(order))
    assert source.report.candidates == len(events)
    return events, source.report


def texts(events: Sequence[Event]) -> list[str]:
    return [event["_raw"] for event in events]


def mixed(count: int) -> list[Event]:
    """Events of three sourcetypes and two indexes, interleaved; every seventh would interest :data:`RULE`."""
    return [
        {
            "_raw": f"event {place} copy TFTP: flash:" if place % 7 == 0 else f"event {place} \u00e9 nothing",
            "sourcetype": ("cisco:ios", "pan:system", "syslog")[place % 3],
            "index": ("network", "other")[place % 5 == 0],
        }
        for place in range(count)
    ]


RULE = Rule("copies", Prefilter((("copy tftp", "boot system"),)))

ALL = (*EVENT_FIELDS, *HEADER_FIELDS, LINE)


def manifest(home: Path) -> Manifest:
    found = manifests.load(home)
    assert found is not None
    return found


def segments(home: Path) -> list[Path]:
    return sorted((home / "events").rglob("*.parquet"))


def sidecars(home: Path) -> list[Path]:
    return sorted((home / "tags").rglob("*.parquet"))
