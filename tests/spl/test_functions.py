"""Promises every eval function keeps: it says what it means, and cases beside it show it, null and lists included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.spl.cases import SPL, Case, load

from bootwatch.spl.functions.registry import Function, functions

FOLDER = SPL / "functions"
CONSTANT = {"false", "lookup", "now", "null", "pi", "random", "searchmatch", "time", "true"}
"""Functions that take no value, or are refused whatever they take: a null says nothing about them."""


def shown(function: Function) -> list[Case]:
    """The cases of a function's family that call it; ``in`` and ``like`` are operators too."""
    call = re.compile(rf"(?i)(?<![\w.]){function.name}\s*\(")
    return [case for case in load(FOLDER / f"{function.family}.cases.yaml") if call.search(case.spl)]


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_says_what_it_means(name: str) -> None:
    function = functions()[name]
    signatures = {other for other, found in functions().items() if found.build is function.build}
    assert re.match(rf"``(?:{'|'.join(sorted(signatures))})\(", function.doc), function.doc


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_is_shown_by_cases(name: str) -> None:
    cases = shown(functions()[name])
    assert cases, f"no case of {functions()[name].family}.cases.yaml calls {name}"
    if name not in CONSTANT:
        assert any(absent(case) for case in cases), f"no case calls {name} with an absent field"
        assert any(several(case) for case in cases), f"no case calls {name} with several values"


def absent(case: Case) -> bool:
    """Whether some row lacks a field that another row has, or has none, or the search names null()."""
    names = {name for row in case.given for name in row}
    return "null()" in case.spl or any(set(row) != names or not row for row in case.given)


def several(case: Case) -> bool:
    """Whether some row has a field of more than one value."""
    return any(isinstance(cell, list) and len(cell) > 1 for row in case.given for cell in row.values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.cases.yaml")), ids=lambda path: path.name)
def test_every_case_says_where_its_behaviour_is_written_down(path: Path) -> None:
    unsourced = [entry["name"] for entry in yaml.safe_load(path.read_text()) if not entry.get("source")]
    assert not unsourced
