"""``bin``: times into bucket starts, numbers into ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window, column
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Const,
    Fn,
    Kernel,
    Op,
    Scalar,
    ToMulti,
    ToText,
    number,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.events.fields import TIME
from bootwatch.events.relative import RelativeTimeError
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.searchrange import search_range
from bootwatch.spl.spans import Calendar, Fixed, Logarithmic, Span, parse_span, time_bucket
from bootwatch.spl.timerange import parse_time
from bootwatch.spl.values import as_number, as_text

DEFAULT_BINS: Final = 100
_OPTIONS: Final = ("span", "bins", "minspan", "start", "end", "aligntime")
_LOW, _HIGH = "#low", "#high"
_DAY: Final = 86_400
TIME_SPANS: Final[tuple[Fixed | Calendar, ...]] = (
    *(Fixed(float(width), timed=True) for width in (1, 5, 10, 30, 60, 300, 600, 1800, 3600)),
    Calendar(1, "d"),
    Calendar(1, "mon"),
)
"""Spans chosen from where none is given, as for time charts."""


@command("bin", "bucket", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Bin(Command):
    """``bin [span=|bins=100|minspan=|start=|end=|aligntime=] <field> [AS <name>]``.

    ``_time`` becomes the start of its bucket: epoch-aligned below a day (``aligntime`` shifts that), local midnight for
    days, the calendar for months and longer; so does another field whose span is one of time. Other numbers become the
    text ``lo-hi``; values that are no numbers stay.
    Without ``span`` the width is the smallest fitting one that needs at most ``bins`` buckets.
    """

    field: str
    target: str
    span: Span | None = None
    span_word: Word | None = None
    bins: int = DEFAULT_BINS
    minspan: Span | None = None
    start: float | None = None
    end: float | None = None
    aligntime: Word | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        field: Word | None = None
        name: Word | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif field is None:
                field = args.field(made=True)
            elif name is None and args.keyword("as") is not None:
                name = args.field(what="a new name")
            else:
                args.finish("an option such as span=1h, or AS and a new name")
        if field is None:
            args.unexpected("a field name")
        return cls(
            field.value,
            field.value if name is None else name.value,
            parse_span(args, options["span"]) if "span" in options else None,
            options.get("span"),
            args.as_integer(options["bins"], least=2) if "bins" in options else DEFAULT_BINS,
            parse_span(args, options["minspan"]) if "minspan" in options else None,
            _bound(args, options.get("start")),
            _bound(args, options.get("end")),
            options.get("aligntime"),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None:
            return source
        timed = isinstance(self.span, Calendar) or (isinstance(self.span, Fixed) and self.span.timed)
        return self._time(source, of, context) if timed or self.field == TIME else self._number(source, of)

    # --- _time

    def _time(self, source: Plan, of: Column, context: Context) -> Plan:
        time, zone = as_number(of), context.clock.zone
        align = self._align(source, context)
        if self.span is not None:
            if isinstance(self.span, Logarithmic):
                self._fail("a log span does not divide time", context)
            return Extend(source, ((self.target, _kept(of, time_bucket(time, self.span, zone, align))),))
        spans = self._time_spans()
        low, high = Column(_LOW, FieldType.NUMBER), Column(_HIGH, FieldType.NUMBER)
        branches = tuple(
            (Compare(Op.LE, _buckets(low, high, span), number(self.bins)), time_bucket(time, span, zone, align))
            for span in spans[:-1]
        )
        chosen = Case(branches, time_bucket(time, spans[-1], zone, align), FieldType.NUMBER)
        return self._over_all(source, time, _kept(of, chosen))

    def _time_spans(self) -> tuple[Fixed | Calendar, ...]:
        if self.minspan is None:
            return TIME_SPANS
        least = _seconds(self.minspan)
        return tuple(span for span in TIME_SPANS if _seconds(span) >= least) or TIME_SPANS[-1:]

    def _align(self, source: Plan, context: Context) -> float:
        if self.aligntime is None:
            return 0.0
        bound = self.aligntime.value.lower()
        if bound in ("earliest", "latest"):
            low, high = search_range(source, context)
            found = low if bound == "earliest" else high
            if found is None:  # a search over all time begins with the epoch and ends now
                found = 0.0 if bound == "earliest" else context.clock.now.timestamp()
            return found
        try:
            return parse_time(self.aligntime.value, context.clock)
        except RelativeTimeError as exc:
            raise SplSyntaxError(str(exc), text=context.text, span=self.aligntime.span) from exc

    def _fail(self, message: str, context: Context) -> NoReturn:
        span = None if self.span_word is None else self.span_word.span
        raise SplSyntaxError(message, text=context.text, span=span)

    # --- other numbers

    def _number(self, source: Plan, of: Column) -> Plan:
        value = as_number(of)
        if isinstance(self.span, Logarithmic):
            settings = (repr(self.span.factor), repr(self.span.base))
            label: Scalar = Kernel("log_label", (value,), settings, FieldType.TEXT)
            return Extend(source, ((self.target, _labelled(of, label)),))
        if isinstance(self.span, Fixed):
            width: Scalar = Const(self.span.width, FieldType.NUMBER)
            label = Kernel("range_label", (value, width), (), FieldType.TEXT)
            return Extend(source, ((self.target, _labelled(of, label)),))
        least = "" if self.minspan is None else repr(_seconds(self.minspan))
        low, high = self._widened()
        width = Kernel("nice_width", (low, high), (str(self.bins), least), FieldType.NUMBER)
        label = Kernel("range_label", (value, width), (), FieldType.TEXT)
        return self._over_all(source, value, _labelled(of, label))

    def _widened(self) -> tuple[Scalar, Scalar]:
        """Lowest and highest value, ``start`` and ``end`` only ever widening them."""
        low: Scalar = Column(_LOW, FieldType.NUMBER)
        high: Scalar = Column(_HIGH, FieldType.NUMBER)
        if self.start is not None:
            low = Call(Fn.LEAST, (low, number(self.start)), FieldType.NUMBER)
        if self.end is not None:
            high = Call(Fn.GREATEST, (high, number(self.end)), FieldType.NUMBER)
        return low, high

    def _over_all(self, source: Plan, value: Scalar, result: Scalar) -> Plan:
        """The result in every row, with the lowest and the highest value of all rows at hand."""
        calls = (
            (_LOW, AggCall(AggFn.MIN, (value,), FieldType.NUMBER)),
            (_HIGH, AggCall(AggFn.MAX, (value,), FieldType.NUMBER)),
        )
        return Drop(Extend(Window(source, (), calls), ((self.target, result),)), frozenset((_LOW, _HIGH)))


def _bound(args: Cursor, word: Word | None) -> float | None:
    if word is None:
        return None
    try:
        return float(word.value)
    except ValueError:
        args.fail(f"{word.value!r} is not a number", word.span)


def _seconds(span: Span) -> float:
    match span:
        case Fixed():
            return span.width
        case Calendar():
            return float(span.count * _DAY * {"d": 1, "w": 7, "mon": 30}[span.unit])
        case Logarithmic():
            return 0.0


def _buckets(low: Scalar, high: Scalar, span: Fixed | Calendar) -> Scalar:
    """How many buckets lowest to highest need; a day or longer counted in whole seconds."""
    width = Const(_seconds(span), FieldType.NUMBER)

    def step(of: Scalar) -> Scalar:
        return Call(Fn.FLOOR, (Arithmetic(ArithmeticOp.DIV, of, width),), FieldType.NUMBER)

    between = Arithmetic(ArithmeticOp.SUB, step(high), step(low))
    return Arithmetic(ArithmeticOp.ADD, between, Const(1.0, FieldType.NUMBER))


def _kept(of: Column, bucket: Scalar) -> Scalar:
    """A bucket start; a value that is no time stays."""
    if of.type.numeric:
        return bucket
    if of.type is FieldType.MULTI:
        return Call(Fn.COALESCE, (ToMulti(ToText(bucket)), of), FieldType.MULTI)
    return Call(Fn.COALESCE, (ToText(bucket), as_text(of)), FieldType.TEXT)


def _labelled(of: Column, label: Scalar) -> Scalar:
    """A range; a value that is no number stays. Several values are no number, a list of one is its value."""
    if of.type is FieldType.MULTI:
        return Call(Fn.COALESCE, (ToMulti(label), of), FieldType.MULTI)
    return Call(Fn.COALESCE, (label, as_text(of)), FieldType.TEXT)
