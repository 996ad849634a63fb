"""Clock times as devices write them: where the parts stand in a shape, and what they come to for all rows at once.

Forms: RFC 3164 (4.1.2) without a year, Cisco with the year after the day, NX-OS with the year first, Junos
``time-format year millisecond`` with the year last, ISO 8601 and RFC 5424 (6.2.3), PAN-OS with slashes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from bootwatch.events.clock import Clock, year_of
from bootwatch.events.zones import minutes_of
from bootwatch.match.heads import Bytes, Codes, Flags, Offsets, windows

Columns = npt.NDArray[np.int32]

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = "(?P<month>" + "|".join(MONTHS) + ")"
_CLOCK: Final = r"(?P<hour>\d{1,2}):\d\d:\d\d(?:[.,](?P<fraction>\d{1,9}))?"
_OFFSET: Final = (
    r"(?: ?(?P<sign>[+-])(?P<oh>\d\d)(?::?(?P<om>\d\d))?(?![\w.-]|:\d)"
    r"|(?P<iso>[+-])(?P<ih>\d\d)(?::?(?P<im>\d\d))?(?=Z))?(?P<z>Z)?"
)
_DAY: Final = "(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?"
_BSD: Final = (
    rf"{_DAY}{_MONTH} {{1,2}}(?P<day>\d{{1,2}}) (?:(?P<year>\d{{4}}) )?{_CLOCK}(?: (?P<last>\d{{4}})(?=[ \t]))?"
)
_YEAR_FIRST: Final = rf"(?P<year>\d{{4}}) {_MONTH} {{1,2}}(?P<day>\d{{1,2}}) {_CLOCK}"
_ISO: Final = rf"(?P<year>\d{{4}})[-/](?P<digits>\d\d)[-/](?P<day>\d\d)[T ]{_CLOCK}{_OFFSET}"
_KEYED: Final = re.compile(
    rf'date="?(?P<year>\d{{4}})-(?P<digits>\d\d)-(?P<day>\d\d)"?[ ,]time="?{_CLOCK}', re.IGNORECASE
)
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
_AT: Final = {name: index for index, name in enumerate(COLUMNS)}
_UNITS: Final = 10 ** np.arange(6, -1, -1, dtype=np.int64)


def find(shape: str, at: int) -> Stamp | None:
    """The stamp that begins at this offset of a shape, without a zone name behind it."""
    for form in _FORMS:
        match = form.match(shape, at)
        if match is not None:
            return _stamp(match)
    return None


def find_keyed(shape: str, at: int) -> Stamp | None:
    """The stamp FortiOS writes as two fields, ``date=2025-03-04 time=11:45:20``, where it begins at this offset."""
    match = _KEYED.match(shape, at)
    return None if match is None else _stamp(match)


def find_zone(shape: str, stamp: Stamp, *, closed: bool, named: bool = False, relayed: bool = False) -> Stamp:
    """The stamp with the zone name that stands after it, if one does.

    ``closed``: only a name followed by a colon counts, as Cisco writes it; otherwise only UTC and GMT do, because a
    host name may stand there. ``named``: the device gave its name before the stamp, so a word after it is a zone;
    ``relayed``: a relay did, so it is one unless a blank follows, as behind the name an ASA writes after its stamp.
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
    if minutes is not None or (match["sign"] == "+" and not blank):  # FW-01 is a name, and no host has a plus in it
        return _zoned(stamp, match, minutes or 0)
    if match["sign"] or (blank and not named):
        return stamp
    if named or relayed or (len(name) > 2 and name.isupper()):
        return _replace(stamp, end=end, doubtful=True)
    return stamp


def find_late_zone(stamp: Stamp, name: str) -> Stamp | None:
    """The stamp in the zone of this name, which stands further on; None where it has one or the name means nothing."""
    minutes = minutes_of(name)
    return None if stamp.zoned or minutes is None else _replace(stamp, zoned=True, zone=minutes)


def seconds(
    data: Bytes, starts: Offsets, layouts: Columns, codes: Codes, clock: Clock
) -> tuple[npt.NDArray[np.float64], Flags]:
    """Epoch seconds of each row's stamp, and which rows have one.

    ``layouts`` holds stamps as :meth:`Stamp.row`, ``codes[i]`` is the layout of message ``i``, ``starts`` is where
    offsets count from. A stamp without a year gets that of ``year_of``, one without a known zone is read in
    ``clock.zone``. Impossible dates (a 31 April, an hour of 24) are no stamp.
    """
    total, valid = np.zeros(len(starts)), np.zeros(len(starts), np.bool_)
    there = layouts[:, _AT["hour_at"]] >= 0 if len(layouts) else np.zeros(0, np.bool_)
    if not len(starts) or not there.any():
        return total, valid
    if there.all():
        return _seconds(data, starts, layouts, codes, clock)
    rows = np.flatnonzero(there[codes])
    total[rows], valid[rows] = _seconds(data, starts[rows], layouts, codes[rows], clock)
    return total, valid


def _seconds(
    data: Bytes, starts: Offsets, layouts: Columns, codes: Codes, clock: Clock
) -> tuple[npt.NDArray[np.float64], Flags]:
    """As :func:`seconds`, where every row has a stamp. All layouts at once: only offsets differ between them."""

    def column(name: str) -> Offsets:
        found: Offsets = layouts[:, _AT[name]].astype(np.int64).take(codes)
        return found

    def used(name: str) -> bool:
        return bool((layouts[:, _AT[name]] >= 0).any())

    # Of one digit, the byte before it is a blank (RFC 3164 pads the day) or another that is no digit.
    hours = starts + column("hour_at") + column("hour_size") - 2
    digits = _digits(data, hours, 16)
    hour, minute, second = (digits[at] * 10 + digits[at + 1] for at in (0, 3, 6))
    days = _digits(data, starts + column("day_at") + column("day_size") - 2, 2)
    day = (days[0] * 10 + days[1]).astype(np.int64)
    month = layouts[:, _AT["month"]].astype(np.int64).take(codes)
    if (layouts[:, _AT["month"]] == 0).any():
        pair = _digits(data, starts + np.maximum(column("month_at"), 0), 2)
        month = np.where(month == 0, pair[0] * 10 + pair[1], month)
    valid = (day >= 1) & (day <= 31) & (hour < 24) & (minute < 60) & (second < 61) & (month >= 1) & (month <= 12)
    if not valid.all():
        month, day = np.where(valid, month, 1), np.where(valid, day, 1)
    year = _years(clock.now)[month, day]
    if used("year_at"):
        place = column("year_at")
        four = _digits(data, starts + np.maximum(place, 0), 4).astype(np.int64)
        year = np.where(place >= 0, ((four[0] * 10 + four[1]) * 10 + four[2]) * 10 + four[3], year)
        valid &= year >= 1
    firsts = _firsts()
    index = year * 12 + month
    first_day = firsts.take(index)
    valid &= first_day + day <= firsts.take(index + 1)
    local = (first_day + day - 1) * 86400
    local += hour.astype(np.int64) * 3600 + minute.astype(np.int64) * 60 + second
    local -= _east(data, starts, layouts, codes, local, valid, clock)
    total = local.astype(np.float64)
    if used("fraction_at"):
        total += _fraction(digits, np.maximum(column("fraction_size"), 0))
    return total, valid


def _digits(data: Bytes, at: Offsets, width: int) -> Bytes:
    """The digits at ``at``, ``at + 1`` ... one row each; a byte that is no digit counts as 0."""
    found = np.ascontiguousarray(windows(data, np.maximum(at, 0), width).T)
    found -= np.uint8(48)
    found *= found < 10
    return found


def _fraction(digits: Bytes, size: Offsets) -> npt.NDArray[np.float64]:
    """Fractions of a second to the microsecond; ``digits`` as read from the hour on."""
    pairs = [(digits[at] * 10 + digits[at + 1]).astype(np.int64) for at in (9, 11, 13)]
    micros = (pairs[0] * 100 + pairs[1]) * 100 + pairs[2]
    unit = _UNITS.take(np.minimum(size, 6))
    short = unit > 1
    if short.any():
        micros -= np.where(short, micros % unit, 0)
    found: npt.NDArray[np.float64] = micros / 1e6
    return found


def _east(
    data: Bytes, starts: Offsets, layouts: Columns, codes: Codes, local: Offsets, valid: Flags, clock: Clock
) -> Offsets | int:
    """Seconds east of Greenwich of each row's zone."""
    zoned, zone, hour_at = (layouts[:, _AT[name]] for name in ("zoned", "zone", "zone_hour_at"))
    naive = (zoned <= 0) & (layouts[:, _AT["hour_at"]] >= 0)
    offset = np.where(zoned > 0, zone, 0).astype(np.int64) * 60
    east: Offsets | int = offset.take(codes) if offset.any() else 0
    if naive.any() and clock.zone is not UTC:
        rows = np.flatnonzero(naive[codes])
        east = np.zeros(len(starts), np.int64) + east
        east[rows] = _offsets(np.where(valid[rows], local[rows], 0), clock)
    written = (zoned > 0) & (hour_at >= 0)
    if written.any():
        rows = np.flatnonzero(written[codes])
        east = np.zeros(len(starts), np.int64) + east
        mine = layouts.take(codes[rows], axis=0).astype(np.int64)
        size, minute_at = mine[:, _AT["zone_hour_size"]], mine[:, _AT["zone_minute_at"]]
        hours = _digits(data, starts[rows] + mine[:, _AT["zone_hour_at"]] + size - 2, 2).astype(np.int64)
        minutes = _digits(data, starts[rows] + np.maximum(minute_at, 0), 2).astype(np.int64)
        total = (hours[0] * 10 + hours[1]) * 60 + np.where(minute_at >= 0, minutes[0] * 10 + minutes[1], 0)
        east[rows] += mine[:, _AT["sign"]] * total * 60
    return east


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


@cache
def _firsts() -> Offsets:
    """Days since 1970-01-01 of the first of each month in the Gregorian calendar, at ``year * 12 + month``."""
    index = np.arange(10000 * 12 + 14, dtype=np.int64)
    year, month = (index - 1) // 12, (index - 1) % 12 + 1
    march = year - (month <= 2)  # counted in years that begin in March, so that a leap day ends one
    of_year = (153 * ((month + 9) % 12) + 2) // 5
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
