"""A plan in words, one operator a line, the source at the bottom."""

from __future__ import annotations

from typing import assert_never

from bootwatch.algebra.plans import (
    AggCall,
    Aggregate,
    Deferred,
    Drop,
    Explode,
    Extend,
    Filter,
    Generate,
    Join,
    Limit,
    Plan,
    Reverse,
    Rows,
    Scan,
    Select,
    Sort,
    Stored,
    Table,
    Union,
    Window,
    sources,
)
from bootwatch.algebra.scalars import Call, Column, Const, Kernel, Matches, Scalar, children


def describe(plan: Plan) -> str:
    """The plan as indented lines, the last operator first."""
    lines: list[str] = []
    _describe(plan, 0, lines)
    return "\n".join(lines)


def _describe(plan: Plan, depth: int, lines: list[str]) -> None:
    below: tuple[Plan, ...] = (plan,)
    while len(below) == 1:  # a pipeline of hundreds of commands: a loop, not a recursion
        lines.append("  " * depth + _line(below[0]))
        below = sources(below[0])
        depth += 1
    for source in below:
        _describe(source, depth, lines)


def _line(plan: Plan) -> str:
    match plan:
        case Scan():
            return f"Scan {_scan(plan)}"
        case Generate():
            return f"Generate {plan.count} rows"
        case Rows():
            return f"Rows {len(plan.rows)}"
        case Table():
            return f"Table {plan.name}"
        case Stored():
            return f"Stored {plan.name}"
        case Union():
            return f"Union of {len(plan.sources)}"
        case Join():
            keys = ", ".join(f"{left} = {right}" for left, right in plan.on)
            return f"Join {'outer' if plan.outer else 'inner'} on {keys}"
        case Filter():
            return f"Filter {show(plan.predicate)}"
        case Extend():
            return "Extend " + ", ".join(f"{name} = {show(scalar)}" for name, scalar in plan.assignments)
        case Select():
            return "Select " + ", ".join(new if new == old else f"{old} as {new}" for new, old in plan.columns)
        case Drop():
            return "Drop " + ", ".join(sorted(plan.names))
        case Sort():
            keys = ", ".join(f"{show(key.by)} {'desc' if key.descending else 'asc'}" for key in plan.keys)
            return f"Sort {keys}" + ("" if plan.limit is None else f" limit {plan.limit}")
        case Limit():
            return f"Limit {plan.count}"
        case Reverse():
            return "Reverse"
        case Aggregate():
            return f"Aggregate {_calls(plan.calls)}" + (f" by {', '.join(plan.by)}" if plan.by else "")
        case Window():
            kind = "running " if plan.running else ""
            if plan.preceding is not None:
                kind = f"running from {show(plan.preceding)} rows before "
            if not plan.current:
                kind += "up to the row before "
            return f"Window {kind}{_calls(plan.calls)}" + (f" by {', '.join(plan.by)}" if plan.by else "")
        case Explode():
            return f"Explode {plan.column}"
        case Deferred():
            return f"Deferred until the rows below are known: {plan.resume.describe()}"
        case _:
            assert_never(plan)


def _scan(plan: Scan) -> str:
    said: list[str] = []
    if plan.needed is not None:
        said.append(f"columns {', '.join(plan.needed) or 'none'}")
    for clause in plan.prefilter.clauses:
        said.append(f"one of {len(clause)} literals")
    for name, bound in (("earliest", plan.earliest_us), ("latest", plan.latest_us)):
        if bound is not None:
            said.append(f"{name} {bound / 1e6:.6f}")
    for name, values in (("index", plan.indexes), ("sourcetype", plan.sourcetypes)):
        if values is not None:
            said.append(f"{name} in {', '.join(sorted(values))}")
    return "; ".join(said)


def _calls(calls: tuple[tuple[str, AggCall], ...]) -> str:
    return ", ".join(f"{name} = {call.fn.value}({', '.join(map(show, call.args))})" for name, call in calls)


def show(scalar: Scalar, depth: int = 0) -> str:
    """A scalar in a compact form; deep parts are left out."""
    match scalar:
        case Const():
            return "null" if scalar.value is None else repr(scalar.value)
        case Column():
            return scalar.name
        case Matches():
            return f"matches({show(scalar.of, depth + 1)}, /{scalar.regex.source}/)"
        case Call():
            name = scalar.fn.value
        case Kernel():
            name = scalar.name
        case _:
            name = type(scalar).__name__.lower()
    if depth > 6:
        return f"{name}(…)"
    return f"{name}({', '.join(show(child, depth + 1) for child in children(scalar))})"
