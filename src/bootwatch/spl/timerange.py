"""Time modifiers in the text of a search and on the command line: ``earliest``, ``latest`` and their ``_index_`` forms.

Follows the Search Reference on time modifiers: ``earliest`` is inclusive, ``latest`` exclusive; values are epoch
seconds, ``now``, relative times, or ``%m/%d/%Y:%H:%M:%S``. ISO 8601 is accepted as well. The older modifiers count back
from now in whole units: ``starthoursago=24``, ``enddaysago=1``, ``minutesago=5``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from bootwatch.algebra.scalars import Column, Compare, Const, Op, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.events.clock import Clock
from bootwatch.events.fields import INDEXTIME, TIME
from bootwatch.events.relative import RelativeTimeError, relative_time
from bootwatch.spl.context import Context
from bootwatch.spl.terms import Comparison

_AGO = re.compile(r"(start|end)?(minute|hour|day|month)sago", re.IGNORECASE)
_UNITS = {"minute": "m", "hour": "h", "day": "d", "month": "mon"}
_MODIFIERS = {
    "earliest": (TIME, Op.GE),
    "latest": (TIME, Op.LT),
    "_index_earliest": (INDEXTIME, Op.GE),
    "_index_latest": (INDEXTIME, Op.LT),
}


@dataclass(frozen=True, slots=True)
class TimeBound:
    """``field op epoch``; epoch None: no bound after all (``latest=now`` in a search over all time still bounds)."""

    field: str
    op: Op
    epoch: float


def is_time_modifier(part: Comparison) -> bool:
    if part.op != "=":
        return False
    return part.field.value.lower() in _MODIFIERS or _AGO.fullmatch(part.field.value) is not None


def time_bound(part: Comparison, context: Context) -> TimeBound:
    """The bound one modifier asks for. Raises SplSyntaxError at its value."""
    ago = _AGO.fullmatch(part.field.value)
    if ago is not None:
        return _ago(ago, part, context)
    field, op = _MODIFIERS[part.field.value.lower()]
    try:
        return TimeBound(field, op, parse_time(part.literal.value, context.clock))
    except RelativeTimeError as exc:
        raise SplSyntaxError(str(exc), text=context.text, span=part.literal.span) from exc


def _ago(ago: re.Match[str], part: Comparison, context: Context) -> TimeBound:
    """``starthoursago=24`` and its like; without ``start`` or ``end`` it is the start."""
    written = part.literal.value
    if not written.isascii() or not written.isdigit():
        message = f"{written!r} is no whole number of {ago[2].lower()}s"
        raise SplSyntaxError(message, text=context.text, span=part.literal.span)
    op = Op.LT if (ago[1] or "").lower() == "end" else Op.GE
    spec = f"-{written}{_UNITS[ago[2].lower()]}"
    try:
        return TimeBound(TIME, op, relative_time(context.clock.now.timestamp(), spec, context.clock.zone))
    except RelativeTimeError as exc:
        raise SplSyntaxError(str(exc), text=context.text, span=part.literal.span) from exc


def scoped(times: list[TimeBound], context: Context) -> list[TimeBound]:
    """The bounds of a first search: its own, where ``earliest`` alone ends at now, or else those of the scope."""
    on_time = {bound.op for bound in times if bound.field == TIME}
    if not on_time:
        if context.earliest is not None:
            times = [*times, TimeBound(TIME, Op.GE, context.earliest)]
        if context.latest is not None:
            times = [*times, TimeBound(TIME, Op.LT, context.latest)]
    elif Op.LT not in on_time:
        times = [*times, TimeBound(TIME, Op.LT, context.clock.now.timestamp())]
    return times


def bound_predicate(bound: TimeBound) -> Scalar:
    return Compare(bound.op, Column(bound.field, FieldType.NUMBER), Const(bound.epoch, FieldType.NUMBER))


def parse_time(value: str, clock: Clock) -> float:
    """Epoch seconds of a time modifier's value. Raises RelativeTimeError."""
    value = value.strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if math.isfinite(seconds):
        return seconds
    for read in (_splunk_time, _iso_time):
        moment = read(value, clock)
        if moment is not None:
            return moment
    return relative_time(clock.now.timestamp(), value, clock.zone)


def _splunk_time(value: str, clock: Clock) -> float | None:
    try:
        return datetime.strptime(value, "%m/%d/%Y:%H:%M:%S").replace(tzinfo=clock.zone).timestamp()
    except ValueError:
        return None


def _iso_time(value: str, clock: Clock) -> float | None:
    if not value[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=clock.zone)).timestamp()
