"""Spans of time that overlap: how many are under way at the start of each.

Follows the Search Reference (concurrency): X is concurrent with Y if X starts between Y's start and Y's end.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from bootwatch.algebra.types import FieldSet, FieldType

START: Final = "#start"
DURATION: Final = "#duration"
UNDER_WAY: Final = "#under_way"


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The rows there are, with ``#under_way``: how many spans hold their start; null in a row without a span."""

    def __call__(self, table: pa.Table, messages: list[str]) -> pa.Table:
        """``#start`` and ``#duration`` are float64. What began by then, less what ended before."""
        del messages
        spans = [
            _span(*row) for row in zip(*(table.column(name).to_pylist() for name in (START, DURATION)), strict=True)
        ]
        starts = sorted(span[0] for span in spans if span is not None)
        ends = sorted(span[1] for span in spans if span is not None)
        counts = [
            None if span is None else float(bisect_right(starts, span[0]) - bisect_left(ends, span[0]))
            for span in spans
        ]
        return table.append_column(UNDER_WAY, pa.array(counts, pa.float64()))

    def fields(self, source: FieldSet) -> FieldSet:
        """The fields of the rows with the count."""
        return source.with_fields({UNDER_WAY: FieldType.INTEGER})


def _span(start: float | None, duration: float | None) -> tuple[float, float] | None:
    """Start and end; a span that ends before it starts holds no moment."""
    if start is None or duration is None or not (math.isfinite(start) and math.isfinite(duration)) or duration < 0:
        return None
    return start, start + duration
