"""Reading and running case files: what a command or a function does, as tables beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bootwatch.algebra.plans import Plan, Rows
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.engines.engine import Engine
from bootwatch.errors import SplError
from bootwatch.events.clock import Clock
from bootwatch.search.rows import rows, shown
from bootwatch.spl.command import GeneratingCommand
from bootwatch.spl.context import Context, Switches
from bootwatch.spl.pipeline import parse, plan, plan_commands
from bootwatch.spl.rendering import with_rendering

SPL = Path(__file__).resolve().parents[2] / "src" / "bootwatch" / "spl"
Cell = str | list[str]
Table = list[dict[str, Cell]]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a search over given rows, and the rows or the error it should give."""

    path: Path
    name: str
    spl: str
    given: Table
    expect: Table | None
    error: dict[str, str] | None
    now: str
    zone: str
    columns: list[str] | None
    switches: dict[str, bool] = field(default_factory=dict)


def load(path: Path) -> Iterator[Case]:
    known = {"name", "source", "spl", "given", "expect", "error", "now", "zone", "columns", "switches"}
    for entry in yaml.safe_load(path.read_text()) or []:
        assert not set(entry) - known, f"{path.name}: {entry['name']}: unknown keys {set(entry) - known}"
        assert ("expect" in entry) != ("error" in entry), f"{path.name}: {entry['name']}: one of expect, error"
        yield Case(
            path,
            entry["name"],
            entry["spl"],
            entry.get("given", []),
            entry.get("expect"),
            entry.get("error"),
            entry.get("now", "2026-01-15T12:00:00Z"),
            entry.get("zone", "UTC"),
            entry.get("columns"),
            entry.get("switches", {}),
        )


def parameters(folder: Path) -> list[object]:
    return [
        pytest.param(case, id=f"{path.stem.partition('.')[0]}-{case.name.replace(' ', '_')}")
        for path in sorted(folder.glob("*.cases.yaml"))
        for case in load(path)
    ]


def given_rows(given: Table) -> Rows:
    """Case rows as a plan: every value is text, ``_time`` a number, a list a multivalue."""
    names = list(dict.fromkeys(name for row in given for name in row))
    kinds: list[tuple[str, FieldType]] = []
    for name in names:
        multi = any(isinstance(row.get(name), list) for row in given)
        kind = FieldType.MULTI if multi else FieldType.NUMBER if name == "_time" else FieldType.TEXT
        kinds.append((name, kind))
    cells = tuple(tuple(_cell(row.get(name), kind) for name, kind in kinds) for row in given)
    return Rows(tuple(kinds), cells)


def _cell(cell: Cell | None, kind: FieldType) -> str | float | tuple[str, ...] | None:
    if cell is None:
        return None
    if kind is FieldType.MULTI:
        return tuple(cell) if isinstance(cell, list) else (cell,)
    assert isinstance(cell, str), f"quote {cell!r}: values in cases are text"
    return float(cell) if kind is FieldType.NUMBER else cell


EMBEDDED = DuckDbEngine(threads=1)


def run(spl: str, given: Table, context: Context, engine: Engine = EMBEDDED) -> tuple[list[str], Table]:
    """Columns and rows of a search over given rows, every value as Splunk shows it."""
    parsed = parse(spl)
    planned: Plan
    if isinstance(parsed.commands[0], GeneratingCommand):
        planned = plan(parsed, context)
    else:
        from dataclasses import replace

        commands = with_rendering(parsed.commands)
        planned = plan_commands(commands, given_rows(given), replace(context, text=parsed.text))
    answer = engine.run(optimise(planned), None)
    found: Table = []
    for row in rows(answer.batches, answer.fields):
        found.append({name: value if isinstance(value, list) else shown(value) for name, value in row.items()})
    return list(answer.fields), found


def check(case: Case, engine: Engine = EMBEDDED) -> None:
    now = datetime.fromisoformat(case.now)
    context = Context(clock=Clock(now.astimezone(UTC), ZoneInfo(case.zone)), switches=Switches(**case.switches))
    spl = case.spl if case.spl.lstrip().startswith("|") else f"| {case.spl}"
    if case.error is not None:
        with pytest.raises(SplError) as raised:
            run(spl, case.given, context)
        assert raised.value.message == case.error["message"]
        if "at" in case.error:
            assert raised.value.span is not None
            assert spl[raised.value.span.start : raised.value.span.end] == case.error["at"]
        if "hint" in case.error:
            assert raised.value.hint == case.error["hint"]
        return
    columns, found = run(spl, case.given, context, engine)
    assert found == case.expect
    if case.columns is not None:
        assert columns == case.columns
