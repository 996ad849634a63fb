"""Sums scaled to a unit of time, and the rates of metrics (Search Reference, "Time functions")."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Scalar
from bootwatch.spl.aggregates.registry import Call, aggregate
from bootwatch.spl.values import integer


def _per(call: Call, seconds: int) -> Scalar:
    if call.width is None:
        call.unsupported(f"{call.name} scales the sum of a bucket of time, and only timechart makes those")
    scaled = Arithmetic(ArithmeticOp.MUL, call.numbers(AggFn.SUM), integer(seconds))
    return Arithmetic(ArithmeticOp.DIV, scaled, call.width)


@aggregate("per_second", numeric=True)
def per_second(call: Call) -> Scalar:
    """The sum of the numeric values for each second of the bucket; in ``timechart`` only."""
    return _per(call, 1)


@aggregate("per_minute", numeric=True)
def per_minute(call: Call) -> Scalar:
    """The sum of the numeric values for each minute of the bucket; in ``timechart`` only."""
    return _per(call, 60)


@aggregate("per_hour", numeric=True)
def per_hour(call: Call) -> Scalar:
    """The sum of the numeric values for each hour of the bucket; in ``timechart`` only."""
    return _per(call, 3600)


@aggregate("per_day", numeric=True)
def per_day(call: Call) -> Scalar:
    """The sum of the numeric values for each day of the bucket; in ``timechart`` only."""
    return _per(call, 86_400)


@aggregate("rate_avg", "rate_sum", numeric=True)
def rate_of_metrics(call: Call) -> Scalar:
    """The mean or sum of the rates of a metric's time series: refused by name, as there are no metrics."""
    call.unsupported("it is about the time series of a metric; rate(field) is the change of a counter per second")
