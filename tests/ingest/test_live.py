"""Messages as receivers took them become events: their own host and time, else the sender's and the arrival's."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from bootwatch.events.source import Prefilter, ScanRequest
from bootwatch.ingest.live import After, LiveSource
from bootwatch.store.wal import Block, Context

ARRIVED = datetime(2026, 3, 10, 14, 2, tzinfo=UTC)
FIELDS = ("_time", "host", "source", "sourcetype", "index", "_raw", "_indextime", "mnemonic")


def context(**said: str) -> Context:
    return Context(int(ARRIVED.timestamp()) * 1_000_000, "udp:514", peer="192.0.2.7", **said)


def rows(
    *blocks: Block, fields: tuple[str, ...] = FIELDS, prefilter: Prefilter | None = None
) -> list[dict[str, object]]:
    source = LiveSource(lambda: blocks)
    request = ScanRequest(fields, prefilter or Prefilter())
    return pa.Table.from_batches(list(source.batches(request))).to_pylist() if blocks else []


IOS = b"<189>45: r1: Mar 10 14:01:37.215: %PARSER-5-CFGLOG_LOGGEDCMD: User:ops  logged command:no boot system"


def test_a_message_says_its_host_and_time_itself() -> None:
    (event,) = rows(Block.of(context(), [IOS]))
    assert event["host"] == "r1"
    assert event["_time"] == datetime(2026, 3, 10, 14, 1, 37, 215000, tzinfo=UTC).timestamp()
    assert event["_indextime"] == ARRIVED.timestamp()
    assert (event["source"], event["sourcetype"], event["index"]) == ("udp:514", "cisco:ios", "network")
    assert event["mnemonic"] == "CFGLOG_LOGGEDCMD"


def test_a_message_without_them_has_those_of_sender_and_arrival() -> None:
    (event,) = rows(Block.of(context(), [b"something else"]))
    assert (event["host"], event["_time"]) == ("192.0.2.7", ARRIVED.timestamp())


def test_what_the_receiver_was_told_comes_first() -> None:
    (event,) = rows(Block.of(context(host="given", index="main", sourcetype="mine"), [IOS]))
    assert (event["host"], event["index"], event["sourcetype"]) == ("given", "main", "mine")


def test_objects_are_events_as_splunk_exports_them() -> None:
    lines = [
        b'{"_raw": "a", "_time": 5, "host": "h", "colour": ["red", "blue"]}',
        b"[]",
        b'{"_raw": "%SYS-5-RESTART: x"}',
    ]
    found = rows(Block.of(context(form="json"), lines), fields=(*FIELDS, "colour"))
    assert [(e["host"], e["_time"], e["colour"]) for e in found] == [
        ("h", 5.0, ["red", "blue"]),
        ("192.0.2.7", ARRIVED.timestamp(), None),
    ]


def test_parts_of_a_record_become_one_event() -> None:
    part = (
        b"<181>Mar 10 14:01:37 ise1 CISE_Passed_Authentications 0000000002 2 %d 2026-03-10 14:01:37.401 +00:00 text%d"
    )
    found = rows(Block.of(context(), [part % (1, 1), IOS]), Block.of(context(), [part % (0, 0)]))
    assert [event["_raw"] for event in found] == [(part % (0, 0) + b"\n" + part % (1, 1)).decode(), IOS.decode()]


def test_bytes_that_are_no_text_and_empty_messages() -> None:
    source = LiveSource(lambda: [Block.of(context(), [b"", b"a\xff\x00b"])])
    (batch,) = source.batches(ScanRequest(FIELDS))
    assert batch.column("_raw").to_pylist() == ["a\U0010ffff\x00b"]
    assert source.report.rejected == {"empty message": 1}


def test_a_prefilter_lets_candidates_through() -> None:
    found = rows(Block.of(context(), [IOS, b"other"]), prefilter=Prefilter((("boot system",),)))
    assert len(found) == 1


def test_lines_are_taken_apart_when_they_are_read() -> None:
    data = IOS + b"\n\n" + b"other\n" + IOS + b"\n"
    block = Block(context(form="lines"), (), data)
    assert [event["_raw"] for event in rows(block)] == [IOS.decode(), "other", IOS.decode()]
    assert [event["#n"] for event in rows(block, Block.of(context(), [b"x"]))] == [0, 1, 2, 3]
    found = rows(block, prefilter=Prefilter((("boot system",),)))
    assert [(event["_raw"], event["#n"]) for event in found] == [(IOS.decode(), 0), (IOS.decode(), 2)]


def test_one_source_after_another_is_one_order_and_one_schema() -> None:
    first = LiveSource(lambda: [Block.of(context(), [b"one", b"two"])])
    second = LiveSource(lambda: [Block.of(context(form="json"), [b'{"_raw": "three", "colour": "red"}'])])
    both = After(first, second, 100)
    assert both.own_fields(None) == {"colour": False}
    table = pa.Table.from_batches(list(both.batches(ScanRequest(("_raw", "colour")))))
    assert table.column("_raw").to_pylist() == ["one", "two", "three"]
    assert table.column("colour").to_pylist() == [None, None, "red"]
    assert table.column("#n").to_pylist() == [0, 1, 100]
    assert both.report.events == 3
