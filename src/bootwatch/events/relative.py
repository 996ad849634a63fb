"""Relative time: Splunk's ``[+|-]<count><unit>[@<snap>[±offset]]``, evaluated left to right in the user's zone.

Follows the Search Reference on time modifiers: a snap rounds down after the offset before it is applied; day, week,
month, quarter and year arithmetic is calendar arithmetic in the zone; ``@w`` is Sunday.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("mon", "month", "months"), "mon"),
    **dict.fromkeys(("q", "qtr", "qtrs", "quarter", "quarters"), "q"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), "y"),
}
_PART: Final = re.compile(r"([+-])?(\d+)?([a-z]+)|@([a-z]+)(\d)?", re.IGNORECASE)
_MAX_COUNT: Final = 10**9
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


class RelativeTimeError(ValueError):
    """A text that is no relative time."""


def relative_time(epoch: float, spec: str, zone: tzinfo) -> float:
    """``epoch`` moved by ``spec``. RelativeTimeError: no relative time, or it leaves the calendar."""
    at = 0
    spec = spec.strip()
    if spec.lower() in ("", "now", "now()"):
        return epoch
    try:
        while at < len(spec):
            part = _PART.match(spec, at)
            if part is None or (at and part[4] is None and part[1] is None):
                raise RelativeTimeError(f"{spec!r} is not a relative time such as -24h@h")
            sign, count, unit, snap, weekday = part.groups()
            if snap is not None:
                epoch = _snap(epoch, snap.lower(), weekday, zone, spec)
            else:
                number = int(count or 1)
                if number > _MAX_COUNT:
                    raise RelativeTimeError(f"{spec!r} moves too far")
                epoch = _move(epoch, -number if sign == "-" else number, unit.lower(), zone, spec)
            at = part.end()
    except (OverflowError, ValueError, OSError) as exc:
        if isinstance(exc, RelativeTimeError):
            raise
        raise RelativeTimeError(f"{spec!r} leaves the calendar") from exc
    return epoch


def _unit(name: str, spec: str) -> str:
    unit = _UNITS.get(name)
    if unit is None:
        raise RelativeTimeError(f"{name!r} in {spec!r} is not a unit; use s, m, h, d, w, mon, q or y")
    return unit


def _move(epoch: float, count: int, name: str, zone: tzinfo, spec: str) -> float:
    unit = _unit(name, spec)
    if unit in _SECONDS:
        return epoch + count * _SECONDS[unit]
    moment = datetime.fromtimestamp(epoch, zone)
    fraction = epoch - int(epoch // 1)
    local = moment.replace(tzinfo=None, microsecond=0)
    if unit in ("d", "w"):
        local += timedelta(days=count * (7 if unit == "w" else 1))
    else:
        months = count * {"mon": 1, "q": 3, "y": 12}[unit]
        index = local.year * 12 + local.month - 1 + months
        year, month = divmod(index, 12)
        local = local.replace(year=year, month=month + 1, day=min(local.day, _days(year, month + 1)))
    return local.replace(tzinfo=zone).timestamp() + fraction


def _snap(epoch: float, name: str, digit: str | None, zone: tzinfo, spec: str) -> float:
    unit = _unit(name, spec)
    if digit is not None and (unit != "w" or int(digit) > 7):
        raise RelativeTimeError(f"'@{name}{digit}' in {spec!r} is not a snap; only @w0 to @w7 carry a digit")
    local = datetime.fromtimestamp(epoch, zone).replace(tzinfo=None, microsecond=0)
    if unit in ("s", "m", "h"):
        width = _SECONDS[unit]
        offset = datetime.fromtimestamp(epoch, zone).utcoffset() or timedelta()
        shift = offset.total_seconds()
        return (epoch + shift) // width * width - shift
    local = local.replace(hour=0, minute=0, second=0)
    if unit == "w":
        wanted = int(digit or 0) % 7
        local -= timedelta(days=((local.weekday() + 1) % 7 - wanted) % 7)
    elif unit != "d":
        month = {"mon": local.month, "q": (local.month - 1) // 3 * 3 + 1, "y": 1}[unit]
        local = local.replace(month=month, day=1)
    return local.replace(tzinfo=zone).timestamp()


def _days(year: int, month: int) -> int:
    first = date(year + month // 12, month % 12 + 1, 1)
    return (first - timedelta(days=1)).day
