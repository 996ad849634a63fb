"""Sums by unit of time and rates of metrics, which the commands here refuse by name (Search Reference).

``timechart`` knows how long its buckets are, and reads ``per_second`` and its relatives itself.
"""

from __future__ import annotations

from bootwatch.algebra.scalars import Scalar
from bootwatch.spl.aggregates.registry import Call, aggregate


@aggregate("per_second", "per_minute", "per_hour", "per_day", numeric=True)
def per_unit(call: Call) -> Scalar:
    """The sum of the numeric values for each unit of a bucket of time: in ``timechart`` only, refused elsewhere."""
    call.unsupported(f"{call.name} scales the sum of a bucket of time, and only timechart makes those")


@aggregate("rate_avg", "rate_sum", numeric=True)
def rate_of_metrics(call: Call) -> Scalar:
    """The mean or sum of the rates of a metric's time series: refused by name, as there are no metrics."""
    call.unsupported("it is about the time series of a metric; rate(field) is the change of a counter per second")
