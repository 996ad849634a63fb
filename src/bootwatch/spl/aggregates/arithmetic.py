"""Sums, means and spread of numeric values; values that are no numbers are ignored (Search Reference)."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Call, aggregate
from bootwatch.spl.values import as_number


@aggregate("sum", numeric=True)
def sum_(call: Call) -> Scalar:
    """The sum of the numeric values; not written if there are none."""
    return call.numbers(AggFn.SUM)


@aggregate("avg", "mean", numeric=True)
def avg(call: Call) -> Scalar:
    """The mean of the numeric values."""
    return call.numbers(AggFn.AVG)


@aggregate("sumsq", numeric=True)
def sumsq(call: Call) -> Scalar:
    """The sum of the squares of the numeric values."""
    if call.value.type is FieldType.MULTI:
        return call.gathered("sumsq", FieldType.NUMBER)
    number = as_number(call.value)
    return call.aggregate(AggFn.SUM, Arithmetic(ArithmeticOp.MUL, number, number, number.type), kind=number.type)


@aggregate("range", numeric=True)
def range_(call: Call) -> Scalar:
    """The largest numeric value less the smallest."""
    high, low = call.numbers(AggFn.MAX), call.numbers(AggFn.MIN)
    return Arithmetic(ArithmeticOp.SUB, high, low, high.type)


@aggregate("var", numeric=True)
def var(call: Call) -> Scalar:
    """The sample variance; 0 of a single value."""
    return call.numbers(AggFn.VAR_SAMPLE)


@aggregate("varp", numeric=True)
def varp(call: Call) -> Scalar:
    """The population variance."""
    return call.numbers(AggFn.VAR_POPULATION)


@aggregate("stdev", numeric=True)
def stdev(call: Call) -> Scalar:
    """The sample standard deviation; 0 of a single value."""
    return call.numbers(AggFn.STDEV_SAMPLE)


@aggregate("stdevp", numeric=True)
def stdevp(call: Call) -> Scalar:
    """The population standard deviation."""
    return call.numbers(AggFn.STDEV_POPULATION)
