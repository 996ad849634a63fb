"""Raw lines to indicators, through header, recognition and extraction: each log source shows the acts it can show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from tests.vendors.test_indicators_benign import BENIGN

from bootwatch.events.clock import Clock
from bootwatch.ingest.headers import Reader
from bootwatch.match.heads import Heads
from bootwatch.syslog import parse
from bootwatch.vendors import profiles
from bootwatch.vendors.indicator_rows import Example, Group
from bootwatch.vendors.indicators import MESSAGE_FIELDS, catalogue, messages

CATALOGUE = catalogue()
CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
READER = Reader(CLOCK)
WEIGHTS = {row.id: row.weight for row in CATALOGUE.indicators}

CLASSES = {row.id: str(row.evidence_class) for row in CATALOGUE.indicators}


def header(raw: pa.Array) -> dict[str, pa.Array]:
    return dict(parse(Heads.of(raw), MESSAGE_FIELDS, CLOCK))


def read(lines: list[str], family: str | None = None) -> list[list[str]]:
    """The indicators of raw lines; ``family`` is what an inventory says of the devices, else each line speaks."""
    raw = pa.array(lines, pa.string())
    found = READER.read(raw, frozenset(("os_family", "command")))
    families = found["os_family"] if family is None else pa.array([family] * len(lines))
    return [ids or [] for ids in CATALOGUE.read(raw, families, found["command"], header).ids.to_pylist()]


@dataclass(frozen=True, slots=True)
class Spelled:
    """An example of a row as one log source shows it."""

    row: str
    command: str
    line: str


def spelled(group: Group, source_name: str, *, twins: bool) -> list[Spelled]:
    """Every example that one log source of a system can show."""
    (source,) = (source for source in group.sources if source.name == source_name)
    return [
        Spelled(row.id, example.command, source.spell(example.command))
        for row in group.indicators
        for example in (row.twin if twins else row.positive)
        if example.line is None and example.command is not None and example.kind in source.carries
    ]


SOURCES = [
    pytest.param(group, source.name, id=f"{group.name}: {source.name}")
    for group in CATALOGUE.groups
    for source in group.sources
]


@pytest.mark.parametrize(("group", "source"), SOURCES)
def test_a_source_shows_every_act_it_carries(group: Group, source: str) -> None:
    acts = spelled(group, source, twins=False)
    assert len(acts) > 3
    told = read([act.line for act in acts], group.families[0])
    assert [act for act, ids in zip(acts, told, strict=True) if act.row not in ids] == []


@pytest.mark.parametrize(("group", "source"), SOURCES)
def test_a_source_shows_no_twin_as_the_act(group: Group, source: str) -> None:
    acts = spelled(group, source, twins=True)
    told = read([act.line for act in acts], group.families[0])
    assert [act for act, ids in zip(acts, told, strict=True) if act.row in ids] == []


@pytest.mark.parametrize(("group", "source"), SOURCES)
def test_the_line_alone_tells_the_class_of_the_act(group: Group, source: str) -> None:
    acts = [act for act in spelled(group, source, twins=False) if "/mnt/flash/" not in act.command]
    told = read([act.line for act in acts])
    together = zip(acts, told, strict=True)
    assert [act for act, ids in together if CLASSES[act.row] not in {CLASSES[name] for name in ids}] == []


@pytest.mark.parametrize(("group", "source"), SOURCES)
def test_daily_work_is_silent_in_every_source(group: Group, source: str) -> None:
    (carrier,) = (one for one in group.sources if one.name == source)
    commands = [line.strip() for line in BENIGN[group.name].strip().splitlines()]
    told = read([carrier.spell(command) for command in commands], group.families[0])
    assert [(command, ids) for command, ids in zip(commands, told, strict=True) if ids] == []


WHOLE = [
    pytest.param(group, row.id, example, twin, id=f"{row.id}: {(example.line or '')[:50]}")
    for group in CATALOGUE.groups
    for row in group.indicators
    for twin, examples in ((False, row.positive), (True, row.twin))
    for example in examples
    if example.line is not None
]


@pytest.mark.parametrize(("group", "row", "example", "twin"), WHOLE)
def test_a_message_says_what_its_line_says(group: Group, row: str, example: Example, twin: bool) -> None:
    assert example.line is not None
    assert (row in read([example.line], group.families[0])[0]) is not twin


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        ("cop tft: fla:", "IOS-A1"),
        ("copy /nov tftp: flash:", "IOS-A2"),
        ("boo sys fla:x.bin", "IOS-B1"),
        ("del /fo fla:x.bin", "IOS-C1"),
        ("wr er", "IOS-C4"),
        ("upgr rom-m file flash:x.pkg", "IOS-E1"),
        ("se in", "IOS-F3"),
        ("do rel", "IOS-H1"),
    ],
)
def test_an_abbreviated_command_shows_the_act(typed: str, row: str) -> None:
    line = f"*Nov 19 07:16:04.807: %AAAA-6-ACCTLOCAL: Username: netadm Privilege level: 15 Command: {typed} <cr>"
    assert row in read([line])[0]


def test_the_outer_and_the_inner_mnemonic_say_the_same() -> None:
    line = (
        "*Jul 23 18:19:10.806: %IOSXE-5-PLATFORM: Switch 1 R0/0: Jul 23 14:19:10 install_engine.sh: "
        "%INSTALL-5-INSTALL_START_INFO: Started install add flash:cat9k_iosxe.16.09.03.SPA.bin"
    )
    assert messages(header(pa.array([line]))).to_pylist() == [line[line.index("%INSTALL") :]]
    assert read([line]) == [["XE-A7"]]


def test_whatever_carries_a_command_holds_a_gate() -> None:
    vendors = resources.files("bootwatch.vendors")
    lines = [
        case["raw"]
        for profile in profiles()
        for case in yaml.safe_load(vendors.joinpath(profile.name, "messages.cases.yaml").read_text("utf-8"))
    ]
    commands = READER.read(pa.array(lines), frozenset(("command",)))["command"].to_pylist()
    carrying = [line for line, command in zip(lines, commands, strict=True) if command is not None]
    assert len(carrying) > 20
    assert [line for line in carrying if not any(literal in line.lower() for literal in CATALOGUE.gates)] == []


def test_real_messages_weigh_little_but_for_installations(shared_dir: Path) -> None:
    lines = [
        json.loads(record)["raw"]
        for file in sorted(shared_dir.joinpath("samples").glob("*/*.jsonl"))
        for record in file.read_text("utf-8").splitlines()
    ]
    assert len(lines) > 100
    heavy = [
        (ids, line) for line, ids in zip(lines, read(lines), strict=True) if any(WEIGHTS[name] > 20 for name in ids)
    ]
    assert [line for _, line in heavy if "install" not in line.lower()] == []
