"""The indicator catalogue: every row's examples fire it in every log source, its twins do not, daily work is silent."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pytest

from bootwatch.vendors.indicator_rows import Example, Group, Indicator
from bootwatch.vendors.indicators import catalogue

CATALOGUE = catalogue()
BY_ID = {row.id: row for row in CATALOGUE.indicators}


@dataclass(frozen=True, slots=True)
class Said:
    """A raw line (None: the bare command), and what is read from it."""

    name: str
    raw: str | None
    family: str
    command: str | None
    message: str | None


def said(group: Group, example: Example) -> list[Said]:
    """An example as every log source of its system shows it."""
    family = group.families[0]
    if example.line is not None:
        return [Said("line", example.line, family, example.command, example.message)]
    assert example.command is not None
    carriers = [source for source in group.sources if example.kind in source.carries]
    assert carriers, f"no source of {group.name} carries {example.kind} commands"
    spelled = [Said(one.name, one.spell(example.command), family, example.command, None) for one in carriers]
    return [Said("bare", None, family, example.command, None), *spelled]


def ids_of(lines: list[Said]) -> list[list[str]]:
    found = CATALOGUE.evaluate(
        pa.array([line.family for line in lines]),
        pa.array([line.command for line in lines], pa.string()),
        pa.array([line.message for line in lines], pa.string()),
    )
    return [ids or [] for ids in found.ids.to_pylist()]


ROWS = [pytest.param(group, row, id=row.id) for group in CATALOGUE.groups for row in group.indicators]


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_every_example_fires_its_row(group: Group, row: Indicator) -> None:
    lines = [line for example in row.positive for line in said(group, example)]
    assert bool(lines) is not bool(row.volume)
    for line, ids in zip(lines, ids_of(lines), strict=True):
        assert row.id in ids, line


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_no_twin_fires_its_row(group: Group, row: Indicator) -> None:
    lines = [line for example in row.twin for line in said(group, example)]
    assert bool(lines) is not bool(row.volume)
    for line, ids in zip(lines, ids_of(lines), strict=True):
        assert row.id not in ids, line


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_a_raw_line_with_an_indicator_holds_a_gate(group: Group, row: Indicator) -> None:
    for example in row.positive:
        for line in said(group, example):
            if line.raw is not None:
                assert any(literal in line.raw.lower() for literal in CATALOGUE.gates), line


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_every_surface_has_an_example_and_a_twin(group: Group, row: Indicator) -> None:
    surfaces = {match.on for match in row.matches}
    shown = {"command" for example in row.positive if example.command is not None}
    shown |= {"message" for example in row.positive if example.message is not None}
    assert shown == surfaces
    near = {"command" for example in row.twin if example.command is not None}
    near |= {"message" for example in row.twin if example.message is not None}
    assert near == surfaces


def test_the_catalogue_covers_eight_systems_and_every_class() -> None:
    assert [group.name for group in CATALOGUE.groups] == [
        "ios",
        "nxos",
        "iosxr",
        "asa",
        "junos",
        "panos",
        "eos",
        "fortios",
    ]
    assert {family for group in CATALOGUE.groups for family in group.families} == {
        *("ios", "iosxe", "iosxr", "nxos", "asa", "ftd", "junos", "panos", "eos", "fortios")
    }
    assert len(BY_ID) == len(CATALOGUE.indicators)
    assert len(BY_ID) >= 113
    assert {str(row.evidence_class) for row in CATALOGUE.indicators} == set("ABCDEFGH")


def test_every_technique_is_known() -> None:
    from importlib import resources

    from bootwatch.detections.attack import Attack

    attack = Attack.read(resources.files("bootwatch") / "content" / "attack.json")
    known = {technique.id for technique in attack.techniques}
    for row in CATALOGUE.indicators:
        assert set(row.techniques) <= known, row.id


def test_verifying_weighs_nothing() -> None:
    assert [row.id for row in CATALOGUE.indicators if row.weight == 0] == ["IOS-D5"]


def test_ids_and_classes_go_together() -> None:
    found = CATALOGUE.evaluate(
        pa.array(["ios", "ios", None, "nxos", "linux"]),
        pa.array(
            [
                "copy /noverify tftp: flash:",
                "show version",
                "request system software add /var/tmp/x.tgz no-validate",
                None,
                None,
            ]
        ),
        pa.array([None, "%SYS-5-RELOAD: Reload requested", None, None, "%BOOTVAR-3-VERIFY_FAILED: Image x"]),
    )
    assert found.ids.to_pylist() == [
        ["IOS-A1", "IOS-A2"],
        ["IOS-H3"],
        ["JUN-A2", "JUN-D1"],
        None,
        ["NX-B2"],
    ]
    assert found.classes.to_pylist() == [["A"], ["H"], ["A", "D"], None, ["B"]]


def test_what_a_message_quotes_is_not_what_it_says() -> None:
    quoted = "%INSTALL-5-INSTALL_START_INFO: Started install add x"
    messages = [
        f"%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: {quoted}] [Source: 198.51.100.7] [localport: 22]",
        f"%HA_EM-6-LOG: note: {quoted}",
        "%SYS-5-CONFIG_I: Configured from console by %SYS-5-RELOAD: on vty0",
    ]
    nothing = pa.nulls(len(messages), pa.string())
    assert CATALOGUE.evaluate(pa.array(["ios"] * len(messages)), nothing, pa.array(messages)).ids.null_count == 3


def test_a_command_of_no_known_system_is_told_once() -> None:
    commands = ["copy tftp://192.0.2.9/x.bin flash:x.bin", "reload", "start shell user root", "fnsysctl ls"]
    nothing = pa.nulls(len(commands), pa.string())
    assert CATALOGUE.evaluate(nothing, pa.array(commands), nothing).ids.to_pylist() == [
        ["IOS-A1"],
        ["IOS-H1"],
        ["JUN-F1"],
        ["FGT-F1"],
    ]


def test_no_events_no_indicators() -> None:
    nothing = pa.array([], pa.string())
    found = CATALOGUE.evaluate(nothing, nothing, nothing)
    assert found.ids.to_pylist() == [] == found.classes.to_pylist()
    assert found.ids.type == pa.list_(pa.string()) == found.classes.type
