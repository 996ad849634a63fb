"""Clock times as devices write them: where the parts stand in a shape, and what they come to for all rows at once.

Forms: RFC 3164 (4.1.2) without a year, Cisco with the year after the day, NX-OS with the year first, Junos
``time-format year millisecond`` with the year last, ISO 8601 and RFC 5424 (6.2.3), PAN-OS with slashes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from bootwatch.events.clock import Clock, year_of
from bootwatch.match.heads import Bytes, Codes, Flags, Offsets, windows
from bootwatch.syslog.zones import minutes_of

Columns = npt.NDArray[np.int32]

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = "(?P<month>" + "|".join(MONTHS) + ")"
_CLOCK: Final = r"(?P<hour>\d{1,2}):\d\d:\d\d(?:[.,](?P<fraction>\d{1,9}))?"
_OFFSET: Final = (
    r"(?: ?(?P<sign>[+-])(?P<oh>\d\d)(?::?(?P<om>\d\d))?(?![\w.-]|:\d)"
    r"|(?P<iso>[+-])(?P<ih>\d\d)(?::?(?P<im>\d\d))?(?=Z))?(?P<z>Z)?"
)
_DAY: Final = "(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?"
_BSD: Final = rf"{_DAY}{_MONTH} {{1,2}}(?P<day>\d{{1,2}}) (?:(?P<year>\d{{4}}) )?{_CLOCK}(?: (?P<last>\d{{4}})(?= ))?"
_YEAR_FIRST: Final = rf"(?P<year>\d{{4}}) {_MONTH} {{1,2}}(?P<day>\d{{1,2}}) {_CLOCK}"
_ISO: Final = rf"(?P<year>\d{{4}})[-/](?P<digits>\d\d)[-/](?P<day>\d\d)[T ]{_CLOCK}{_OFFSET}"
_FORMS: Final = tuple(re.compile(form, re.IGNORECASE) for form in (_BSD, _YEAR_FIRST, _ISO))
_ZONE: Final = re.compile(r" (?P<name>[A-Za-z]{1,6})(?:(?P<sign>[+-])(?P<oh>\d{1,2})(?::?(?P<om>\d\d))?)?(?= ?:| )")
START: Final = rf"{_DAY}(?:{'|'.join(MONTHS)}) {{1,2}}\d|\d{{4}}[ /-](?:[a-z]{{3}}|\d\d)[ /-]"
"""Source of a pattern (ignoring case) that every stamp begins with."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a stamp's digits stand in a shape (offsets; -1: not there). ``end`` is the offset after it.

    ``month`` is 1 to 12 where it was a name, else 0 and ``month_at`` has two digits. ``zone`` is minutes east of
    Greenwich, ``sign`` -1 or 1 where ``zone_hour_at`` has digits to add to it; ``zoned`` says that the zone is known,
    ``doubtful`` that a name stood there which means nothing certain.
    """

    end: int
    month: int
    month_at: int
    day_at: int
    day_size: int
    hour_at: int
    hour_size: int
    fraction_at: int
    fraction_size: int
    year_at: int
    zoned: bool = False
    zone: int = 0
    sign: int = 0
    zone_hour_at: int = -1
    zone_hour_size: int = 0
    zone_minute_at: int = -1
    doubtful: bool = False

    def row(self) -> tuple[int, ...]:
        """As the integers :func:`seconds` reads, in the order of ``COLUMNS``."""
        return tuple(int(getattr(self, name)) for name in COLUMNS)


COLUMNS: Final = tuple(name for name in Stamp.__slots__ if name != "end")
NO_STAMP: Final = (-1,) * len(COLUMNS)


def find(shape: str, at: int) -> Stamp | None:
    """The stamp that begins at this offset of a shape, without a zone name behind it."""
    for form in _FORMS:
        match = form.match(shape, at)
        if match is not None:
            return _stamp(match)
    return None


def find_zone(shape: str, stamp: Stamp, *, closed: bool, named: bool) -> Stamp:
    """The stamp with the zone name that stands after it, if one does.

    ``closed``: only a name followed by a colon counts, as Cisco writes it; otherwise only UTC and GMT do, because a
    host name may stand there. ``named``: the device gave its name before the stamp, so a word after it is a zone.
    """
    match = None if stamp.zoned else _ZONE.match(shape, stamp.end)
    if match is None:
        return stamp
    name, end = match["name"], match.end()
    minutes = minutes_of(name)
    if not closed:
        return _zoned(stamp, match, 0) if name.upper() in ("UTC", "GMT") and shape[end : end + 1] == " " else stamp
    blank = shape[end : end + 1] == " "
    if shape[end + blank : end + blank + 1] != ":":
        return stamp
    if minutes is not None or match["sign"]:
        return _zoned(stamp, match, minutes or 0)
    if named or (not blank and len(name) > 2 and name.isupper()):
        return _replace(stamp, end=end, doubtful=True)
    return stamp


def seconds(
    data: Bytes, starts: Offsets, layouts: Columns, codes: Codes, clock: Clock
) -> tuple[npt.NDArray[np.float64], Flags]:
    """Epoch seconds of each row's stamp, and which rows have one.

    ``layouts`` holds stamps as :meth:`Stamp.row`, ``codes[i]`` is the layout of message ``i``, ``starts`` is where
    offsets count from. A stamp without a year gets that of ``year_of``, one without a known zone is read in
    ``clock.zone``. Impossible dates (a 31 April, an hour of 24) are no stamp.
    """
    total, valid = np.zeros(len(starts)), np.zeros(len(starts), np.bool_)
    if not len(starts):
        return total, valid
    different, which = np.unique(layouts, axis=0, return_inverse=True)
    mine = which.reshape(-1)[codes]
    order = np.argsort(mine.astype(np.uint16) if len(different) < 1 << 16 else mine, kind="stable")
    bounds = np.searchsorted(mine[order], np.arange(len(different) + 1))
    for index, row in enumerate(different.tolist()):
        stamp = Stamp(0, *row)
        if stamp.hour_at < 0:
            continue
        single = bounds[index + 1] - bounds[index] == len(starts)
        rows = slice(None) if single else order[bounds[index] : bounds[index + 1]]
        total[rows], valid[rows] = _seconds(data, starts[rows], stamp, clock)
    return total, valid


def _seconds(data: Bytes, starts: Offsets, stamp: Stamp, clock: Clock) -> tuple[npt.NDArray[np.float64], Flags]:
    places = (stamp.month_at, stamp.day_at, stamp.hour_at, stamp.year_at, stamp.zone_hour_at)
    low = min(place for place in places if place >= 0)
    high = max(*places, stamp.hour_at + 8, stamp.fraction_at + stamp.fraction_size, stamp.zone_minute_at) + 4
    digits = np.ascontiguousarray(windows(data, starts + low, high - low).T)
    digits -= np.uint8(48)
    digits *= digits < 10  # RFC 3164 pads the day with a blank

    def number(at: int, size: int) -> Offsets:
        found: Offsets = digits[at - low].astype(np.int64)
        for place in range(at - low + 1, at - low + size):
            found = found * 10 + digits[place]
        return found

    day, hour = number(stamp.day_at, stamp.day_size), number(stamp.hour_at, stamp.hour_size)
    clock_at = stamp.hour_at + stamp.hour_size + 1
    minute, second = number(clock_at, 2), number(clock_at + 3, 2)
    valid = (day >= 1) & (day <= 31) & (hour < 24) & (minute < 60) & (second < 61)
    month: Offsets = np.full(len(starts), stamp.month) if stamp.month else number(stamp.month_at, 2)
    valid &= (month >= 1) & (month <= 12)
    month, day = np.where(valid, month, 1), np.where(valid, day, 1)
    year = number(stamp.year_at, 4) if stamp.year_at >= 0 else _years(clock.now)[month, day]
    valid &= (day <= _month_length(year, month)) & (year >= 1)
    local = _days(year, month, day) * 86400 + (hour * 60 + minute) * 60 + second
    if not stamp.zoned:
        local -= _offsets(np.where(valid, local, 0), clock)
    elif stamp.zone_hour_at >= 0:
        minutes = number(stamp.zone_hour_at, stamp.zone_hour_size) * 60
        if stamp.zone_minute_at >= 0:
            minutes += number(stamp.zone_minute_at, 2)
        local -= (stamp.zone + stamp.sign * minutes) * 60
    else:
        local -= stamp.zone * 60
    size = min(6, stamp.fraction_size)
    if size > 0:
        return local + number(stamp.fraction_at, size) / 10.0**size, valid
    return local.astype(np.float64), valid


def _replace(stamp: Stamp, **changes: int | bool) -> Stamp:
    values = {name: getattr(stamp, name) for name in Stamp.__slots__}
    return Stamp(**(values | changes))


def _zoned(stamp: Stamp, match: re.Match[str], minutes: int) -> Stamp:
    if not match["sign"]:
        return _replace(stamp, end=match.end(), zoned=True, zone=minutes)
    return _replace(
        stamp,
        end=match.end(),
        zoned=True,
        zone=minutes,
        sign=-1 if match["sign"] == "-" else 1,
        zone_hour_at=match.start("oh"),
        zone_hour_size=len(match["oh"]),
        zone_minute_at=match.start("om"),
    )


def _stamp(match: re.Match[str]) -> Stamp:
    groups = match.groupdict()
    name, year = groups.get("month"), match.start("year")
    if year < 0 and groups.get("last"):
        year = match.start("last")
    stamp = Stamp(
        end=match.end(),
        month=MONTHS.index(name.lower()) + 1 if name else 0,
        month_at=-1 if name else match.start("digits"),
        day_at=match.start("day"),
        day_size=match.end("day") - match.start("day"),
        hour_at=match.start("hour"),
        hour_size=match.end("hour") - match.start("hour"),
        fraction_at=match.start("fraction"),
        fraction_size=match.end("fraction") - match.start("fraction"),
        year_at=year,
        zoned=bool(groups.get("z")),
    )
    for sign, hour, minute in (("sign", "oh", "om"), ("iso", "ih", "im")):
        if groups.get(sign):
            return _replace(
                stamp,
                zoned=True,
                sign=-1 if groups[sign] == "-" else 1,
                zone_hour_at=match.start(hour),
                zone_hour_size=2,
                zone_minute_at=match.start(minute),
            )
    return stamp


@lru_cache(maxsize=8)
def _years(now: datetime) -> Offsets:
    table = np.full((13, 32), now.year, np.int64)
    for month in range(1, 13):
        for day in range(1, 32):
            table[month, day] = year_of(month, day, now)
    return table


def _month_length(year: Offsets, month: Offsets) -> Offsets:
    length: Offsets = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)[month]
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    total: Offsets = length + leap
    return total


def _days(year: Offsets, month: Offsets, day: Offsets) -> Offsets:
    """Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March."""
    march = year - (month <= 2)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    total: Offsets = march * 365 + march // 4 - march // 100 + march // 400 + of_year - 719468
    return total


def _offsets(local: Offsets, clock: Clock) -> Offsets:
    """Seconds east of Greenwich of the user's zone at each local time, in steps of a quarter of an hour."""
    if clock.zone is UTC:
        return np.zeros(len(local), np.int64)
    quarters, back = np.unique(local // 900, return_inverse=True)
    found = [_offset(int(quarter) * 900, clock) for quarter in quarters]
    return np.array(found, np.int64)[back]


@lru_cache(maxsize=65536)
def _offset(local_s: int, clock: Clock) -> int:
    try:
        moment = datetime(1970, 1, 1, tzinfo=clock.zone) + timedelta(seconds=local_s)
    except OverflowError:
        return 0
    delta = moment.utcoffset()
    return int(delta.total_seconds()) if delta else 0
