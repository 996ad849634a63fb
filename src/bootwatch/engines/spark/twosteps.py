"""Aggregates that need not see all rows of a group at once: each task makes part of them, parts are put together.

Of other aggregates (percentiles, lists in row order, first and last) the rows themselves have to meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Extend, Plan, Select
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Column, Scalar
from bootwatch.algebra.types import FieldType


@dataclass(frozen=True, slots=True)
class TwoSteps:
    """``first`` runs in every task, ``whole`` makes the aggregate of the rows of all of them."""

    first: Aggregate
    whole: Callable[[Plan], Plan]


def two_steps(plan: Aggregate) -> TwoSteps | None:
    """An aggregate as two; None where the rows of a group have to be together."""
    parts: list[tuple[str, AggCall]] = []
    merges: list[tuple[str, AggCall]] = []
    finals: list[tuple[str, Scalar]] = []
    for position, (name, call) in enumerate(plan.calls):
        part, other = f"#part{position}", f"#count{position}"
        merge = _MERGED.get(call.fn)
        if merge is not None:
            made = AggCall(merge.first, call.args, merge.kind or call.type)
            parts.append((part, made))
            merges.append((name, AggCall(merge.second, (Column(part, made.type),), call.type)))
        elif call.fn is AggFn.AVG:
            number = FieldType.NUMBER
            parts += [(part, AggCall(AggFn.SUM, call.args, number)), (other, AggCall(AggFn.COUNT, call.args, number))]
            merges += [
                (part, AggCall(AggFn.SUM, (Column(part, number),), number)),
                (other, AggCall(AggFn.SUM, (Column(other, number),), number)),
            ]
            divided = Arithmetic(ArithmeticOp.DIV, Column(part, number), Column(other, number), call.type)
            finals.append((name, divided))
        else:
            return None

    def whole(source: Plan) -> Plan:
        merged = Aggregate(source, plan.by, tuple(merges))
        if not finals:
            return merged
        names = [*plan.by, *(name for name, _ in plan.calls)]
        return Select(Extend(merged, tuple(finals)), tuple((name, name) for name in names))

    return TwoSteps(Aggregate(plan.source, plan.by, tuple(parts)), whole)


@dataclass(frozen=True, slots=True)
class _Merge:
    """``kind`` is the type of the first step's result, None: that of the whole."""

    first: AggFn
    second: AggFn
    kind: FieldType | None = None


_MERGED: Final = {
    AggFn.COUNT_ROWS: _Merge(AggFn.COUNT_ROWS, AggFn.SUM),
    AggFn.COUNT: _Merge(AggFn.COUNT, AggFn.SUM),
    AggFn.COUNT_TRUE: _Merge(AggFn.COUNT_TRUE, AggFn.SUM),
    AggFn.SUM: _Merge(AggFn.SUM, AggFn.SUM),
    AggFn.MIN: _Merge(AggFn.MIN, AggFn.MIN),
    AggFn.MAX: _Merge(AggFn.MAX, AggFn.MAX),
    AggFn.VALUES: _Merge(AggFn.VALUES, AggFn.VALUES),
    AggFn.DISTINCT: _Merge(AggFn.VALUES, AggFn.DISTINCT, FieldType.MULTI),
}
