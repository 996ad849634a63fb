"""Spans of ``bin`` and of time charts: ``5m``, ``1d``, ``500ms``, ``10``, ``2log5``.

Follows the Search Reference (bin): spans below a day count from the epoch, days and longer from local midnight, months,
quarters and years from the calendar; sub-second spans divide a second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Call, Const, Fn, Kernel, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.cursor import Cursor, Word

_SPAN: Final = re.compile(r"(\d*\.?\d+)?\s*([a-z]+)?", re.IGNORECASE)
_LOG: Final = re.compile(r"(\d*\.?\d+)?log(\d*\.?\d+)?", re.IGNORECASE)
_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
}
_FRACTIONS: Final = {"us": 1_000_000, "ms": 1_000, "cs": 100, "ds": 10}
_CALENDAR: Final = {
    **dict.fromkeys(("d", "day", "days"), ("d", 1)),
    **dict.fromkeys(("w", "week", "weeks"), ("w", 1)),
    **dict.fromkeys(("mon", "month", "months"), ("mon", 1)),
    **dict.fromkeys(("q", "qtr", "qtrs", "quarter", "quarters"), ("mon", 3)),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), ("mon", 12)),
}
_HINT: Final = "a span is a number with a unit such as 5m, 1h, 1d or 1mon, a plain number, or a log span such as 2log5"
MAX_COUNT: Final = 10**9


@dataclass(frozen=True, slots=True)
class Fixed:
    """A span of seconds, or of plain numbers; ``timed``: it was written with a unit of time."""

    width: float
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """A span of days ('d'), weeks ('w') or months ('mon') in the user's zone."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Buckets between ``factor * base**k`` for whole k."""

    factor: float
    base: float


Span = Fixed | Calendar | Logarithmic


def parse_span(args: Cursor, word: Word) -> Span:
    """The span an option's value writes. Refused at its place if it is none."""
    written = word.value.strip()
    log = _LOG.fullmatch(written)
    if log is not None:
        factor, base = float(log[1] or 1), float(log[2] or 10)
        if base <= 1 or not 1 <= factor < base:
            args.fail(
                f"{written!r} is no log span", word.span, hint="the base is above 1, the factor from 1 to the base"
            )
        return Logarithmic(factor, base)
    parts = _SPAN.fullmatch(written)
    if not written or parts is None:
        args.fail(f"{written!r} is no span", word.span, hint=_HINT)
    count, unit = float(parts[1] or 1), parts[2]
    if not 0 < count <= MAX_COUNT:
        args.fail(f"{written!r} is no span", word.span, hint="a span is greater than 0 and at most 1,000,000,000")
    if unit is None:
        return Fixed(count)
    key = unit.lower()
    if not count.is_integer():
        args.fail(f"{written!r} is no span", word.span, hint="a span of time counts whole units")
    if key in _SECONDS:
        return Fixed(count * _SECONDS[key], timed=True)
    if key in _FRACTIONS:
        if count >= _FRACTIONS[key] or _FRACTIONS[key] % count:
            args.fail(f"{written!r} is no span", word.span, hint="a span below a second divides a second evenly")
        return Fixed(count / _FRACTIONS[key], timed=True)
    if key in _CALENDAR:
        name, times = _CALENDAR[key]
        return Calendar(int(count) * times, name)
    args.fail(f"{unit!r} in {written!r} is no unit of time", word.span, hint=_HINT)


def time_bucket(time: Scalar, span: Fixed | Calendar, zone: tzinfo, align: float = 0.0) -> Scalar:
    """The start of the bucket a time (a NUMBER) falls in."""
    if isinstance(span, Calendar):
        return Kernel("calendar_bucket", (time,), (str(span.count), span.unit, zone_name(zone)), FieldType.NUMBER)
    if 0 < span.width < 1:  # a count of such spans is exact where the span itself is not
        per_second = Const(float(round(1 / span.width)), FieldType.INTEGER)
        steps = _floor(Arithmetic(ArithmeticOp.MUL, _less(time, align), per_second))
        return _plus(Arithmetic(ArithmeticOp.DIV, steps, per_second), align)
    width = Const(span.width, FieldType.NUMBER)
    steps = _floor(Arithmetic(ArithmeticOp.DIV, _less(time, align), width))
    return _plus(Arithmetic(ArithmeticOp.MUL, steps, width), align)


def zone_name(zone: tzinfo) -> str:
    """The name a kernel finds a zone again by: IANA, or UTC."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def _floor(of: Scalar) -> Scalar:
    return Call(Fn.FLOOR, (of,), FieldType.NUMBER)


def _less(of: Scalar, align: float) -> Scalar:
    return Arithmetic(ArithmeticOp.SUB, of, Const(align, FieldType.NUMBER)) if align else of


def _plus(of: Scalar, align: float) -> Scalar:
    return Arithmetic(ArithmeticOp.ADD, of, Const(align, FieldType.NUMBER)) if align else of
