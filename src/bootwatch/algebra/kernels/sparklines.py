"""The values of a sparkline: one for each bucket of time, whether or not anything fell into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.steps import after

MARK: Final = "##__SPARKLINE__##"
"""The first value, by which Splunk's pages know what to draw."""


@kernel("sparkline")
def sparkline(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``MARK`` and the value of every bucket, from lists of ``start value``.

    Settings: where the first bucket starts, where all end, count and unit of a bucket, zone, what an empty one shows.
    """
    starts = [repr(start) for start in _starts(settings)]
    empty = settings[5]
    found: list[object] = []
    for pairs in arrays[0].to_pylist():
        known: dict[str, str] = {}
        for pair in pairs or ():
            start, _, value = pair.partition(" ")
            known[repr(float(start))] = value or empty
        found.append([MARK, *(known.get(start, empty) for start in starts)])
    return found


def _starts(settings: tuple[str, ...]) -> Iterator[float]:
    start, end = float(settings[0]), float(settings[1])
    count, unit, zone = float(settings[2]), settings[3], ZoneInfo(settings[4])
    while start < end:
        yield start
        start = after(start, count, unit, zone)
