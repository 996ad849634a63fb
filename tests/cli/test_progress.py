"""The progress bar is for a person at a terminal who waits: nobody else ever sees a byte of it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from bootwatch.cli import progress
from bootwatch.cli.progress import Progress
from bootwatch.events.source import EventSource, ScanReport, ScanRequest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Reading:
    """A source of which half is read."""

    def __init__(self) -> None:
        self.report = ScanReport(bytes=5_000_000, total_bytes=10_000_000)

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        return iter(())


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, quiet: bool = False, wait_s: float = 0.4) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(progress, "_REFRESH_S", 0.05)
    source: EventSource = Reading()
    with Progress(source, quiet=quiet):
        time.sleep(wait_s)
    return stream.getvalue()


def test_a_terminal_sees_how_much_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "5.0/10.0 MB" in shown(monkeypatch, Terminal())


def test_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO()) == ""
    assert shown(monkeypatch, Terminal(), quiet=True) == ""
    assert shown(monkeypatch, Terminal(), wait_s=0.0) == ""


def test_the_bar_goes_before_the_first_row() -> None:
    source: EventSource = Reading()
    with Progress(source, quiet=False) as bar:
        assert list(bar.until_first([1, 2])) == [1, 2]
