"""Records of Cisco ISE and ACS that arrive in parts are one event again, whatever stands between and is missing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.reading import scan, texts

from bootwatch.syslog.parts import part_of

OTHER = b"<189>45: r1: Jan 14 08:23:43.398 UTC: %SYS-5-CONFIG_I: Configured from console"


def part(record: int, total: int, number: int, text: str, server: str = "ise-1") -> bytes:
    stamp = "2026-01-14 19:13:10.500 +00:00 0042009748 3300 NOTICE Tacacs-Accounting: x," if number == 0 else ""
    head = f"<182>Jan 14 19:13:10 {server} CISE_TACACS_Accounting {record:010d} {total} {number} {stamp}"
    return f"{head} {text}".encode()


def test_parts_with_others_between_them(tmp_path: Path) -> None:
    lines = [
        OTHER,
        part(7, 3, 0, "Device IP Address=192.0.2.11,"),
        OTHER,
        part(7, 3, 1, "CmdSet=[ CmdAV=copy CmdArgAV=tftp: CmdArgAV=flash: ],"),
        part(8, 2, 0, "User=a,"),
        part(7, 3, 2, "NetworkDeviceName=sw-01, User=netadm,"),
        part(8, 2, 1, "User=b,"),
        OTHER,
    ]
    path = tmp_path / "a.log"
    path.write_bytes(b"\n".join(lines) + b"\n")
    events, report = scan(path, "#line", "relay")
    assert [event["_raw"].count("\n") for event in events] == [0, 2, 0, 1, 0]
    assert [event["#line"] for event in events] == [1, 2, 3, 5, 8]
    assert events[1]["_raw"] == b"\n".join((lines[1], lines[3], lines[5])).decode()
    assert (events[1]["host"], events[1]["relay"]) == ("sw-01", "ise-1")
    assert (report.lines, report.events) == (8, 5)


def test_a_part_that_is_missing_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [part(7, 3, 0, "a,"), part(7, 3, 2, "c,"), *[OTHER] * 9000, part(7, 3, 1, "b,")]
    path.write_bytes(b"\n".join(lines) + b"\n")
    events, report = scan(path)
    assert [event["_raw"].count("\n") for event in events] == [1, *[0] * 9001]
    assert report.events == 9002
    assert [event["#n"] for event in events] == sorted(event["#n"] for event in events)


def test_the_same_number_from_another_server_is_another_record(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [part(7, 2, 0, "a,"), part(7, 2, 1, "b,", "ise-2"), part(7, 2, 0, "c,", "ise-2"), part(7, 2, 1, "d,")]
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert texts(scan(path)[0]) == [
        b"\n".join((lines[0], lines[3])).decode(),
        b"\n".join((lines[2], lines[1])).decode(),
    ]


def test_a_hit_in_one_part_finds_the_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [OTHER] * 300 + [part(7, 2, 0, "CmdSet=[ CmdAV=reload ],"), OTHER, part(7, 2, 1, "User=netadm,"), OTHER]
    path.write_bytes(b"\n".join(lines) + b"\n")
    for clauses in ((("reload",),), (("netadm",),), (("reload",), ("netadm", "nobody"))):
        (event,), report = scan(path, clauses=clauses)
        assert event["_raw"].count("\n") == 1
        assert report.candidates == 1
    assert scan(path, clauses=(("reload",), ("nobody",)))[0] == []


def test_text_of_a_user_is_no_part() -> None:
    forged = "CISE_TACACS_Accounting 0000000007 3 1  NetworkDeviceName=evil"
    assert part_of(f"<189>45: r1: Jan 14 08:23:43: %SEC_LOGIN-4-LOGIN_FAILED: [user: {forged}]".encode()) is None
    assert part_of(f"<38>Jan 14 08:23:43 web1 sshd[1]: invalid user {forged}".encode()) is None
    assert part_of(f"<182>Jan 14 19:13:10 ise-1 {forged}".encode()) is not None
    assert part_of(part(7, 1, 0, "whole")) is None
    assert part_of(part(7, 2, 5, "beyond")) is None


@given(st.data())
def test_whatever_the_order_every_part_is_in_one_event(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    totals = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    lines = [part(n, total, at, f"t{n}.{at},") for n, total in enumerate(totals) for at in range(total)]
    lost = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=2))
    lines = [line for at, line in enumerate(lines) if at not in lost] + [OTHER] * data.draw(st.integers(0, 3))
    random.Random(data.draw(st.integers(0, 99))).shuffle(lines)
    path = tmp_path_factory.mktemp("joined") / "a.log"
    path.write_bytes(b"\n".join(lines) + b"\n")
    events = texts(scan(path)[0])
    assert sorted(line for event in events for line in event.encode().split(b"\n")) == sorted(lines)
    records = [line.split(b"Accounting ")[1][:10] for line in lines if line != OTHER]
    assert len(events) == len(set(records)) + lines.count(OTHER)


@given(st.data())
def test_a_prefilter_changes_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    words = ("reload", "netadm", "copy tftp", "nothing")
    lines = [OTHER + f" by {data.draw(st.sampled_from(words))}".encode() for _ in range(data.draw(st.integers(1, 30)))]
    for record in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(lines)))
        for number in range(3):
            lines.insert(min(at, len(lines)), part(record, 3, number, data.draw(st.sampled_from(words)) + ","))
            at += data.draw(st.integers(1, 3))
    path = tmp_path_factory.mktemp("sieved") / "a.log"
    path.write_bytes(b"\n".join(lines) + b"\n")
    clauses = data.draw(
        st.lists(st.lists(st.sampled_from(words), min_size=1, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple)
    )
    block_bytes = data.draw(st.sampled_from((256, 1024, 1 << 20)))
    every = texts(scan(path)[0])
    expected = [text for text in every if all(any(word in text for word in clause) for clause in clauses)]
    assert texts(scan(path, clauses=clauses, block_bytes=block_bytes)[0]) == expected
