"""The buckets between one row and the next, so that an axis has no gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import find, kernel, rows
from bootwatch.algebra.kernels.fixed import shown

_CALENDAR: Final = 2.5e11
"""Seconds from 1970 to about where Python's calendar ends."""
_SECONDS: Final = {"s": 1.0, "d": 86_400.0, "w": 604_800.0, "mon": 2_592_000.0}


@kernel("bucket_steps")
def bucket_steps(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The starts of the buckets after the row before up to this row's; at either end, those up to the bounds.

    Arguments: this row's start, its place from the end, the start before it (null: none), the lowest and the highest
    start of all rows. Settings: count, unit (s for seconds or plain numbers, d, w, mon), zone, first bound, last bound
    ('' for none), most buckets, what to say where there would be more, and then no gap is filled.
    """
    unit, zone = settings[1], ZoneInfo(settings[2])
    count = float(settings[0])
    low = float(settings[3]) if settings[3] else None
    high = float(settings[4]) if settings[4] else None
    most, message = int(settings[5]), settings[6]
    found: list[object] = []
    width = count * _SECONDS[unit]
    for this, from_end, before, lowest, highest in rows(arrays):
        if not isinstance(this, float) or not math.isfinite(this):
            found.append(None)
            continue
        ends = [end for end in (lowest, highest, low, high) if isinstance(end, float) and math.isfinite(end)]
        if (max(ends) - min(ends)) / width > most or (unit != "s" and max(map(abs, ends)) > _CALENDAR):
            if message not in notes:
                notes.append(message)
            found.append([shown(this)])
            continue
        first = this
        if isinstance(before, float):
            first = after(before, count, unit, zone)
        elif low is not None and low < this:
            first = _bucket(low, this, count, unit, settings)
        steps = [*_between(first, this, count, unit, zone), this]
        if from_end == 1 and high is not None:
            steps += _between(after(this, count, unit, zone), high, count, unit, zone)
        found.append([shown(step) for step in steps])
    return found


def _between(first: float, end: float, count: float, unit: str, zone: tzinfo) -> Iterator[float]:
    """Bucket starts from the first up to, and without, the end."""
    if unit == "s":
        steps = round((end - first) / count) if math.isfinite(end) else 0
        exact = first + steps * count
        steps += exact < end - count * 1e-9
        yield from (_rounded(first + step * count) for step in range(max(0, steps)))
        return
    at = first
    while at < end:
        yield at
        at = after(at, count, unit, zone)


def after(start: float, count: float, unit: str, zone: tzinfo) -> float:
    """The start of the bucket after one."""
    if unit == "s":
        return _rounded(start + count)
    day = datetime.fromtimestamp(start, zone).date()
    if unit == "mon":
        month = day.year * 12 + day.month - 1 + int(count)
        day = date(month // 12, month % 12 + 1, 1)
    else:
        day += timedelta(days=int(count) * (7 if unit == "w" else 1))
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _bucket(of: float, near: float, count: float, unit: str, settings: tuple[str, ...]) -> float:
    """The start of the bucket a bound lies in, on the grid that ``near`` is on."""
    if unit == "s":
        return _rounded(near - math.ceil((near - of) / count) * count)
    time = pa.array([of], pa.float64())
    found = find("calendar_bucket").run([time], (str(int(count)), unit, settings[2]), [])
    start = pa.array(found)[0].as_py()
    return near if start is None else float(start)


def _rounded(value: float) -> float:
    """Without the dust that adding fractions leaves."""
    return round(value, 9)
