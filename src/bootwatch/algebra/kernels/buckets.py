"""Buckets: calendar spans in a zone, ranges of numbers as text, and widths that give few enough of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from bootwatch.algebra.kernels import kernel

_EPOCH: Final = date(1970, 1, 1)
_FIRST_SUNDAY: Final = date(1970, 1, 4)
_MINUTE, _HOUR = 60.0, 3600.0
_EARLIEST, _LATEST = -62135510400.0, 253402214400.0  # the years datetime knows, a day inside
_DIGITS: Final = 9
_MOST: Final = 1e300


@kernel("calendar_bucket")
def calendar_bucket(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """The local midnight that begins a bucket; null outside the calendar. Settings: count, unit (d, w, mon), zone.

    Several days or months count from January 1970, weeks begin on Sunday and count from the first Sunday of 1970. A
    bucket is found once for each hour that occurs, and for each minute of an hour in which one begins: zones change
    their offset on whole minutes.
    """
    count, unit, zone = int(settings[0]), settings[1], ZoneInfo(settings[2])
    times = arrays[0].to_numpy(zero_copy_only=False).astype(np.float64)
    known = np.isfinite(times) & (times >= _EARLIEST) & (times < _LATEST)
    valid = np.where(known, times, 0.0)
    hours, place = np.unique(np.floor(valid / _HOUR), return_inverse=True)
    first = np.array([_start(float(hour) * _HOUR, count, unit, zone) for hour in hours], dtype=np.float64)
    last = np.array([_start(float(hour) * _HOUR + _HOUR - _MINUTE, count, unit, zone) for hour in hours])
    found = first[place] if len(hours) else times
    begins = (first != last)[place] if len(hours) else np.zeros(0, dtype=bool)
    if begins.any():
        minutes, at = np.unique(np.floor(valid[begins] / _MINUTE), return_inverse=True)
        starts = np.array([_start(float(minute) * _MINUTE, count, unit, zone) for minute in minutes], dtype=np.float64)
        found[begins] = starts[at]
    return pa.array(found, type=pa.float64(), mask=~known)


@lru_cache(maxsize=65_536)  # a batch is small: the same hours come again in the next
def _start(time: float, count: int, unit: str, zone: tzinfo) -> float:
    day = datetime.fromtimestamp(time, zone).date()
    if unit == "mon":
        month = day.year * 12 + day.month - 1
        month -= (month - 1970 * 12) % count
        first = date(max(1, month // 12), month % 12 + 1, 1)
    elif unit == "w":
        first = day - timedelta(days=(day - _FIRST_SUNDAY).days % (7 * count))
    else:
        first = day - timedelta(days=(day - _EPOCH).days % count)
    return datetime(first.year, first.month, first.day, tzinfo=zone).timestamp()


@kernel("range_label")
def range_label(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``lo-hi`` of the range a number falls in, both bounds in decimal; arguments: number, width of the ranges."""
    numbers, widths = arrays[0].to_pylist(), arrays[1].to_pylist()
    return [
        None if n is None or w is None or not math.isfinite(n) else _label(n, w)
        for n, w in zip(numbers, widths, strict=True)
    ]


@lru_cache(maxsize=65_536)
def _label(number: float, width: float) -> str:
    step = Decimal(repr(width))
    low = (Decimal(repr(number)) / step).to_integral_value(ROUND_FLOOR) * step
    return f"{_decimal(low)}-{_decimal(low + step)}"


@kernel("log_label")
def log_label(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """``lo-hi``, neighbouring values of ``factor * base**k``; ``0`` for zero, null where there is no range.

    Settings: factor, base.
    """
    factor, base = float(settings[0]), float(settings[1])
    return [None if n is None or not 0 <= n < _MOST / base else _log(n, factor, base) for n in arrays[0].to_pylist()]


@lru_cache(maxsize=65_536)
def _log(number: float, factor: float, base: float) -> str:
    if number == 0:
        return "0"
    power = math.floor(math.log(number / factor, base))
    while factor * base ** (power + 1) <= number:  # the logarithm of an edge may come out just below it
        power += 1
    while factor * base**power > number:
        power -= 1
    return f"{_rounded(factor * base**power)}-{_rounded(factor * base ** (power + 1))}"


@kernel("nice_width")
def nice_width(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The least of 1, 2 or 5 times a power of ten that covers lowest to highest in few enough ranges.

    Arguments: lowest, highest. Settings: most ranges, least width ('' for none).
    """
    bins, least = int(settings[0]), float(settings[1] or 0)
    lowest, highest = arrays[0].to_pylist(), arrays[1].to_pylist()
    return [
        None
        if lo is None or hi is None or not (math.isfinite(lo) and math.isfinite(hi))
        else _width(lo, hi, bins, least)
        for lo, hi in zip(lowest, highest, strict=True)
    ]


@lru_cache(maxsize=256)
def _width(lowest: float, highest: float, bins: int, least: float) -> float:
    low, high = Decimal(repr(lowest)), Decimal(repr(highest))
    room = max((high - low) / bins, Decimal(repr(least)), Decimal("1e-9"))
    power = int(room.log10().to_integral_value(ROUND_CEILING)) - 2
    while True:
        for digit in (1, 2, 5):
            width = Decimal(digit).scaleb(power)
            ranges = (high / width).to_integral_value(ROUND_FLOOR) - (low / width).to_integral_value(ROUND_FLOOR) + 1
            if width >= Decimal(repr(least)) and ranges <= bins:
                return float(width)
        power += 1


def _rounded(value: float) -> str:
    return _decimal(Decimal(repr(round(value, _DIGITS))))


def _decimal(value: Decimal) -> str:
    """Without exponent, without trailing zeros after the point; zero has no sign."""
    shown = f"{value:f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown
