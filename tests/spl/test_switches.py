"""The open points of the semantics: the page about them, the switches it names, and a case for either setting."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import fields
from pathlib import Path

import pytest
from tests.spl.cases import SPL, Case, load

from bootwatch.spl.context import Switches

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "uncertain.md"
ROW = re.compile(r"\| (U\d+) \| ([^|]+\?) \| ([^|]+) \| (?:`(\w+)` (on|off) )?\|")
SWITCHED = {"U1", "U4", "U6", "U7", "U8", "U13", "U14", "U27"}
NAMES = [field.name for field in fields(Switches)]
ELSEWHERE = {"latest_arrival_first"}
"""About the order of a scan, which rows given to a case do not have: tests/engines/test_session.py."""


def rows() -> list[tuple[str, str, str, str, str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| U")]
    found = [ROW.fullmatch(line) for line in lines]
    unread = [line for line, match in zip(lines, found, strict=True) if match is None]
    assert not unread
    return [(m[1], m[2], m[3], m[4] or "", m[5] or "") for m in found if m is not None]


def cases() -> list[Case]:
    return [case for path in sorted(SPL.glob("*/*.cases.yaml")) for case in load(path) if case.switches]


def test_every_point_has_a_row() -> None:
    assert [point for point, *_ in rows()] == [f"U{number}" for number in range(1, 32)]


def test_the_switches_are_those_there_are_and_their_defaults_those_they_have() -> None:
    named = {point: (name, setting == "on") for point, _, _, name, setting in rows() if name}
    assert named.keys() == SWITCHED
    standard = Switches()
    assert sorted(named.values()) == sorted((name, bool(getattr(standard, name))) for name in NAMES)
    doc = Switches.__doc__ or ""
    assert {point: name for point, (name, _) in named.items()} == {
        point: name for name, point in re.findall(r"``(\w+)`` \((U\d+)\):", doc)
    }


@pytest.mark.parametrize("name", sorted(set(NAMES) - ELSEWHERE))
def test_a_switch_has_a_case_for_both_settings(name: str) -> None:
    """The same search over the same rows, with another answer."""
    answers: defaultdict[str, dict[bool, object]] = defaultdict(dict)
    for case in cases():
        if name in case.switches:
            answers[f"{case.path.name} {case.spl} {case.given}"][case.switches[name]] = case.expect
    assert answers
    for asked, found in answers.items():
        assert found.keys() == {True, False}, asked
        assert found[True] != found[False], asked
