"""JSON lines: Splunk's exports as they are, any other object as a line with fields, everything else counted."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.reading import CLOCK, NOW_S, as_stream, scan, texts

from bootwatch.events.text import encode_lossless
from bootwatch.ingest.files import FileSource
from bootwatch.ingest.jsonlines import NO_RAW, NOT_AN_OBJECT, NOT_JSON
from bootwatch.ingest.textlog import BLANK

IOS = "<189>Mar  3 11:22:33 rtr1 45: Mar  3 11:22:33.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin"


def write(path: Path, *objects: object) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in objects))
    return path


def test_an_exported_event_is_taken_as_given(tmp_path: Path) -> None:
    event = {"_raw": IOS, "_time": "1700000000.25", "host": "h", "source": "s", "sourcetype": "t", "index": "i"}
    path = write(tmp_path / "a.json", event | {"_indextime": 1700000001})
    (found,), _ = scan(path, "mnemonic", "#line", index="other", host="other", sourcetype="other")
    assert found == event | {
        "_time": 1700000000.25,
        "_indextime": 1700000001.0,
        "#n": 0,
        "#recognised": False,
        "mnemonic": "CONFIG_I",
        "#line": 1,
    }


def test_what_an_export_leaves_out_is_read_from_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"_raw": IOS}, {"_raw": "bare"})
    (found, bare), _ = scan(path)
    assert (found["_time"], found["host"], found["sourcetype"]) == (1772536953.123, "rtr1", "cisco:ios")
    assert (found["index"], found["source"], found["#recognised"]) == ("network", str(path), True)
    assert (bare["_time"], bare["host"], bare["sourcetype"]) == (NOW_S, "unknown", "syslog")
    (found, _), _ = scan(path, sourcetype="x", host="y", index="z")
    assert (found["sourcetype"], found["host"], found["index"], found["#recognised"]) == ("x", "y", "z", False)


@pytest.mark.parametrize(
    "time",
    [
        1772536953,
        1772536953.0,
        "1772536953",
        " 1772536953.000 ",
        "2026-03-03T11:22:33Z",
        "2026-03-03T12:22:33+01:00",
        "2026-03-03T11:22:33.000+0000",
        "2026-03-03 11:22:33.000 UTC",
        "2026-03-03 11:22:33",
        ["1772536953", "2"],
    ],
)
def test_forms_of_time(tmp_path: Path, time: object) -> None:
    (event,), _ = scan(write(tmp_path / "a.json", {"_raw": "x", "_time": time}))
    assert event["_time"] == 1772536953.0


@pytest.mark.parametrize("time", ["yesterday", "", None, {}, 1e300, "nan", "-", "2026-13-01"])
def test_a_given_time_that_is_none_is_read_from_the_text(tmp_path: Path, time: object) -> None:
    (event,), _ = scan(write(tmp_path / "a.json", {"_raw": IOS, "_time": time}))
    assert event["_time"] == 1772536953.123


def test_a_result_in_its_wrapper(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json",
        {"preview": False, "offset": 0, "result": {"_raw": "one", "user": "u", "tag": ["a", "b"]}},
        {"result": {"_raw": "two", "host": "h"}},
    )
    (one, two), _ = scan(path, "user", "tag")
    assert (one["_raw"], one["user"], one["tag"]) == ("one", "u", ["a", "b"])
    assert (two["_raw"], two["host"], two["user"], two["tag"]) == ("two", "h", None, None)


def test_any_other_object_is_its_line_with_fields(tmp_path: Path) -> None:
    item = {
        "timestamp": "2026-03-03T11:22:33Z",
        "user": "eve",
        "port": 22,
        "ratio": 1.50,
        "ok": True,
        "nothing": None,
        "deep": {"er": {"x": 1}},
        "list": ["a", 2],
        "items": [{"id": 1}, {"id": 2}, {}],
        "_raw": None,
    }
    line = json.dumps(item)
    path = tmp_path / "a.json"
    path.write_text(line + "\r\n")
    source = FileSource([path], clock=CLOCK)
    assert source.own_fields(None) == {
        "timestamp": False,
        "user": False,
        "port": False,
        "ratio": False,
        "ok": False,
        "deep.er.x": False,
        "list{}": True,
        "items{}.id": True,
    }
    assert source.own_fields(frozenset({"user", "other"})) == {"user": False}
    (event,), _ = scan(path, *source.own_fields(None), "nothing")
    assert event["_raw"] == line
    assert (event["sourcetype"], event["_time"], event["#recognised"]) == ("_json", 1772536953.0, False)
    (told,), _ = scan(path, sourcetype="cisco:duo:activity")
    assert (told["sourcetype"], told["#recognised"]) == ("cisco:duo:activity", False)
    wanted: dict[str, Any] = {"user": "eve", "port": "22", "ratio": "1.5", "ok": "true", "deep.er.x": "1"}
    assert event | wanted | {"list{}": ["a", "2"], "items{}.id": ["1", "2"]} == event


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1.500, "b": 12345678901234567890123, "c": 1e3}\n')
    (event,), _ = scan(path, "a", "b", "c")
    assert (event["a"], event["b"], event["c"]) == ("1.500", "12345678901234567890123", "1e3")


def test_a_header_field_an_export_gives_itself_wins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"_raw": IOS, "mnemonic": "MINE"}, {"_raw": IOS})
    events, _ = scan(path, "mnemonic")
    assert [event["mnemonic"] for event in events] == ["MINE", "CONFIG_I"]


def test_fields_cannot_take_hidden_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"_raw": "x", "#n": 7, "#line": "9", "#recognised": "no"})
    (event,), _ = scan(path, "#line", "#n")
    assert (event["#n"], event["#line"], event["#recognised"]) == (0, 1, True)


def test_one_input_with_several_values_and_one_without(tmp_path: Path) -> None:
    write(tmp_path / "a.json", {"_raw": "x", "tag": "one"})
    write(tmp_path / "b.json", {"_raw": "y", "tag": ["two", "three"]})
    (tmp_path / "c.log").write_text("z\n")
    events, _ = scan(tmp_path, "tag")
    assert [event["tag"] for event in events] == [["one"], ["two", "three"], None]


def test_lines_that_are_no_events_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'[1]\n{"_raw": "good"}\n"text"\n12\n{"_raw": \n\n{"_raw": ""}\nnot json\n'
        + b"[" * 100_000
        + b'\n{"_raw": "end"'
    )
    events, report = scan(path, "#line")
    assert texts(events) == ["good"]
    assert events[0]["#line"] == 2
    assert report.rejected == {NOT_AN_OBJECT: 3, NOT_JSON: 4, BLANK: 1, NO_RAW: 1}
    assert (report.lines, report.events) == (10, 1)


def test_what_strict_readers_refuse(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(
        b'{"_raw": "caf\xe9", "n": NaN}\n{"_raw": "half \\ud800 pair"}\n{"_raw": "bell \x07 \\u0000"}\n{"_raw": "ok"}\n'
    )
    events, report = scan(path, "n")
    assert not report.rejected
    assert events[0]["n"] == "NaN"
    assert [encode_lossless(text) for text in texts(events)] == [
        b"caf\xe9",
        b"half \xed\xa0\x80 pair",
        b"bell \x07 \x00",
        b"ok",
    ]


def test_escaped_text_is_matched_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"_raw": "\\u0063opy\\u0020tftp \\"x\\""}\n{"_raw": "no", "note": "copy tftp"}\n')
    events, report = scan(path, clauses=(("copy tftp",),))
    assert texts(events) == ['copy tftp "x"']
    assert (report.events, report.candidates) == (2, 1)


def test_raw_that_is_not_one_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"_raw": ["a", "b"]}, {"_raw": 5}, {"_raw": {"x": "é"}})
    assert texts(scan(path)[0]) == ["a\nb", "5", '{"x": "é"}']


def test_a_truncated_archive_of_json(tmp_path: Path) -> None:
    lines = b"".join(b'{"_raw": "%s"}\n' % os.urandom(30).hex().encode() for _ in range(5000))
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(lines)[:-100_000])
    events, report = scan(path, "x")
    assert len(events) > 1000
    assert report.unreadable == [(str(path), "the gzip data ends too early; what came before the break is used")]
    assert report.rejected == {NOT_JSON: 1}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read_twice_for_its_fields(tmp_path: Path, pack: Any) -> None:
    with as_stream(pack(b'{"_raw": "x", "user": "eve"}\n'), tmp_path) as stdin:
        (event,), _ = scan("-", "user", stdin=stdin)
    assert (event["user"], event["source"]) == ("eve", "stdin")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raws=st.lists(st.text(alphabet='aAbk"\\\n\u212aé\ud800', min_size=1, max_size=12), min_size=1, max_size=10),
    clause=st.lists(st.text(alphabet="abk", min_size=1, max_size=3), min_size=1, max_size=3).map(tuple),
    ascii_only=st.booleans(),
)
def test_the_prefilter_changes_nothing(
    tmp_path: Path, raws: list[str], clause: tuple[str, ...], ascii_only: bool
) -> None:
    path = tmp_path / "a.json"
    lines = [json.dumps({"_raw": raw}, ensure_ascii=ascii_only) for raw in raws]
    path.write_bytes("".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"))

    def passing(enabled: bool) -> list[dict[str, Any]]:
        events, _ = scan(path, "#line", clauses=(clause,), folded=True, prefilter_enabled=enabled)
        return [event for event in events if any(x in event["#folded"] for x in clause)]

    assert passing(True) == passing(False)
    assert [encode_lossless(text).decode("utf-8", "surrogatepass") for text in texts(scan(path)[0])] == raws


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_no_input_raises(tmp_path: Path, lines: list[bytes]) -> None:
    """Whatever follows, every line is an event or counted."""
    path = write(tmp_path / "a.json", {"_raw": "x" * 500})  # so much text that nobody takes the file for binary
    path.write_bytes(path.read_bytes() + b"\n".join(lines))
    _, report = scan(path, "x")
    assert report.events + sum(report.rejected.values()) == report.lines
