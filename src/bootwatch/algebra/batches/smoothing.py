"""Exponential moving averages: each row needs the one before, which no window of sums can say.

Follows the Search Reference (trendline): ``EMA(t) = alpha * EMA(t-1) + (1 - alpha) * x(t)``, alpha being
``2 / (period + 1)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from bootwatch.algebra.types import FieldSet, FieldType


@dataclass(frozen=True, slots=True)
class Average:
    """The average of one column of numbers over a period, in a new column."""

    source: str
    target: str
    period: int


@dataclass(frozen=True, slots=True)
class Smoothed:
    """The rows there are, with their averages."""

    averages: tuple[Average, ...]

    def __call__(self, table: pa.Table, messages: list[str]) -> pa.Table:
        """The first value is the first average; rows without a number have none, and change none."""
        del messages
        for average in self.averages:
            values = table.column(average.source).to_pylist()
            table = table.append_column(average.target, pa.array(_running(values, average.period), pa.float64()))
        return table

    def fields(self, source: FieldSet) -> FieldSet:
        """The fields of the rows with their averages."""
        return source.with_fields({average.target: FieldType.NUMBER for average in self.averages})


def _running(values: Sequence[float | None], period: int) -> Iterator[float | None]:
    alpha = 2 / (period + 1)
    last: float | None = None
    for value in values:
        if value is None or not math.isfinite(value):
            yield None
            continue
        last = value if last is None else alpha * last + (1 - alpha) * value
        yield last
