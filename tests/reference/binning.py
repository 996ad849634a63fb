"""``bin``: time into bucket starts, numbers into text ranges (semantics D, bin)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from .clock import SECONDS, UNIT_OF, Clock, modifier
from .values import ReferenceError_, Row, parse_number, round_half_up, show_float
from .words import Command, command, name, options, whole, words

_SPAN = re.compile(r"(?P<count>\d*\.?\d+)?(?P<unit>[a-z]+)?")
_LOG = re.compile(r"(?P<factor>\d*\.?\d+)?log(?P<base>\d*\.?\d+)?")
_BELOW_SECOND = {"us": 1_000_000, "ms": 1_000, "cs": 100, "ds": 10}

Label = Callable[[float], str]


@command("bucket")
@command("bin")
def _bin(text: str, clock: Clock) -> Command:
    taken, rest = options(words(text), "span", "bins", "minspan", "start", "end", "aligntime")
    if len(rest) == 3 and rest[1].upper() == "AS":
        field, target = name(rest[0]), name(rest[2])
    elif len(rest) == 1:
        field = target = name(rest[0])
    else:
        raise ReferenceError_("bin takes one field, and AS a new name")
    span = taken.get("span")
    if span is None and field == "_time":
        raise ReferenceError_("bin of _time without span is outside this evaluator")
    fixed = None if span is None else _time_label(span, taken, clock) if field == "_time" else _number_label(span)

    def run(rows: list[Row]) -> list[Row]:
        label = fixed or _number_label(_nice_span(rows, field, taken))
        for row in rows:
            held = row.get(field)
            if held is None:
                continue
            number = parse_number(held) if isinstance(held, str) else None
            usable = number is not None and math.isfinite(number.value)
            row[target] = label(number.value) if usable and number is not None else held
        return rows

    return Command(run, frozenset({field}))


def _time_label(span: str, taken: dict[str, str], clock: Clock) -> Label:
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ReferenceError_(f"invalid span {span!r}")
    word = found["unit"] or "s"
    count = Decimal(found["count"] or "1")
    if word in _BELOW_SECOND:
        if _BELOW_SECOND[word] % count or count == _BELOW_SECOND[word]:
            raise ReferenceError_(f"span {span!r} does not divide a second")
        return _even(count / _BELOW_SECOND[word], Decimal(0))
    unit = UNIT_OF.get(word)
    if unit is None or count != int(count) or count < 1:
        raise ReferenceError_(f"invalid span {span!r}")
    if unit in SECONDS:
        align = Decimal(repr(modifier(taken["aligntime"], clock))) if "aligntime" in taken else Decimal(0)
        return _even(count * SECONDS[unit], align)
    return lambda value: show_float(_calendar(value, int(count), unit, clock))


def _even(width: Decimal, align: Decimal) -> Label:
    def label(value: float) -> str:
        steps = ((Decimal(repr(value)) - align) / width).to_integral_value(ROUND_FLOOR)
        return show_float(float(steps * width + align))

    return label


def _calendar(value: float, count: int, unit: str, clock: Clock) -> float:
    """Start of the calendar bucket in the user's zone; several days count from 1970-01-01, weeks start on Sunday."""
    day = clock.local(value).date()
    if unit == "d":
        first = date.fromordinal(day.toordinal() - (day.toordinal() - date(1970, 1, 1).toordinal()) % count)
    elif unit == "w":
        sunday = day - timedelta(days=day.isoweekday() % 7)
        weeks = (sunday - date(1970, 1, 4)).days // 7
        first = sunday - timedelta(weeks=weeks % count)
    else:
        months = count * {"mon": 1, "q": 3, "y": 12}[unit]
        at = (day.year - 1970) * 12 + day.month - 1
        at -= at % months
        first = date(1970 + at // 12, at % 12 + 1, 1)
    return datetime(first.year, first.month, first.day, tzinfo=clock.zone).timestamp()


def _number_label(span: str) -> Label:
    log = _LOG.fullmatch(span)
    if log is not None:
        return _log_label(float(log["factor"] or 1), float(log["base"] or 10))
    try:
        width = Decimal(span)
    except ArithmeticError as exc:
        raise ReferenceError_(f"invalid span {span!r}") from exc
    if width <= 0:
        raise ReferenceError_(f"invalid span {span!r}")

    def label(value: float) -> str:
        low = (Decimal(repr(value)) / width).to_integral_value(ROUND_FLOOR) * width
        return f"{show_float(float(low))}-{show_float(float(low + width))}"

    return label


def _log_label(factor: float, base: float) -> Label:
    def label(value: float) -> str:
        if value <= 0:
            return show_float(value)
        power = math.floor(math.log(value / factor, base) + 1e-9)
        low, high = (float(round_half_up(factor * base**p, 9)) for p in (power, power + 1))
        return f"{show_float(low)}-{show_float(high)}"

    return label


def _nice_span(rows: list[Row], field: str, taken: dict[str, str]) -> str:
    """The least of 1, 2 or 5 times a power of ten that needs at most ``bins`` buckets (U17)."""
    most = whole(taken.get("bins", "100"))
    held = [row.get(field) for row in rows]
    numbers = [n.value for n in (parse_number(h) for h in held if isinstance(h, str)) if n is not None]
    numbers += [float(taken[side]) for side in ("start", "end") if side in taken]
    numbers = [n for n in numbers if math.isfinite(n)]
    least = float(taken.get("minspan", "0"))
    if not numbers or min(numbers) == max(numbers):
        return show_float(max(1.0, least))
    reach = max(numbers) - min(numbers)
    for power in range(math.floor(math.log10(reach / most)) - 1, 300):
        for digit in (1, 2, 5):
            width = Decimal(digit).scaleb(power)
            low, high = (
                int((Decimal(repr(n)) / width).to_integral_value(ROUND_FLOOR)) for n in (min(numbers), max(numbers))
            )
            if high - low < most and width >= Decimal(repr(least)):
                return format(width, "f")
    raise AssertionError("no width is wide enough")
