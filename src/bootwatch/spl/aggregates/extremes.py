"""Smallest, largest and most frequent values (Search Reference, "Aggregate functions")."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Call as Function
from bootwatch.algebra.scalars import Case, Fn, IsNull, Scalar, ToNumber, ToText, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Call, aggregate


@aggregate("min", numeric=True)
def min_(call: Call) -> Scalar:
    """The smallest value: the smallest number, or without numbers the first text by bytes."""
    return _extreme(call, AggFn.MIN)


@aggregate("max", numeric=True)
def max_(call: Call) -> Scalar:
    """The largest value. Numbers come before text, so a text wins; the switch U14 lets any number win instead."""
    return _extreme(call, AggFn.MAX)


@aggregate("mode")
def mode(call: Call) -> Scalar:
    """The most frequent value as a string; of several the lexicographically first."""
    if call.value.type is FieldType.MULTI:
        return call.gathered("mode", FieldType.TEXT)
    return call.aggregate(AggFn.MODE, call.strings(), kind=FieldType.TEXT)


def _extreme(call: Call, fn: AggFn) -> Scalar:
    of = call.value
    words_win = fn is AggFn.MAX and call.context.switches.text_above_numbers
    if of.type.numeric:
        return call.numbers(fn)
    if of.type is FieldType.MULTI:
        return call.gathered(f"{fn.value}_{'text' if words_win else 'number'}_first", FieldType.TEXT)
    value = ToNumber(of)
    word = Case(((IsNull(value), of),), null(), FieldType.TEXT)
    number = ToText(call.aggregate(fn, value))
    words = call.aggregate(fn, word, kind=FieldType.TEXT)
    return Function(Fn.COALESCE, (words, number) if words_win else (number, words), FieldType.TEXT)
