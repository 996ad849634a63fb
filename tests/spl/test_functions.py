"""Promises every eval function keeps: it says what it means, and cases beside it show it, null and lists included."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis.strategies import DrawFn, composite, integers, sampled_from
from tests.spl.cases import SPL, Case, Table, check, load, run

from bootwatch.errors import SplError
from bootwatch.events.clock import Clock
from bootwatch.spl.commands.eval import Eval
from bootwatch.spl.context import Context
from bootwatch.spl.functions.registry import Function, functions
from bootwatch.spl.pipeline import parse

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


ALONE = {"searchmatch", "mvmap", "mvfilter", "random", "time", "bit_not", "bit_shift_left"}
"""Functions that mvmap refuses inside itself, answer anew each time, or reach numbers that print with .0 as text."""


def mapped(case: Case) -> str | None:
    """The search of a case with each expression inside an mvmap over one value; None where none would fit."""
    text = f"| {case.spl.lstrip().removeprefix('|')}"
    command = parse(text).commands
    if len(command) != 1 or not isinstance(command[0], Eval):
        return None
    made = []
    ends = [at.span.start for at in command[0].assignments[1:]] + [len(text)]
    for assignment, end in zip(command[0].assignments, ends, strict=True):
        written = text[text.index("=", assignment.span.end) + 1 : end].rstrip().removesuffix(",")
        if assignment.indirect or any(f"{name}(" in written for name in ALONE):
            return None
        made.append(f"eval '{assignment.name}'=mvmap(once,{written})")
    return f'eval once="1" | {" | ".join(made)} | fields - once'


MAPPED = [
    pytest.param(case, spl, id=f"{path.stem.partition('.')[0]}-{case.name.replace(' ', '_')}")
    for path in sorted(FOLDER.glob("*.cases.yaml"))
    for case in load(path)
    if case.error is None and (spl := mapped(case)) is not None
]


@pytest.mark.parametrize(("case", "spl"), MAPPED)
def test_an_expression_means_the_same_inside_mvmap(case: Case, spl: str) -> None:
    """What mvmap evaluates value by value answers as the engine does, for every function that has a case."""
    check(replace(case, spl=spl, columns=None))


ATOMS = [
    *("x", "y", "m", "n", "absent", "x.y", "null()", "true()", 'x="1"', 'split(x,"")'),
    *('"a,b"', '"5"', '""', '"("', '"a{}"', '"{\\"a\\":[1]}"', '"%d %s"', '"%Y"', '"-1d@d"', '"10.0.0.0/8"'),
    *("5", "-1", "0", "2.50", "16", "1e300", "0.5"),
]
GIVEN: Table = [
    {"x": "1", "y": "a", "m": ["1", "b", ""], "n": "2.5"},
    {"x": '{"a":[1,{"b":2}]}', "y": "(", "n": "-3", "m": ["nan", "1e400"]},
    {"x": "<a b='1'><c/></a>", "y": "", "n": "99999999999999999999"},
    {"m": ["x", "x"], "y": "\0é€😀", "n": "nan"},
    {},
]


@composite
def calls(draw: DrawFn, depth: int = 2) -> str:
    """A call of some function with any arguments, calls among them."""
    function = functions()[draw(sampled_from(sorted(functions().keys() - ALONE)))]
    count = draw(integers(function.least, function.least + 3 if function.most is None else function.most))
    inner = sampled_from(ATOMS) if depth == 0 else sampled_from(ATOMS) | calls(depth - 1)
    return f"{function.name}({','.join(draw(inner) for _ in range(count))})"


@given(expression=calls())
@settings(max_examples=150, deadline=None)
def test_no_arguments_make_a_function_fail_and_mvmap_agrees(expression: str) -> None:
    """Whatever a function is given, it is refused in words or answers, and inside mvmap it answers the same."""
    spl = f'eval once="1" | eval a={expression}, shown=a."", b=mvmap(once,{expression})'
    try:
        _, found = run(f"| {spl}", GIVEN, Context(clock=Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))))
    except SplError:
        return
    for row in found:
        # A number from 10^15 on prints otherwise as text than as a number.
        assert row.get("b") in (row.get("a"), row.get("shown", row.get("a"))), expression
