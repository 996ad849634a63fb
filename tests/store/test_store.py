"""What was ingested comes back as it was, in order of arrival, pruned and filtered without losing anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.stores import ALL, CLOCK, NOW_S, SMALL, load, mixed, scan, segments, texts, whole

from bootwatch.errors import InputError, StoreError
from bootwatch.events.source import ScanRequest
from bootwatch.ingest.files import FileSource
from bootwatch.store.ingest import Sealing, ingest
from bootwatch.store.reader import SegmentSource

LINES = b"""\
<189>Mar  3 11:22:33 rtr1 45: Mar  3 11:22:33.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin
<189>Mar  3 11:22:34 rtr1 46: Mar  3 11:22:34.123 UTC: %SYS-5-CONFIG_I: bytes \xff\xfe that are no text
<166>Mar 03 2026 11:22:35 asa1 : %ASA-6-305011: Built dynamic TCP translation
<14>Mar  3 11:22:36 srx1 mgd[4711]: UI_COMMIT: User 'noc' requested 'commit' operation
  and a line that goes on
<14>Mar  3 11:22:37 fw1 1,2026/03/03 11:22:37,001801000001,SYSTEM,general,0,2026/03/03 11:22:37,,general,,0,0,general,x
not a message at all
"""


def test_everything_a_file_holds_comes_back_the_same(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(LINES * 30)
    objects = tmp_path / "b.json"
    exported = {"_raw": "said", "_time": "1772536953.123456", "sourcetype": "Mine", "index": "Other", "user": "noc"}
    objects.write_text(
        "".join(
            json.dumps(one) + "\n"
            for one in (
                exported | {"many": ["a", "b"], "bw_n": "taken", "many.list.element": "x", "message_text": "elsewhere"},
                exported | {"many": "alone", "a": {"b": "dotted"}, "_time": 0.25},
                {"many": None, "other": 7, "timestamp": "2026-03-03T10:00:00Z"},
            )
        )
    )
    source = FileSource([log, objects], clock=CLOCK)
    report = ingest(source, tmp_path / "home", clock=CLOCK, sealing=SMALL)
    own = tuple(source.own_fields(None))
    request = ScanRequest((*ALL, *own), folded=True, own_only=True)
    given_ = pa.Table.from_batches(source.batches(request))
    stored = SegmentSource(tmp_path / "home")
    assert stored.own_fields(None) == source.own_fields(None)
    kept = pa.Table.from_batches(stored.batches(request))
    assert {"user", "many", "bw_n", "many.list.element"} < set(own)
    assert kept.schema == given_.schema
    for name in given_.schema.names:
        assert kept.column(name).to_pylist() == given_.column(name).to_pylist(), name
    assert (report.rows, report.rejected) == (given_.num_rows, source.report.rejected)
    assert report.segments == len(segments(tmp_path / "home"))


def test_a_second_ingest_arrives_after_the_first(tmp_path: Path) -> None:
    load(tmp_path, mixed(100))
    load(tmp_path, [{"_raw": "later", "_time": 0.0}])
    events, report = scan(tmp_path)
    assert texts(events) == [*texts(mixed(100)), "later"]
    assert report.events == report.lines == 101
    assert report.bytes == sum(len(event["_raw"].encode()) for event in events)


def test_a_store_that_was_given_nothing_is_empty(tmp_path: Path) -> None:
    assert load(tmp_path, []).segments == 0
    assert scan(tmp_path)[0] == []


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store; give a path to search, or load logs with"):
        SegmentSource(tmp_path)


def test_an_ingest_that_could_read_nothing_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        ingest(FileSource([tmp_path / "missing.log"], clock=CLOCK), tmp_path / "home", clock=CLOCK)
    assert not segments(tmp_path / "home")


def test_a_scan_reads_only_what_can_be_in_its_bounds(tmp_path: Path) -> None:
    load(tmp_path, mixed(200))

    def wanted(**bounds: Any) -> tuple[set[str], int]:
        events, report = scan(tmp_path, **bounds)
        return set(texts(events)), report.events

    made = [whole(event, place) for place, event in enumerate(mixed(200))]
    cut = NOW_S - 1000 + 50
    found, read = wanted(latest_us=round(cut * 1e6))
    assert found >= {event["_raw"] for event in made if event["_time"] < cut}
    assert read < 100
    found, read = wanted(earliest_us=round((NOW_S - 1000 + 199) * 1e6))
    assert made[199]["_raw"] in found
    assert read <= 8 * 6
    found, _ = wanted(indexes=frozenset({"other"}))
    assert found == {event["_raw"] for event in made if event["index"] == "other"}
    found, _ = wanted(sourcetypes=frozenset({"syslog"}))
    assert found == {event["_raw"] for event in made if event["sourcetype"] == "syslog"}
    found, _ = wanted(sourcetypes=frozenset({"pan:log"}), aliases={"pan:log": {"pan:system", "PAN:Config"}})
    assert found == {event["_raw"] for event in made if event["sourcetype"] == "pan:system"}
    assert wanted(sourcetypes=frozenset({"pan:log"})) == (set(), 0)


def test_names_are_pruned_by_ignoring_case(tmp_path: Path) -> None:
    load(tmp_path, [{"_raw": "a", "sourcetype": "Mine", "index": "Other"}])
    assert texts(scan(tmp_path, indexes=frozenset({"other"}), sourcetypes=frozenset({"mine"}))[0]) == ["a"]


def test_rows_lie_side_by_side_and_matches_across_them_hide_nothing(tmp_path: Path) -> None:
    raws = ["xcopy t", "ftp copy tftp", "copy", " tftp", "copy tft", "p", "COPY TFTP"]
    load(tmp_path, [{"_raw": raw} for raw in raws])
    events, _ = scan(tmp_path, clauses=(("copy tftp", "copy t", "py tftp c"),))
    assert {"xcopy t", "ftp copy tftp", "copy tft", "COPY TFTP"} <= set(texts(events))


@settings(max_examples=25)
@given(
    raws=st.lists(st.text(alphabet="abkAB: \u212a\u00e9", max_size=6), max_size=60),
    clauses=st.lists(
        st.lists(st.text(alphabet="abk: ", min_size=1, max_size=2), min_size=1, max_size=3).map(tuple), max_size=2
    ).map(tuple),
)
def test_a_prefilter_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, raws: list[str], clauses: tuple[tuple[str, ...], ...]
) -> None:
    home = tmp_path_factory.mktemp("home")
    load(home, [{"_raw": raw} for raw in raws], sealing=Sealing(rows=20, group_rows=5))
    every, _ = scan(home)
    assert texts(every) == raws
    found, _ = scan(home, "host", clauses=clauses)
    must = [e["#n"] for e in every if all(any(lit in e["_raw"].lower() for lit in clause) for clause in clauses)]
    assert set(must) <= {event["#n"] for event in found}
    by_place = {event["#n"]: event["_raw"] for event in every}
    assert all(by_place[event["#n"]] == event["_raw"] for event in found)


def test_any_engine_reads_the_files(tmp_path: Path) -> None:
    load(tmp_path, mixed(100))
    files = f"{tmp_path}/events/**/*.parquet"
    sql = "SELECT count(*), count(DISTINCT bw_n), min(_time)::VARCHAR FROM read_parquet(?, hive_partitioning = true)"
    connection = duckdb.connect()
    assert connection.execute(sql, [files]).fetchall()[0][:2] == (100, 100)
    sql = "SELECT DISTINCT sourcetype FROM read_parquet(?, hive_partitioning = true) ORDER BY 1"
    assert [row[0] for row in connection.execute(sql, [files]).fetchall()] == ["cisco:ios", "pan:system", "syslog"]


def test_a_message_that_is_the_end_of_its_event_is_stored_once(tmp_path: Path) -> None:
    events = [
        {"_raw": f"<1> h\u00f6st: said {place}", "message_text": text}
        for place, text in enumerate(
            ["said 0", None, "", "other", "<1> h\u00f6st: said 4", "a longer text than its event"]
        )
    ]
    load(tmp_path, events)
    found, _ = scan(tmp_path, "message_text")
    assert [event["message_text"] for event in found] == [event["message_text"] for event in events]
    connection = duckdb.connect()
    rows = connection.execute(
        "SELECT message_text FROM read_parquet(?) ORDER BY bw_n", [f"{tmp_path}/events/**/*.parquet"]
    )
    assert [row[0] for row in rows.fetchall()] == [None, None, None, "other", None, "a longer text than its event"]
