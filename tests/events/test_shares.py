"""A source in shares is the same source: the events, their order, and the fields, whoever reads them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from bootwatch import app
from bootwatch.errors import InputError
from bootwatch.events.source import EventSource, Prefilter, ScanRequest, shares_of
from bootwatch.vendors.repeats import REPEAT_OF, Marked

REQUEST = ScanRequest(("_raw", "_time", "host", "source", "sourcetype", "user", "n"))


def logs(folder: Path) -> Path:
    for number in range(5):
        lines = [json.dumps({"_time": at, "_raw": f"event {number} {at}", "n": at}) for at in range(20 + number)]
        (folder / f"{number}.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "z.log").write_text("Jan 15 12:00:00 rtr1 %SYS-5-CONFIG_I: Configured by ann\n")
    return folder


def read(source: EventSource, request: ScanRequest = REQUEST) -> pa.Table:
    table = pa.Table.from_batches(list(source.batches(request)))
    return table.select([name for name in table.column_names if not name.startswith("#n")])


@pytest.mark.parametrize("count", [1, 2, 3, 40])
@pytest.mark.parametrize("stored", [False, True])
def test_shares_give_the_events_of_the_whole(count: int, stored: bool, tmp_path: Path) -> None:
    scope = app.Scope(home=tmp_path / "store")
    folder = tmp_path / "logs"
    folder.mkdir()
    source: EventSource = app.files([logs(folder)], scope)
    if stored:
        app.ingest(source, scope)
        source = app.store(scope)
    whole = read(source)
    shares = [pickle.loads(pickle.dumps(share)) for share in shares_of(source, count, REQUEST)]
    parts = [list(share.batches(REQUEST)) for share in shares]
    found = pa.Table.from_batches([batch for part in parts for batch in part])
    ordinals = found.column("#n").to_pylist()
    assert ordinals == sorted(set(ordinals))
    assert found.select(whole.column_names).sort_by([("_raw", "ascending")]) == whole.sort_by([("_raw", "ascending")])
    assert all(share.own_fields(None) == source.own_fields(None) for share in shares)
    assert len(shares) > 1 or count == 1 or (stored and count < 3)


@pytest.mark.parametrize("parts", [False, True])
def test_a_large_log_is_read_in_spans(parts: bool, tmp_path: Path) -> None:
    """Where a record in parts may lie across a border, the file is not cut there."""
    log = tmp_path / "big.log"
    line = "<189>Jan 15 12:{:02}:{:02} rtr1 %SYS-5-CONFIG_I: Configured by ann {} " + "x" * 400 + "\n"
    with log.open("w") as file:
        for number in range(90_000):
            file.write(line.format(number // 60 % 60, number % 60, number))
            if parts and number % 5000 == 0:
                file.write(f"<181>Jan 15 12:00:00 ise CISE_TACACS_Accounting {number:010} 2 0 2026-01-15 a=1\n")
                file.write(f"<181>Jan 15 12:00:00 ise CISE_TACACS_Accounting {number:010} 2 1 b=2\n")
    source = app.files([log], app.Scope())
    shares = shares_of(source, 4, ScanRequest(("_raw",)))
    assert len(shares) == (1 if parts else 3)
    request = ScanRequest(("_raw", "_time"), Prefilter((("ann 7",),)))
    whole = pa.Table.from_batches(list(source.batches(request)))
    found = [batch for share in shares for batch in pickle.loads(pickle.dumps(share)).batches(request)]
    rows = pa.Table.from_batches(found)
    assert rows.column("_raw").combine_chunks() == whole.column("_raw").combine_chunks()
    assert rows.num_rows == 11_111
    assert len(shares_of(source, 4, ScanRequest(("#line",)))) == 1


def test_repeats_are_told_by_one_reader(tmp_path: Path) -> None:
    source = Marked(app.files([logs(tmp_path)], app.Scope()))
    assert len(shares_of(source, 4, ScanRequest(("host",)))) > 1
    assert len(shares_of(source, 4, ScanRequest(("host", REPEAT_OF)))) == 1


def test_standard_input_is_one_machine_s() -> None:
    with pytest.raises(InputError, match="one machine only"):
        shares_of(app.files(["-"], app.Scope()), 2, ScanRequest(()))
