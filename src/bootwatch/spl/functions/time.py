"""Date and time functions (Search Reference, "Date and time functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Const, Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.events.relative import RelativeTimeError
from bootwatch.events.relative import relative_time as moved
from bootwatch.spl.functions.registry import SCALAR, TEXT, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import Kind, Value, integer, numeric, string

_MICROSECONDS = 6


def _stamp(scalar: Kernel) -> Value:
    """Epoch seconds that show their microseconds."""
    return Value(scalar, Kind.NUMBER, decimals=integer(_MICROSECONDS))


@function("now", least=0)
def now(call: Written) -> Value:
    """``now()``: when the search started, in whole epoch seconds; the same for all rows."""
    return numeric(integer(int(call.context.clock.now.timestamp())))


@function("time", least=0)
def time(call: Written) -> Value:
    """``time()``: the wall clock as each row is made, in epoch seconds with microseconds."""
    del call
    return _stamp(Kernel("wall_clock", (integer(0),), (), FieldType.NUMBER))


@function("relative_time", least=2, kinds=(SCALAR, TEXT))
def relative_time(call: Written) -> Value:
    """``relative_time(time, "-1d@d")``: epoch seconds moved, in the user's zone; null if either is none."""
    moment, spec = call.args
    if spec.literal and isinstance(spec.scalar, Const) and isinstance(spec.scalar.value, str):
        try:
            moved(call.context.clock.now.timestamp(), spec.scalar.value, call.context.clock.zone)
        except RelativeTimeError as exc:
            said = f"relative_time is null: {exc}"
            if said not in call.context.warnings:
                call.context.warnings.append(said)
    settings = (zone_name(call.context.clock.zone),)
    return numeric(Kernel("relative_time", (moment.number(), spec.text()), settings, FieldType.NUMBER))


@function("strftime", least=2, kinds=(SCALAR, TEXT))
def strftime(call: Written) -> Value:
    """``strftime(time, "format")``: epoch seconds as text in the user's zone; null where it is no time."""
    moment, form = call.args
    settings = (zone_name(call.context.clock.zone),)
    return string(Kernel("format_time", (moment.number(), form.text()), settings, FieldType.TEXT))


@function("strptime", least=2, kinds=(SCALAR, TEXT))
def strptime(call: Written) -> Value:
    """``strptime(text, "format")``: epoch seconds, six decimals shown; null where the text does not fit.

    A time without a date is today's and a date without a year this year's, in the user's zone; a format with a month or
    a year must name the day. What follows in the text after the format is not read.
    """
    shown, form = call.args
    clock = call.context.clock
    settings = (zone_name(clock.zone), repr(clock.now.timestamp()))
    return _stamp(Kernel("parse_time", (shown.text(), form.text()), settings, FieldType.NUMBER))
