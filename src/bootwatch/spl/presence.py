"""Whether any row has a field: some commands mean only the fields that occur in their rows (table, fillnull)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bootwatch.algebra.plans import (
    AggCall,
    AggFn,
    Aggregate,
    Extend,
    Filter,
    Limit,
    Plan,
    Reverse,
    Scan,
    Select,
    Sort,
    Window,
)
from bootwatch.algebra.plans import column as column_of
from bootwatch.algebra.scalars import Call, Column, Compare, Const, Fn, IsNull, Not, Op, Or, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW, SOURCE, TIME
from bootwatch.spl.values import integer

_ALWAYS: Final = frozenset({TIME, RAW, SOURCE})
"""What every event of a scan has."""

_COUNTS: Final = frozenset({AggFn.COUNT, AggFn.COUNT_ROWS, AggFn.COUNT_TRUE, AggFn.DISTINCT})


def everywhere(plan: Plan, name: str) -> bool:
    """Whether the plan alone shows that every row has the field; False where only the rows can tell."""
    while True:
        match plan:
            case Scan():
                return name in _ALWAYS
            case Filter() | Sort() | Limit() | Reverse():
                plan = plan.source
            case Extend():
                assigned = dict(plan.assignments).get(name)
                if assigned is not None:
                    return _constant(assigned)
                plan = plan.source
            case Select():
                name = dict(plan.columns).get(name, name)
                plan = plan.source
            case Aggregate():
                return name in plan.by or _is_count(plan, name)
            case Window() if name not in dict(plan.calls):
                plan = plan.source
            case _:
                return False


def _is_count(plan: Aggregate, name: str) -> bool:
    call = dict(plan.calls).get(name)
    return call is not None and call.fn in _COUNTS


def _constant(scalar: Scalar) -> bool:
    if isinstance(scalar, Call) and scalar.fn is Fn.COALESCE:
        return any(_constant(arg) for arg in scalar.args)
    return isinstance(scalar, Const) and scalar.value is not None


def occurring(source: Plan, names: Sequence[str]) -> tuple[Plan, dict[str, Scalar]]:
    """The rows with a count for each of the fields, and the condition that some row has it.

    The counts are hidden columns for the caller to drop; a field the source cannot have is left out.
    """
    calls: list[tuple[str, AggCall]] = []
    found: dict[str, Scalar] = {}
    for position, name in enumerate(names):
        of = column_of(source, name)
        if of is not None:
            hidden = f"#has{position}"
            calls.append((hidden, AggCall(AggFn.COUNT, (of,), FieldType.INTEGER)))
            found[name] = _positive(hidden)
    return (Window(source, (), tuple(calls)) if calls else source), found


def unless_empty(source: Plan, names: Sequence[str]) -> Plan:
    """The rows of the source if one of them has one of the fields, else none."""
    columns = [of for name in names if (of := column_of(source, name)) is not None]
    hidden = "#has"
    holds: Scalar = Or(tuple(Not(IsNull(of)) for of in columns))
    counted = AggCall(AggFn.COUNT_TRUE, (holds,), FieldType.INTEGER)
    return Filter(Window(source, (), ((hidden, counted),)), _positive(hidden))


def _positive(hidden: str) -> Scalar:
    return Compare(Op.GT, Column(hidden, FieldType.INTEGER), integer(0))
