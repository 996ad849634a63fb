"""One act through several sources: the first tells it, the others say whose account they repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from bootwatch import app
from bootwatch.app import Scope
from bootwatch.events.clock import Clock
from bootwatch.events.source import Prefilter, ScanReport, ScanRequest
from bootwatch.vendors.repeats import Marked, Repeats

SCOPE = Scope(clock=Clock(datetime(2026, 1, 15, 12, tzinfo=UTC)))
ASA = "<165>Nov 20 2025 08:58:{second:02d} asa1 : %ASA-5-{text}"
LOGGED = ASA.replace("{text}", "111008: User 'netadm' executed the '{command}' command.")
RUN = ASA.replace("{text}", "111010: User '{user}', running 'CLI' from IP 192.0.2.46, executed '{command}'")
LINES = [
    LOGGED.format(second=1, command="boot system disk0:/x.bin"),
    RUN.format(second=1, command="boot system disk0:/x.bin", user="netadm"),
    LOGGED.format(second=3, command="boot system disk0:/x.bin"),
    RUN.format(second=3, command="boot system disk0:/y.bin", user="netadm"),
    RUN.format(second=4, command="boo sys disk0:/x.bin", user="other"),
    "<190>r1: Nov 20 18:30:13.311: %AAAA-6-ACCTLOCAL: Username: adm Privilege level: 15 Command: copy tftp: flash:",
    "<190>313: r1: Nov 20 18:30:14.411: %HA_EM-6-LOG: catchall: cop tft: fla:",
    "<190>314: r2: Nov 20 18:30:14.511: %HA_EM-6-LOG: catchall: cop tft: fla:",
    "<190>315: r1: Nov 20 18:30:24.311: %HA_EM-6-LOG: catchall: copy tftp: flash:",
    "<189>316: r1: Nov 20 18:30:24.411: %PARSER-5-CFGLOG_LOGGEDCMD: User:adm  logged command:do copy tftp: flash:",
    "<189>317: r1: Nov 20 18:30:25.411: %SYS-5-CONFIG_I: Configured from console by netadm on vty0 (192.0.2.10)",
]
MARKS = [None, "111008", None, None, None, None, "acctlocal", None, None, "eem", None]


def marks(spl: str, path: Path) -> list[tuple[int, str | None]]:
    rows = app.search(f"{spl} | table _raw repeat_of", app.files([path], SCOPE), SCOPE).rows()
    return sorted(
        (LINES.index(str(row["_raw"])), str(row["repeat_of"]) if "repeat_of" in row else None) for row in rows
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_all_stay_and_the_later_ones_are_marked(log: Path) -> None:
    assert marks("*", log) == list(enumerate(MARKS))


@pytest.mark.parametrize("spl", ["111010", "LOGGEDCMD", "catchall cop", "host=r1", "host=asa1 earliest=1763629082"])
def test_what_a_search_leaves_out_still_counts(spl: str, log: Path) -> None:
    found = marks(spl, log)
    assert found
    assert found == [(at, MARKS[at]) for at, _ in found]


def test_acts_are_counted_once(log: Path) -> None:
    rows = list(app.search("command=* NOT repeat_of=* | stats count", app.files([log], SCOPE), SCOPE).rows())
    assert rows == [{"count": 7}]


def test_how_events_come_in_batches_changes_nothing(log: Path) -> None:
    names = ("command", "command_source", "user")
    (events,) = list(app.files([log], SCOPE).batches(ScanRequest(names)))
    for size in (1, 2, 3, len(events)):
        repeats = Repeats()
        parts = [repeats.mark(events.slice(at, size)) for at in range(0, len(events), size)]
        assert pa.concat_arrays(parts).to_pylist() == MARKS


@dataclass
class Recording:
    """A source that keeps what it is asked."""

    report: ScanReport = field(default_factory=ScanReport)
    asked: list[ScanRequest] = field(default_factory=list)

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.asked.append(request)
        yield from ()


def test_only_a_search_that_names_it_reads_everything() -> None:
    source = Recording()
    plain = ScanRequest(("host",), Prefilter((("copy",),)), earliest_us=1)
    assert list(Marked(source).batches(plain)) == []
    assert list(Marked(source).batches(ScanRequest(("repeat_of",), Prefilter((("copy",),)), earliest_us=1))) == []
    assert source.asked == [plain, ScanRequest(("command", "command_source", "user"))]
