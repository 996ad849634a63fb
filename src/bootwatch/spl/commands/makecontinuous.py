"""``makecontinuous``: an axis without gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, Sort, column
from bootwatch.algebra.scalars import Scalar, ToText
from bootwatch.events.fields import TIME
from bootwatch.spl.before import coalesced
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.bin import DEFAULT_BINS
from bootwatch.spl.commands.sort import Key, sort_keys
from bootwatch.spl.context import Context
from bootwatch.spl.continuous import without_gaps
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.spans import Calendar, Fixed, Logarithmic, parse_span, time_bucket
from bootwatch.spl.timespans import bounds_of, chosen_span, without_bounds
from bootwatch.spl.values import as_number, as_text

_OPTIONS: Final = ("span", "bins", "start", "end")


@command("makecontinuous", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class MakeContinuous(Command):
    """``makecontinuous [<field>=_time] [span=|bins=100] [start=] [end=]``: rows for the buckets in which there is none.

    The field becomes the start of its bucket and the rows come in its order; a new row holds nothing else. Without
    ``span`` the width is the smallest preset one that needs at most ``bins`` buckets. ``start`` and ``end`` extend the
    axis.
    """

    field: str = TIME
    span: Fixed | Calendar | None = None
    bins: int = DEFAULT_BINS
    start: float | None = None
    end: float | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        field: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif field is None:
                field = result_field(args)
            else:
                args.finish("an option such as span=1h")
        span = parse_span(args, options["span"]) if "span" in options else None
        if isinstance(span, Logarithmic):
            args.fail("a log span has no even buckets", options["span"].span)
        bounds = [_number(args, options[key]) if key in options else None for key in ("start", "end")]
        bins = args.as_integer(options["bins"], least=2) if "bins" in options else DEFAULT_BINS
        return cls(TIME if field is None else field.value, span, bins, *bounds)

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None:
            return source
        value = as_number(of)
        span = self.span
        if span is None:
            bounds = bounds_of(source, value)
            source = without_bounds(source)
            if bounds is None:
                return source
            span = chosen_span(*bounds, self.bins, None)
        bucket: Scalar = time_bucket(value, span, context.clock.zone)
        if not of.type.numeric:
            bucket = coalesced(ToText(bucket), as_text(of))
        binned = Extend(source, ((self.field, bucket),))
        ordered = Sort(binned, sort_keys((Key(self.field),), binned))
        return without_gaps(ordered, self.field, span, context, what="makecontinuous", bounds=(self.start, self.end))


def _number(args: Cursor, word: Word) -> float:
    try:
        return float(word.value)
    except ValueError:
        args.fail(f"{word.value!r} is not a number", word.span)
