"""Time in the reference evaluator: relative modifiers (A6), ``strftime`` and ``strptime`` (C10)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from .values import ReferenceError_


@dataclass(frozen=True, slots=True)
class Clock:
    """When the search started (epoch seconds), and the user's time zone."""

    now: float
    zone: ZoneInfo

    def local(self, epoch: float) -> datetime:
        """An instant as wall-clock time in the user's zone."""
        return datetime.fromtimestamp(epoch, self.zone)


_UNITS = {
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w week weeks w0 w1 w2 w3 w4 w5 w6 w7",
    "mon": "mon month months",
    "q": "q qtr qtrs quarter quarters",
    "y": "y yr yrs year years",
}
UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
SECONDS = {"s": 1, "m": 60, "h": 3600}
_STEP = re.compile(r"(?P<offset>[+-])(?P<count>\d*)(?P<unit>[a-z]+)|@(?P<snap>[a-z]+[0-7]?)")


def relative(epoch: float, spec: str, clock: Clock) -> float:
    """``relative_time``: the steps of a modifier from left to right, each an offset or a snap down."""
    at = 0
    if spec == "now":
        return epoch
    while at < len(spec):
        step = _STEP.match(spec, at)
        word = step and (step["unit"] or step["snap"])
        if step is None or word not in UNIT_OF or (step["unit"] and word[-1].isdigit()):
            raise ReferenceError_(f"invalid time modifier {spec!r}")
        at = step.end()
        if step["snap"]:
            epoch = snap(epoch, word, clock)
        else:
            epoch = shift(epoch, int(step["offset"] + (step["count"] or "1")), UNIT_OF[word], clock)
    return epoch


def shift(epoch: float, count: int, unit: str, clock: Clock) -> float:
    """Move by units; a day and more is calendar arithmetic in the user's zone."""
    if unit in SECONDS:
        return epoch + count * SECONDS[unit]
    local = clock.local(epoch).replace(tzinfo=None)
    if unit in ("d", "w"):
        moved = local + timedelta(days=count * (7 if unit == "w" else 1))
    else:
        months = local.year * 12 + local.month - 1 + count * {"mon": 1, "q": 3, "y": 12}[unit]
        year, month = months // 12, months % 12 + 1
        moved = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
    return moved.replace(tzinfo=clock.zone).timestamp()


def snap(epoch: float, word: str, clock: Clock) -> float:
    """Round down to the start of a unit; ``w`` is Sunday, ``w1`` to ``w6`` Monday to Saturday."""
    unit = UNIT_OF[word]
    local = clock.local(epoch)
    if unit == "s":
        return float(int(epoch // 1))
    if unit in SECONDS:
        into = local.second + local.microsecond / 1e6 + (local.minute * 60 if unit == "h" else 0)
        return round(epoch - into, 6)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if unit == "w":
        weekday = int(word[1:]) % 7 if word[1:].isdigit() else 0
        day -= timedelta(days=(day.isoweekday() - weekday) % 7)
    elif unit == "mon":
        day = day.replace(day=1)
    elif unit == "q":
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    elif unit == "y":
        day = day.replace(month=1, day=1)
    return day.replace(tzinfo=clock.zone).timestamp()


def modifier(spec: str, clock: Clock) -> float:
    """``earliest=`` or ``latest=``: epoch seconds, ``now``, ``%m/%d/%Y:%H:%M:%S``, or relative to now."""
    if re.fullmatch(r"\d+(\.\d+)?", spec):
        return float(spec)
    if re.fullmatch(r"\d+/\d+/\d+:\d+:\d+:\d+", spec):
        parsed = strptime(spec, "%m/%d/%Y:%H:%M:%S", clock)
        if parsed is not None:
            return parsed
    return relative(clock.now, spec, clock)


_NESTED = {
    "%T": "%H:%M:%S",
    "%X": "%H:%M:%S",
    "%F": "%Y-%m-%d",
    "%x": "%m/%d/%Y",
    "%D": "%m/%d/%y",
    "%c": "%a %b %e %H:%M:%S %Y",
    "%+": "%a %b %e %H:%M:%S %Z %Y",
    "%h": "%b",
}
_VARIABLE = re.compile(r"%(?:[1-9]?[NQ]|Ez|.)")


def strftime(epoch: float, template: str, clock: Clock) -> str:
    """An instant through a format, in the user's zone; an unknown variable stays as written."""
    exact = Decimal(repr(epoch))
    second = int(exact.to_integral_value(ROUND_FLOOR))
    local = clock.local(second)

    def one(found: re.Match[str]) -> str:
        name = found.group()
        if name in _NESTED:
            return strftime(epoch, _NESTED[name], clock)
        if name[-1] in "NQf" and name != "%%":
            digits = int(name[1]) if name[1].isdigit() else {"N": 9, "Q": 3, "f": 6}[name[-1]]
            return f"{int((exact - second) * 10**digits):0{digits}d}"
        if name == "%Ez":
            offset = local.strftime("%z")
            return offset[:3] + ":" + offset[3:5]
        if name == "%s":
            return str(second)
        if name in ("%k", "%e"):
            return f"{local.hour if name == '%k' else local.day:2d}"
        if name in ("%g", "%C"):
            return f"{local.isocalendar()[0] % 100 if name == '%g' else local.year // 100:02d}"
        return local.strftime(name) if name[1] in "HIMSpZzAawdjVUbBmyYG%" else name

    return _VARIABLE.sub(one, template)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAYS = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_READ = {
    "Y": ("year", r"\d{4}"),
    "y": ("year2", r"\d\d"),
    "m": ("month", r"\d\d?"),
    "d": ("day", r" ?\d\d?"),
    "e": ("day", r" ?\d\d?"),
    "H": ("hour", r" ?\d\d?"),
    "k": ("hour", r" ?\d\d?"),
    "I": ("hour12", r" ?\d\d?"),
    "M": ("minute", r"\d\d?"),
    "S": ("second", r"\d\d?"),
    "p": ("half", r"[ap]m"),
    "B": ("name", _NAMES),
    "b": ("name", _NAMES),
    "h": ("name", _NAMES),
    "A": ("", _DAYS),
    "a": ("", _DAYS),
    "j": ("yearday", r"\d{1,3}"),
    "z": ("offset", r"Z|[+-]\d\d:?\d\d"),
    "Z": ("zone", r"[A-Z]{2,5}"),
    "s": ("epoch", r"\d+"),
}


def strptime(text: str, template: str, clock: Clock) -> float | None:
    """Epoch seconds of a text in a format, None where it does not fit or names no day (C10)."""
    for name, meaning in _NESTED.items():
        template = template.replace(name, meaning)
    pattern, names, at = "", [], 0
    for found in _VARIABLE.finditer(template):
        pattern += re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(template[at : found.start()]))
        at = found.end()
        name = found.group()
        if name[-1] in "NQf" and name != "%%":
            # A sub-second that is not there is tolerated, with the point before it (G-C71).
            if pattern.endswith(r"\."):
                pattern = pattern[:-2] + r"(?:\.(\d+))?"
            else:
                pattern += r"(\d+)?"
            names.append("fraction")
        elif name == "%%":
            pattern += "%"
        else:
            key, shape = _READ.get(name[-1], ("", ""))
            if not shape:
                return None
            pattern += f"({shape})"
            names.append(key)
    pattern += re.escape(template[at:])
    read = re.match(pattern, text, re.IGNORECASE)
    if read is None:
        return None
    try:
        return _instant({n: g for n, g in zip(names, read.groups(), strict=True) if g is not None}, clock)
    except ValueError:
        return None


def _instant(part: dict[str, str], clock: Clock) -> float | None:
    fraction = float("0." + part.get("fraction", "0"))
    if "epoch" in part:
        return int(part["epoch"]) + fraction
    today = clock.local(clock.now)
    dated = part.keys() & {"year", "year2", "month", "name", "day", "yearday"}
    if dated and not part.keys() & {"day", "yearday"}:
        return None
    year = int(part.get("year", today.year))
    if "year2" in part:
        year = int(part["year2"]) + (1900 if int(part["year2"]) > 68 else 2000)
    month = _MONTHS.index(part["name"][:3].lower()) + 1 if "name" in part else int(part.get("month", today.month))
    if "yearday" in part:
        first = date(year, 1, 1) + timedelta(days=int(part["yearday"]) - 1)
        month, day = first.month, first.day
    else:
        day = int(part.get("day", today.day))
    hour = int(part.get("hour", 0))
    if "hour12" in part:
        hour = int(part["hour12"]) % 12 + (12 if part.get("half", "").lower() == "pm" else 0)
    wall = datetime(year, month, day, hour, int(part.get("minute", 0)), int(part.get("second", 0)), tzinfo=UTC)
    if "offset" in part and part["offset"] not in ("Z", "z"):
        digits = part["offset"].replace(":", "")
        away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5])) * (-1 if digits[0] == "-" else 1)
        instant = (wall - away).timestamp()
    elif "offset" in part or part.get("zone", "").upper() in ("UTC", "GMT", "Z"):
        instant = wall.timestamp()
    else:
        instant = wall.replace(tzinfo=clock.zone).timestamp()
    return instant + fraction if year >= 1971 else None
