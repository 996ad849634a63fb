"""Text read as a moment by a format: ``strptime`` (Search Reference, "Date and time format variables")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.times import COMPOSED
from bootwatch.events.zones import minutes_of

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH: Final = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = (
    "(?i:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_ONE_OR_TWO: Final = " ?[0-9]{1,2}"
_OFFSET: Final = "[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?"
_READ: Final = {
    **dict.fromkeys(("a", "A"), ("weekday", _DAY)),
    **dict.fromkeys(("b", "B"), ("month_name", _MONTH)),
    **dict.fromkeys(("d", "e"), ("day", _ONE_OR_TWO)),
    **dict.fromkeys(("H", "k"), ("hour", _ONE_OR_TWO)),
    **dict.fromkeys(("I", "l"), ("hour_of_12", _ONE_OR_TWO)),
    **dict.fromkeys(("z", ":z", "::z", "Ez"), ("offset", _OFFSET)),
    **dict.fromkeys(("U", "W"), ("", "[0-9]{1,2}")),
    "Y": ("year", "[0-9]{4}"),
    "y": ("year_of_century", "[0-9]{2}"),
    "C": ("century", "[0-9]{2}"),
    "m": ("month", "[0-9]{1,2}"),
    "j": ("day_of_year", "[0-9]{1,3}"),
    "G": ("iso_year", "[0-9]{4}"),
    "g": ("", "[0-9]{2}"),
    "V": ("iso_week", "[0-9]{1,2}"),
    "u": ("iso_day", "[1-7]"),
    "w": ("sunday_day", "[0-6]"),
    "M": ("minute", "[0-9]{1,2}"),
    "S": ("second", "[0-9]{1,2}"),
    "p": ("half", "(?i:[ap]m)"),
    "s": ("epoch", "-?[0-9]{1,12}"),
    "Z": ("zone", "[A-Za-z]{1,6}"),
}
_VARIABLE: Final = re.compile(r"%(?:[1-9]?[NQf]|Ez|:z|::z|.)", re.DOTALL)
_FIRST_YEAR: Final = 1971


@dataclass(frozen=True, slots=True)
class Form:
    """A compiled format: the pattern, and what each of its groups is ('': read and not used)."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]


@kernel("parse_time")
def parse_time(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Epoch seconds of a text in a format; null of null and where it does not fit or names no day.

    Settings: zone, and the epoch seconds of now: a format without a date means today, one without a year this year.
    """
    zone = ZoneInfo(settings[0])
    now = datetime.fromtimestamp(float(settings[1]), zone)
    known: dict[tuple[str, str], float | None] = {}
    found: list[float | None] = []
    for text, form in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        if text is None or form is None:
            found.append(None)
            continue
        key = (text, form)
        if key not in known:
            known[key] = parse(text, form, zone, now)
        found.append(known[key])
    return found


def parse(text: str, form: str, zone: tzinfo, now: datetime) -> float | None:
    """Epoch seconds of one text; what follows after the format is left unread, as C's strptime does."""
    known = compiled(form)
    read = None if known is None else known.pattern.match(text)
    if known is None or read is None:
        return None
    parts = {name: part for name, part in zip(known.names, read.groups(), strict=True) if name and part is not None}
    try:
        return _moment(parts, zone, now)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=512)
def compiled(form: str) -> Form | None:
    """The pattern of a format, None where it holds a variable nobody knows or none at all."""
    names: list[str] = []
    pattern = _pattern(form, names)
    return None if pattern is None or not names else Form(re.compile(pattern, re.ASCII), tuple(names))


def _pattern(form: str, names: list[str]) -> str | None:
    out = ""
    at = 0
    for found in _VARIABLE.finditer(form):
        out += _literal(form[at : found.start()])
        at = found.end()
        name = found[0][1:]
        if name[-1] in "NQf":
            # A fraction that is not there is tolerated, with the point before it.
            point = r"[.,]" if out.endswith(r"\.") else ""
            out = out.removesuffix(r"\.") + rf"(?:{point}([0-9]+))?"
            names.append("fraction")
        elif name == "%":
            out += "%"
        elif name in ("n", "t"):
            out += r"\s+"
        elif name in COMPOSED:
            inner = _pattern(COMPOSED[name], names)
            out += inner or ""
        elif name in _READ:
            meaning, shape = _READ[name]
            names.append(meaning)
            out += f"({shape})"
        else:
            return None
    return out + _literal(form[at:])


def _literal(text: str) -> str:
    return re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text))


def _moment(parts: Mapping[str, str], zone: tzinfo, now: datetime) -> float | None:
    fraction = float("0." + parts.get("fraction", "0")[:9])
    if "epoch" in parts:
        return int(parts["epoch"]) + fraction
    day = _day(parts, now)
    if day is None or day.year < _FIRST_YEAR:
        return None
    second = int(parts.get("second", "0"))
    if second > 60:
        return None
    # A leap second is the one after :59.
    local = datetime.combine(day, time(_hour(parts), int(parts.get("minute", "0")), min(second, 59)))
    found = _at(local, parts, zone)
    return None if found is None else round(found + second // 60 + fraction, 6)


def _day(parts: Mapping[str, str], now: datetime) -> date | None:
    """The day named; None where only a part of a date is."""
    year = now.year
    if "year" in parts:
        year = int(parts["year"])
    elif "year_of_century" in parts:
        short = int(parts["year_of_century"])
        century = int(parts["century"]) if "century" in parts else 19 if short >= 69 else 20
        year = century * 100 + short
    if "day_of_year" in parts:
        found = date(year, 1, 1) + timedelta(days=int(parts["day_of_year"]) - 1)
        return found if found.year == year else None
    weekday = _weekday(parts)
    if "iso_week" in parts and "iso_year" in parts and weekday:
        return date.fromisocalendar(int(parts["iso_year"]), int(parts["iso_week"]), weekday)
    month = int(parts["month"]) if "month" in parts else 0
    if "month_name" in parts:
        month = _MONTHS.index(parts["month_name"][:3].lower()) + 1
    if "day" in parts:
        return date(year, month if month or "month" in parts else now.month, int(parts["day"]))
    if parts.keys() & {"year", "year_of_century", "century", "month", "month_name", "iso_week", "iso_year"}:
        return None
    return now.date()


def _weekday(parts: Mapping[str, str]) -> int | None:
    """Monday 1 to Sunday 7."""
    if "iso_day" in parts:
        return int(parts["iso_day"])
    if "sunday_day" in parts:
        return int(parts["sunday_day"]) or 7
    return _DAYS.index(parts["weekday"][:3].lower()) + 1 if "weekday" in parts else None


def _hour(parts: Mapping[str, str]) -> int:
    if "hour_of_12" not in parts:
        return int(parts.get("hour", "0"))
    hour = int(parts["hour_of_12"])
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} is no hour of twelve")
    half = parts.get("half", "").lower()
    return hour if not half else hour % 12 + (12 if half == "pm" else 0)


def _at(local: datetime, parts: Mapping[str, str], zone: tzinfo) -> float | None:
    if "offset" in parts:
        return local.replace(tzinfo=_offset(parts["offset"])).timestamp()
    if "zone" in parts:
        name = parts["zone"].upper()
        for fold in (0, 1):
            own = local.replace(tzinfo=zone, fold=fold)
            if own.tzname() == name:
                return own.timestamp()
        minutes = minutes_of(name)  # a name of the user's own zone was read by that zone first
        return None if minutes is None else local.replace(tzinfo=timezone(timedelta(minutes=minutes))).timestamp()
    return local.replace(tzinfo=zone).timestamp()


def _offset(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if text[0] == "-" else size)
