"""The span of buckets where none is given: the smallest preset that needs few enough of them."""

from __future__ import annotations

import math
from typing import Final

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window
from bootwatch.algebra.scalars import Call, Column, Fn, Scalar, ToText, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Undecided
from bootwatch.spl.commands.bin import TIME_SPANS
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.spans import Calendar, Fixed

_BOUNDS, _LOW, _HIGH = "#bounds", "#lowest", "#highest"
_SECONDS: Final = {"d": 86_400, "w": 604_800, "mon": 2_592_000}


def seconds(span: Fixed | Calendar) -> float:
    """The length of a span; a month is thirty days."""
    return span.width if isinstance(span, Fixed) else float(span.count * _SECONDS[span.unit])


def chosen_span(low: float, high: float, bins: int, least: Fixed | Calendar | None) -> Fixed | Calendar:
    """The smallest preset span, not below ``least``, of which ``bins`` reach from the lowest to the highest time."""
    floor = 0.0 if least is None else seconds(least)
    fitting = [span for span in TIME_SPANS if seconds(span) >= floor] or [TIME_SPANS[-1]]
    for span in fitting:
        width = seconds(span)
        if math.floor(high / width) - math.floor(low / width) + 1 <= bins:
            return span
    return fitting[-1]


def bounds_of(source: Plan, value: Scalar) -> tuple[float, float] | None:
    """The lowest and the highest number there is; None of none. Raises Undecided until the rows are there."""
    found = distinct_values(source, _BOUNDS)
    if found is None:
        calls = (
            (_LOW, AggCall(AggFn.MIN, (value,), FieldType.NUMBER)),
            (_HIGH, AggCall(AggFn.MAX, (value,), FieldType.NUMBER)),
        )
        low, high = ToText(Column(_LOW, FieldType.NUMBER)), ToText(Column(_HIGH, FieldType.NUMBER))
        both = Call(Fn.CONCAT, (low, text(" "), high), FieldType.TEXT)
        bounded = Drop(Extend(Window(source, (), calls), ((_BOUNDS, both),)), frozenset((_LOW, _HIGH)))
        raise Undecided(distinct=(_BOUNDS,), source=bounded)
    if not found:
        return None
    first, _, second = found[0].partition(" ")
    return float(first), float(second)


def without_bounds(source: Plan) -> Plan:
    """The rows without what :func:`bounds_of` put there."""
    return Drop(source, frozenset((_BOUNDS,))) if _BOUNDS in source.fields.known else source
