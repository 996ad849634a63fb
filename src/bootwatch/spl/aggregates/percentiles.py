"""Median and percentiles by linear interpolation between ranks (Search Reference, "Aggregate functions")."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Scalar
from bootwatch.spl.aggregates.registry import Call, aggregate


@aggregate("median", numeric=True)
def median(call: Call) -> Scalar:
    """The middle value, or the mean of the middle pair with an exact .5 rounded up: median(1, 2) is 2."""
    return call.numbers(AggFn.MEDIAN)


@aggregate("perc", "p", "exactperc", "upperperc", numeric=True, parametric=True)
def percentile(call: Call) -> Scalar:
    """``percN``, ``pN``, ``exactpercN``, ``upperpercN``: the value at rank N/100·(n-1), interpolated.

    All four are computed exactly, whatever the number of values.
    """
    return call.numbers(AggFn.PERCENTILE, call.parameter)
