"""Periods counted back from an end: which one a moment lies in, and the same moment of the latest one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.events.relative import RelativeTimeError, relative_time

_SECONDS: Final = {"s": 1.0, "d": 86_400.0, "w": 604_800.0, "mon": 2_629_746.0}


@kernel("period_back")
def period_back(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """How many periods before the latest one a moment lies, as a list: the count, the period's start.

    Arguments: the moment, the last of all. Settings: count, unit (s for seconds, d, w, mon), zone, the end of the
    latest period ('': where the next of the last setting, a unit of time, begins after the last moment). Null of what
    is no moment.
    """
    count, unit, zone = int(settings[0]), settings[1], ZoneInfo(settings[2])
    end = float(settings[3]) if settings[3] else None
    if end is None:
        ends = {last: _next(last, settings[4], zone) for last in set(arrays[1].to_pylist())}
        return [_back(moment, ends[last], count, unit, zone) for moment, last in rows(arrays)]
    return [_back(moment, end, count, unit, zone) for moment in arrays[0].to_pylist()]


@kernel("period_latest")
def period_latest(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A moment as many periods later. Arguments: the moment, how many. Settings: count, unit, zone."""
    count, unit, zone = int(settings[0]), settings[1], ZoneInfo(settings[2])
    return [
        _moved(moment, round(back) * count, unit, zone)
        if isinstance(moment, float) and isinstance(back, float)
        else None
        for moment, back in rows(arrays)
    ]


def _back(moment: object, end: float | None, count: int, unit: str, zone: tzinfo) -> list[str] | None:
    if not isinstance(moment, float) or end is None or not math.isfinite(moment):
        return None
    back = max(0, math.floor((end - moment) / (count * _SECONDS[unit])) - 1)
    while True:  # the guess is at most one short, or two where months differ in length
        start = _moved(end, -(back + 1) * count, unit, zone)
        if start is None:
            return None
        if moment >= start:
            return [str(back), repr(start)]
        back += 1


def _next(last: object, unit: str, zone: tzinfo) -> float | None:
    """Where the next unit begins."""
    if not isinstance(last, float) or not math.isfinite(last):
        return None
    try:
        return relative_time(last, f"+1{unit}@{unit}", zone)
    except RelativeTimeError:
        return None


def _moved(moment: float, count: int, unit: str, zone: tzinfo) -> float | None:
    if unit == "s":
        return moment + count
    try:
        return relative_time(moment, f"{count:+d}{unit}", zone) if count else moment
    except RelativeTimeError:
        return None
