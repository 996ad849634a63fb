"""Promises every command, eval function and aggregate keeps: it says what it does, and has cases that show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.spl.cases import SPL, load

from bootwatch.spl.aggregates.registry import aggregates
from bootwatch.spl.command import commands


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_says_what_it_does_and_shows_it(name: str) -> None:
    command = commands()[name]
    assert f"``{command.name}" in (command.__doc__ or "")
    assert list(load(_beside(SPL / "commands", command.__module__)))


@pytest.mark.parametrize("name", sorted(aggregates()))
def test_an_aggregate_says_what_it_does_and_shows_it(name: str) -> None:
    found = aggregates()[name]
    assert found.doc
    path = SPL / "aggregates" / f"{found.family}.cases.yaml"
    shown = rf"\b{name}[0-9]" if found.parametric else rf"\b{name}\b"
    assert any(re.search(shown, case.spl) for case in load(path)), f"no case of {path.name} uses {name}"


def test_every_case_file_belongs_to_a_module() -> None:
    for folder in ("commands", "functions", "aggregates"):
        for path in (SPL / folder).glob("*.cases.yaml"):
            assert path.with_name(path.name.replace(".cases.yaml", ".py")).exists(), path


def _beside(folder: Path, module: str) -> Path:
    return folder / f"{module.rpartition('.')[2]}.cases.yaml"
