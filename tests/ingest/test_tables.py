"""CSV and Parquet with a ``_raw`` column, and what is said where there is none."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.ingest.reading import CLOCK, as_stream, scan, texts

import bootwatch
from bootwatch.errors import InputError
from bootwatch.events.clock import Clock
from bootwatch.events.text import encode_lossless
from bootwatch.ingest.csvtable import RAGGED
from bootwatch.ingest.files import FileSource
from bootwatch.ingest.table import NO_RAW

IOS = "<189>Mar  3 11:22:33 rtr1 45: Mar  3 11:22:33.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin"
HEADER = b'"_time","_raw",host,user,__mv_user\r\n'


def test_csv_as_splunk_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"\xef\xbb\xbf"
        + HEADER
        + b'2026-03-03T11:22:33.000+0000,"one, ""quoted""\n  two copy tftp",h,eve,\r\n'
        + f',"{IOS}",,,\r\n'.encode()
    )
    assert FileSource([path], clock=CLOCK).own_fields(None) == {"user": False}
    (one, two), report = scan(path, "user", "mnemonic", "#line")
    assert one["_raw"] == 'one, "quoted"\n  two copy tftp'
    assert (one["_time"], one["host"], one["user"], one["#line"]) == (1772536953.0, "h", "eve", None)
    assert (two["_time"], two["host"], two["user"]) == (1772536953.123, "rtr1", "admin")
    assert (two["sourcetype"], two["mnemonic"], two["index"]) == ("cisco:ios", "CONFIG_I", "network")
    assert (report.events, report.candidates) == (2, 2)
    assert texts(scan(path, clauses=(("copy tftp",),))[0]) == [one["_raw"]]


def test_splunk_s_multivalue_columns_are_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'_raw,user,__mv_user,host\none,"a\nb",$a$;$b$,h\ntwo,c,,h\nthree,,,h\nfour,"x;$y",$x;$$y$,h\n'
        b'five,"p$\n;q","$p$$$;$;q$",h\n'
    )
    rows = {row["_raw"]: row.get("user") for row in bootwatch.search("index=* | table _raw user", [path]).rows()}
    assert rows == {"one": ["a", "b"], "two": "c", "three": None, "four": "x;$y", "five": ["p$", ";q"]}
    counted = bootwatch.search("index=* user=b | stats count", [path]).rows()
    assert list(counted) == [{"count": 1}]


def test_csv_is_known_by_its_header_and_may_be_compressed(tmp_path: Path) -> None:
    path = tmp_path / "export.txt.gz"
    path.write_bytes(gzip.compress(b"_raw,a\nhello,1\n"))
    (event,), _ = scan(path, "a")
    assert (event["_raw"], event["a"]) == ("hello", "1")


def test_csv_without_raw_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"time,message\n1,x\n")
    (tmp_path / "b.log").write_text("hello\n")
    events, report = scan(tmp_path, "message")
    assert texts(events) == ["hello"]
    assert report.unreadable == [(str(path), "a CSV file without a _raw column")]


def test_rows_that_are_no_events_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"_raw,a\none,1\ntwo\nthree,3,3\n,4\nfive,5\n")
    events, report = scan(path)
    assert texts(events) == ["one", "five"]
    assert report.rejected == {RAGGED: 2, NO_RAW: 1}


def test_csv_with_a_repeated_column_and_with_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"_raw,a,a\ncaf\xe9 \x00,1,2\n")
    (event,), _ = scan(path, "a")
    assert encode_lossless(event["_raw"]) == b"caf\xe9 \x00"
    assert event["a"] == "1"


def test_a_truncated_csv_archive_keeps_whole_rows(tmp_path: Path) -> None:
    rows = b"".join(b"row %d of the file,%d\n" % (n, n * 7919) for n in range(400_000))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"_raw,n\n" + rows, 1)[:-1000])
    events, report = scan(path)
    assert events
    assert report.unreadable == [(str(path), "the gzip data ends too early; what came before the break is used")]


def test_only_a_header_is_no_event(tmp_path: Path) -> None:
    for name, data in (("a.csv", b"_raw,a\n"), ("b.csv", b"_raw,a")):
        (tmp_path / name).write_bytes(data)
    events, report = scan(tmp_path, "a")
    assert (events, report.unreadable) == ([], [])


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path, write_page_checksum=True)
    return path


def test_parquet_columns_become_fields(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "a.parquet",
        _raw=["one copy tftp", None, "", IOS],
        _time=pa.array([1772536953123456, 1, 1, None], pa.timestamp("us", "UTC")),
        host=pa.array(["h", "h", "h", None]).dictionary_encode(),
        port=[22, None, None, 23],
        tag=[["a", "b"], None, None, []],
        shape=[{"x": 1}] * 4,
    )
    assert FileSource([path], clock=CLOCK).own_fields(None) == {"port": False, "tag": True}
    (one, two), report = scan(path, "port", "tag", "shape")
    assert (one["_raw"], one["_time"], one["host"]) == ("one copy tftp", 1772536953.123456, "h")
    assert (one["port"], one["tag"]) == ("22", ["a", "b"])
    assert (two["_time"], two["host"], two["sourcetype"]) == (1772536953.123, "rtr1", "cisco:ios")
    assert report.rejected == {NO_RAW: 2}
    assert texts(scan(path, clauses=(("copy tftp",),))[0]) == ["one copy tftp"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pa.array([1772536953.5]), 1772536953.5),
        (pa.array([1772536953]), 1772536953.0),
        (pa.array(["1772536953.5"]), 1772536953.5),
        (pa.array(["2026-03-03T12:22:33+01:00"]), 1772536953.0),
        (pa.array([datetime(2026, 3, 3, 12, 22, 33)]), 1772536953.0),  # noqa: DTZ001 - a column without a zone
    ],
)
def test_forms_of_time(tmp_path: Path, values: pa.Array, wanted: float) -> None:
    path = parquet(tmp_path / "a.parquet", _raw=["x"], _time=values)
    (event,), _ = scan(path, clock=Clock.of("2026-03-03T12:00:00Z", "Europe/Berlin"))
    assert event["_time"] == wanted


def test_raw_as_bytes_or_long_text(tmp_path: Path) -> None:
    for name, kind in (("a.parquet", pa.binary()), ("b.parquet", pa.large_binary())):
        parquet(tmp_path / name, _raw=pa.array([b"caf\xe9"], kind))
    parquet(tmp_path / "c.parquet", _raw=pa.array(["caf\u00e9"], pa.large_string()))
    assert texts(scan(tmp_path)[0]) == ["caf\U0010ffe9", "caf\U0010ffe9", "café"]


def test_parquet_without_raw_or_damaged_is_named(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", message=["x"])
    parquet(tmp_path / "b.parquet", _raw=[1])
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and nothing else that makes sense")
    whole = bytearray(parquet(tmp_path / "d.parquet", _raw=[f"message {n}" for n in range(1000)]).read_bytes())
    whole[200] ^= 0x40
    (tmp_path / "d.parquet").write_bytes(whole)
    parquet(tmp_path / "e.parquet", _raw=["good"])
    events, report = scan(tmp_path, "message")
    assert texts(events) == ["good"]
    reasons = {Path(name).name: why for name, why in report.unreadable}
    assert reasons["a.parquet"] == "a Parquet file without a _raw column"
    assert reasons["b.parquet"] == "its _raw column is int64, not text"
    assert reasons["c.parquet"].startswith("damaged Parquet: ")
    assert reasons["d.parquet"].startswith("damaged Parquet after 0 rows: ")


def test_parquet_from_standard_input_and_compressed_once_more(tmp_path: Path) -> None:
    data = parquet(tmp_path / "a.parquet", _raw=["x"], user=["eve"]).read_bytes()
    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(data))
    assert [event["user"] for event in scan(tmp_path, "user")[0]] == ["eve", "eve"]
    with as_stream(data, tmp_path) as stdin:
        assert [event["user"] for event in scan("-", "user", stdin=stdin)[0]] == ["eve"]


def test_only_tables_without_raw_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n1\n")
    with pytest.raises(InputError, match="a CSV file without a _raw column"):
        scan(path)
