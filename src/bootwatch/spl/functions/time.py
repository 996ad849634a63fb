"""Date and time functions (Search Reference, "Date and time functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import SCALAR, TEXT, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import Value, integer, numeric, string


@function("now", least=0)
def now(call: Written) -> Value:
    """``now()``: when the search started, in whole epoch seconds; the same for all rows."""
    return numeric(integer(int(call.context.clock.now.timestamp())))


@function("relative_time", least=2, kinds=(SCALAR, TEXT))
def relative_time(call: Written) -> Value:
    """``relative_time(time, "-1d@d")``: epoch seconds moved, in the user's zone; null if either is none."""
    moment, spec = call.args
    settings = (zone_name(call.context.clock.zone),)
    return numeric(Kernel("relative_time", (moment.number(), spec.text()), settings, FieldType.NUMBER))


@function("strftime", least=2, kinds=(SCALAR, TEXT))
def strftime(call: Written) -> Value:
    """``strftime(time, "format")``: epoch seconds as text in the user's zone; null where it is no time."""
    moment, form = call.args
    settings = (zone_name(call.context.clock.zone),)
    return string(Kernel("format_time", (moment.number(), form.text()), settings, FieldType.TEXT))
