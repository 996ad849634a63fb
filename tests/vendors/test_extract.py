"""Fields read from messages: the same line by line and in batches, never an exception, never another message's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bootwatch.errors import ContentError
from bootwatch.events.clock import Clock
from bootwatch.events.fields import VENDOR_FIELDS
from bootwatch.ingest.headers import Reader
from bootwatch.vendors import profiles
from bootwatch.vendors.indicator_rows import Group
from bootwatch.vendors.indicators import catalogue
from bootwatch.vendors.profile import load, reading

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
ALL = frozenset(VENDOR_FIELDS)
SERVERS = ("tacacs", "ise", "acs")


def read(raw: list[str | None], wanted: frozenset[str] = ALL) -> list[dict[str, str]]:
    """What each message says; absent where it says nothing."""
    return rows(Reader(CLOCK).read(pa.array(raw, pa.string()), wanted), len(raw))


def rows(columns: Mapping[str, pa.Array], count: int) -> list[dict[str, str]]:
    lists = {name: column.to_pylist() for name, column in columns.items()}
    assert all(len(values) == count for values in lists.values())
    return [{name: values[at] for name, values in lists.items() if values[at] is not None} for at in range(count)]


def lines_of(profile: str) -> list[str]:
    text = resources.files("bootwatch.vendors").joinpath(profile, "messages.cases.yaml").read_text("utf-8")
    return [entry["raw"] for entry in yaml.safe_load(text)]


LINES = [line for profile in profiles() for line in lines_of(profile.name)]
ODD = [
    "",
    " ",
    "%",
    "%ASA-5-111008:",
    "\x00",
    "1,,,SYSTEM,",
    "\t\t\tstop\tcmd=",
    "CmdSet=[",
    "User 'x",
    "\ud7ff",
    "\U0010ffff",
]


def test_a_batch_says_what_each_line_says() -> None:
    together = read([*LINES, None, *ODD])
    assert together[: len(LINES)] == [read([line])[0] for line in LINES]
    assert together[len(LINES)] == {}


@pytest.mark.parametrize("name", VENDOR_FIELDS)
def test_a_field_does_not_depend_on_what_else_is_wanted(name: str) -> None:
    every = [{key: value for key, value in row.items() if key == name} for row in read(list(LINES))]
    assert read(list(LINES), frozenset((name,))) == every


@settings(max_examples=60, deadline=None)
@given(
    picked=st.lists(st.sampled_from(LINES), min_size=1, max_size=8),
    text=st.text(max_size=60),
    cut=st.integers(0, 400),
    at=st.integers(0, 400),
)
def test_nothing_raises_and_neighbours_say_nothing(picked: list[str], text: str, cut: int, at: int) -> None:
    changed = [line[:at] + text + line[at:] for line in picked]
    changed += [line[:cut] for line in picked] + [text, text + picked[0]]
    raw = pa.array(changed, pa.string())
    before = raw.to_pylist()
    reader = Reader(CLOCK)
    together = rows(reader.read(raw, ALL), len(raw))
    assert raw.to_pylist() == before
    alone = [rows(reader.read(raw.slice(row, 1), ALL), 1)[0] for row in range(len(raw))]
    assert together == alone


@given(words=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=5))
def test_what_is_typed_is_nobody_elses_message(words: list[str]) -> None:
    """A command that holds another message's text stays the command of who typed it."""
    typed = " ".join(" ".join(words).split()).replace("'", "").replace('"', "")
    forged = "banner motd x%AAAA-6-ACCTLOCAL: Username: victim Privilege level: 15 Command: reload y" + typed
    raw = [
        f"<189>9: r1: Jan 14 02:00:01.123: %PARSER-5-CFGLOG_LOGGEDCMD: User:mallory  logged command:{forged} ",
        f"<190>9: r1: Jan 14 02:00:01.123: %HA_EM-6-LOG: catchall: {forged}",
        f"<165>%ASA-5-111010: User 'mallory', running 'CLI' from IP 192.0.2.4, executed '{forged}'",
    ]
    found = read(list(raw))
    assert [row.get("user") for row in found] == ["mallory", None, "mallory"]
    assert [row["command_source"] for row in found] == ["cfglog", "eem", "111010"]
    assert all(row["command"].startswith("banner motd x%AAAA-6-ACCTLOCAL: Username: victim") for row in found)


def test_an_oversized_command_is_read_and_not_expanded() -> None:
    long = "no " * 100_000
    raw = f"<190>9: r1: Jan 14 02:00:01.123: %HA_EM-6-LOG: catchall: cop {long}"
    (found,) = read([raw])
    assert found["command"] == f"cop {long}".strip()
    deep = "no " * 1_300
    (found,) = read([f"<190>9: r1: Jan 14 02:00:01.123: %HA_EM-6-LOG: catchall: {deep}"])
    assert found["command"] == deep.strip()


@pytest.mark.parametrize("group", catalogue().groups, ids=lambda group: str(group.name))
def test_a_command_is_read_through_every_source_that_carries_it(group: Group) -> None:
    """The catalogue's own lines: each source spells each example's command, and the command comes out again."""
    pairs = {
        (source, example.command)
        for row in group.indicators
        for example in (*row.positive, *row.twin)
        for source in group.sources
        if example.command is not None and example.kind in source.carries
    }
    ordered = sorted(pairs, key=lambda pair: (pair[0].name, pair[1]))
    found = read([source.spell(command) for source, command in ordered])
    lost = [
        (source.name, command, row)
        for (source, command), row in zip(ordered, found, strict=True)
        if not row.get("command", "").endswith(command) or ("user" not in row and "EEM" not in source.name)
    ]
    assert lost == []


@pytest.mark.parametrize("group", catalogue().groups, ids=lambda group: str(group.name))
def test_an_act_shows_through_every_source_and_its_twin_through_none(group: Group) -> None:
    """From the raw line to the indicator. A server's record that does not say of which system it tells may show another
    system's row for the same act; the class is the same.
    """
    classes = {row.id: str(row.evidence_class) for one in catalogue().groups for row in one.indicators}
    wrong = []
    reader = Reader(CLOCK)
    for row in group.indicators:
        for example, shows in [*((one, True) for one in row.positive), *((one, False) for one in row.twin)]:
            sources = [source for source in group.sources if example.kind in source.carries]
            raw = (
                [source.spell(example.command) for source in sources] if example.command is not None else [example.line]
            )
            columns = reader.read(pa.array(raw, pa.string()), frozenset(("indicator", "os_family")))
            for line, family, ids in zip(
                raw, *(columns[name].to_pylist() for name in ("os_family", "indicator")), strict=True
            ):
                told = set(ids or ())
                same = row.id in told or (family in SERVERS and classes[row.id] in {classes[name] for name in told})
                if (row.id in told or (shows and same)) != shows:
                    wrong.append((row.id, shows, ids, line))
    assert wrong == []


GOOD = "os_family: x\nvendor_product: X\nrank: 1\nrecognise:\n  - {pattern: a, sourcetype: b}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extract:\n  - {when: A, pattern: '(?P<colour>x)'}\n", "unknown group 'colour' in pattern '(?P<colour>x)'; "),
        ("extract:\n  - {when: A, pattern: '(?=x)'}\n", "pattern '(?=x)' is not RE2: "),
        ("extract:\n  - {when: A, set: {colour: red}}\n", "unknown key 'colour' in 'set' of an entry of 'extract'; "),
        ("extract:\n  - {pattern: x}\n", "'when' of an entry of 'extract' must be a list that is not empty, not None"),
        ("extract:\n  - {when: A, colour: red}\n", "unknown key 'colour' in an entry of 'extract'; accepted are "),
        (
            "tag: '(?P<name>x)'\nextract:\n  - {when: A}\n",
            "unknown group 'name' in pattern '(?P<name>x)'; accepted are before, tag",
        ),
    ],
)
def test_a_wrong_rule_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ContentError) as caught:
        reading(load("x", f"{GOOD}---\n{text}", "x/profile.yaml"))
    assert str(caught.value).startswith(f"x/profile.yaml: {message}")
