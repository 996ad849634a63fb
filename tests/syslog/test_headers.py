"""Headers: the same line by line and in batches, never an exception; zones and years; which lines belong together."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import FACILITIES, FIELDS, SEVERITIES, is_continuation, parse
from bootwatch.vendors import Recogniser, profiles

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))


def _lines() -> list[str]:
    found = []
    for profile in profiles():
        file = resources.files("bootwatch.vendors").joinpath(profile.name, "messages.cases.yaml")
        found += [case["raw"] for case in yaml.safe_load(file.read_text("utf-8"))]
    return found


LINES = _lines()
PIECES = st.sampled_from(
    (
        *(
            "<189>",
            "<999>",
            "45: ",
            "r1: ",
            "2001:db8::1: ",
            "*",
            ".",
            "Mar  4 11:45:20",
            "Feb 31 99:99:99.123",
            " UTC: ",
        ),
        *("2026-01-14T02:37:27.820547+00:00 ", "2023 May  2 10:00:00", "2w3d: ", "1 ", "- - - ", "%SYS-5-CONFIG_I: "),
        *("1,2021/10/26 15:05:03,,SYSTEM,general,0,2021/10/26 15:05:03,", '"a, b",', "RP/0/RP0/CPU0:", "%$ ", ": "),
        *(
            '[junos@1 a="]"] ',
            "Original Address=192.0.2.1 ",
            "\0",
            "\n",
            "\té",
            "😀",
            "host ",
            "mgd[12]: ",
            "UI_COMMIT: ",
        ),
        *(" ", ",", "%"),
    )
)
MESSAGES = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.lists(PIECES, max_size=12).map("".join),
    st.sampled_from(LINES),
    st.tuples(st.sampled_from(LINES), st.integers(0, 120)).map(lambda cut: cut[0][: cut[1]]),
    st.tuples(st.sampled_from(LINES), st.integers(0, 120), st.characters(codec="utf-8")).map(
        lambda edit: edit[0][: edit[1]] + edit[2] + edit[0][edit[1] + 1 :]
    ),
)


def everything(raw: pa.Array, clock: Clock = CLOCK) -> dict[str, list[object]]:
    heads = Heads.of(raw)
    found = {name: column.to_pylist() for name, column in parse(heads, FIELDS, clock).items()}
    return found | {"sourcetype": Recogniser().sourcetypes(heads).to_pylist()}


@given(st.lists(MESSAGES, min_size=1, max_size=12))
def test_batches_and_single_lines_say_the_same(messages: list[str | None]) -> None:
    together = everything(pa.array(messages, pa.string()))
    for index, message in enumerate(messages):
        alone = everything(pa.array([message], pa.string()))
        assert {name: column[index] for name, column in together.items()} == {n: c[0] for n, c in alone.items()}


@given(st.lists(MESSAGES, min_size=3, max_size=8))
def test_slices_and_large_strings_say_the_same(messages: list[str | None]) -> None:
    whole = everything(pa.array(messages, pa.string()))
    part = everything(pa.array(messages, pa.string()).slice(1, len(messages) - 2))
    assert part == {name: column[1:-1] for name, column in whole.items()}
    assert everything(pa.array(messages, pa.large_string())) == whole


@given(MESSAGES, st.sampled_from(sorted(FIELDS)))
def test_a_column_does_not_depend_on_the_others(message: str | None, name: str) -> None:
    heads = Heads.of(pa.array([message], pa.string()))
    alone = parse(heads, frozenset((name,)), CLOCK)
    assert set(alone) == {name}
    assert alone[name] == parse(heads, FIELDS, CLOCK)[name]


@given(st.text(), st.text())
def test_what_follows_a_cisco_header_changes_nothing_in_it(text: str, other: str) -> None:
    head = "<189>45: r1: 000046: Mar  4 2025 11:45:20.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: "
    found = everything(pa.array([head + text, head + other]))
    for name in FIELDS - {"message_text"}:
        assert found[name][0] == found[name][1]


def test_a_batch_of_nothing() -> None:
    assert everything(pa.array([], pa.string())) == {name: [] for name in FIELDS | {"sourcetype"}}


def test_a_batch_larger_than_a_chunk() -> None:
    lines = [f"<189>{n}: r{n % 7}: Mar  4 2025 11:45:20.{n % 1000:03d} UTC: %SYS-5-CONFIG_I: {n}" for n in range(5000)]
    found = everything(pa.array(lines))
    assert found["sequence"] == [str(n) for n in range(5000)]
    assert found["host"] == [f"r{n % 7}" for n in range(5000)]
    assert found["message_text"] == [str(n) for n in range(5000)]
    assert found["_time"] == [1741088720 + n % 1000 / 1000 for n in range(5000)]


@pytest.mark.parametrize(
    ("stamp", "zone", "time"),
    [
        ("Jan 16 11:45:20: %", "UTC", "2026-01-16T11:45:20"),  # device clocks run ahead by at most a day
        ("Jan 17 11:45:20: %", "UTC", "2025-01-17T11:45:20"),
        ("Dec 31 23:59:59: %", "UTC", "2025-12-31T23:59:59"),
        ("Feb 29 11:45:20: %", "UTC", "2024-02-29T11:45:20"),
        ("Feb 29 2023 11:45:20: %", "UTC", None),
        ("Jul  4 11:45:20: %", "Europe/Berlin", "2025-07-04T09:45:20"),
        ("Jan  4 11:45:20: %", "Europe/Berlin", "2026-01-04T10:45:20"),
        ("Jan  4 11:45:20 VIENNA: %", "Europe/Berlin", "2026-01-04T10:45:20"),
        ("Jan  4 11:45:20 EST: %", "Europe/Berlin", "2026-01-04T16:45:20"),
        ("2026-01-04T11:45:20-05:30 r1 %", "Europe/Berlin", "2026-01-04T17:15:20"),
        ("2026-01-04T11:45:20 r1 %", "Europe/Berlin", "2026-01-04T10:45:20"),
        ("Jan  4 24:00:00: %", "UTC", None),
        ("Jan  0 11:45:20: %", "UTC", None),
        ("2026-13-04T11:45:20Z r1 %", "UTC", None),
    ],
)
def test_time(stamp: str, zone: str, time: str | None) -> None:
    clock = Clock(CLOCK.now, UTC if zone == "UTC" else ZoneInfo(zone))
    found = everything(pa.array([f"{stamp}SYS-5-CONFIG_I: x"]), clock)["_time"][0]
    assert found == (None if time is None else datetime.fromisoformat(time + "+00:00").timestamp())


@given(st.integers(0, 999))
def test_pri(number: int) -> None:
    found = everything(pa.array([f"<{number}>r1: %SYS-5-CONFIG_I: x"]))
    known = number < 192
    assert found["syslog_facility"] == [FACILITIES[number // 8] if known else None]
    assert found["syslog_severity"] == [SEVERITIES[number % 8] if known else None]


@pytest.mark.parametrize(
    ("line", "continues"),
    [
        (b"  two blanks", True),
        (b"\tat frame 1", True),
        (b"Cisco IOS Software, C2900 Software (C2900-UNIVERSALK9-M), Version 15.7(3)M8, RELEASE SOFTWARE (fc1)", True),
        (b"Technical Support: http://www.cisco.com/techsupport", True),
        (b"Copyright (c) 1986-2020 by Cisco Systems, Inc.", True),
        (b"Compiled Wed 11-Mar-20 12:00 by prod_rel_team", True),
        (b"", False),
        (b"<189>45: r1: *Mar  1 18:48:50.483 UTC: %SYS-5-RESTART: System restarted --", False),
        (b"Compiled by hand", False),
    ],
)
def test_continuation(line: bytes, continues: bool) -> None:
    assert is_continuation(line) is continues
