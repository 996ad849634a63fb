"""Helpers of the tests of this room: scan paths and look at what comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.source import Prefilter, ScanReport, ScanRequest
from bootwatch.ingest.files import FileSource

CLOCK = Clock.of("2026-03-03T12:00:00Z")
NOW_S = CLOCK.now.timestamp()


def scan(
    paths: Path | str | Sequence[Path | str],
    *fields: str,
    clauses: tuple[tuple[str, ...], ...] = (),
    folded: bool = False,
    clock: Clock = CLOCK,
    **settings: Any,
) -> tuple[list[dict[str, Any]], ScanReport]:
    """The events of a scan as dictionaries, after checking the promises every batch keeps, and its report."""
    listed = [paths] if isinstance(paths, Path | str) else list(paths)
    source = FileSource(listed, clock=clock, **settings)
    batches = list(source.batches(ScanRequest(fields, Prefilter(clauses), folded=folded)))
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema == batches[0].schema
        assert batch.num_rows
    if not batches:
        return [], source.report
    table = pa.Table.from_batches(batches)
    events: list[dict[str, Any]] = table.to_pylist()
    order = [event["#n"] for event in events]
    assert order == sorted(set(order))
    for name in ("_raw", "_time", "_indextime", "host", "source", "sourcetype", "index", "#n", "#recognised"):
        assert table.column(name).null_count == 0
    assert source.report.candidates == len(events)
    return events, source.report


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["_raw"] for event in events]


def as_stream(data: bytes, folder: Path) -> IO[bytes]:
    """An open file standing for standard input."""
    path = folder / "stdin.data"
    path.write_bytes(data)
    return path.open("rb")
