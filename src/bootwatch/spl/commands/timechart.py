"""``timechart``: statistics over time, a column for each value of a field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Filter, Plan, Rows, Select, column
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Column, Compare, Op, Scalar, columns_of, number
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import TIME
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregation import grouped, split_values
from bootwatch.spl.charting import Charted, charted, labelled
from bootwatch.spl.chartterms import (
    BIN_OPTIONS,
    SERIES_OPTIONS,
    Entry,
    Series,
    bin_of,
    expanded,
    parse_entries,
    parse_where,
    plan_entries,
    series_of,
)
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.bin import DEFAULT_BINS, Bin
from bootwatch.spl.commands.chart import Axis
from bootwatch.spl.context import Context
from bootwatch.spl.continuous import without_gaps
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.options import scopes_of
from bootwatch.spl.searchrange import search_range
from bootwatch.spl.spans import Calendar, Fixed, Logarithmic, parse_span
from bootwatch.spl.timespans import bounds_of, chosen_span, seconds, without_bounds
from bootwatch.spl.values import as_number

_ROW, _COLUMN = "#row", "#column"
_FLAGS: Final = ("partial", "fixedrange")
_DEDUP: Final = "dedup_splitvals"


@dataclass(frozen=True, slots=True)
class Buckets:
    """How time is divided and which buckets there are rows for."""

    span: Fixed | Calendar | None = None
    bins: int = DEFAULT_BINS
    minspan: Fixed | Calendar | None = None
    aligntime: Word | None = None
    cont: bool = True
    fixedrange: bool = True
    partial: bool = True


@dataclass(frozen=True, slots=True)
class _Timed:
    """The table with its buckets under ``_time``: gaps filled, buckets cut by the search's range perhaps left out."""

    buckets: Buckets
    span: Fixed | Calendar
    bounds: tuple[float | None, float | None]

    def __call__(self, table: Plan, zero: Sequence[str], context: Context) -> Plan:
        if self.buckets.cont:
            bounds = self.bounds if self.buckets.fixedrange else (None, None)
            table = without_gaps(table, _ROW, self.span, context, what="timechart", bounds=bounds, zero=zero)
        if not self.buckets.partial:
            table = self._whole(table)
        names = [(name, name) for name in table.fields.known if name not in (_ROW, TIME)]
        return Select(table, ((TIME, _ROW), *names))

    def _whole(self, table: Plan) -> Plan:
        """Buckets that lie within the range of the search."""
        low, high = self.bounds
        start = Column(_ROW, FieldType.NUMBER)
        if low is not None:
            table = Filter(table, Compare(Op.GE, start, number(low)))
        if high is not None:
            end = Arithmetic(ArithmeticOp.ADD, start, number(seconds(self.span)))
            table = Filter(table, Compare(Op.LE, end, number(high)))
        return table


@command("timechart", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class TimeChart(Command):
    """``timechart [span=|bins=100] [limit=10] [useother=t] [usenull=t] [cont=t] … func(field) … [BY <field>]``.

    One row for each bucket of ``_time``, one column for each value of the field: the ten with the highest sums, the
    others merged into OTHER, rows without the field in NULL, as for chart. Without ``span`` buckets are the smallest
    preset ones of which ``bins`` suffice for the range of the search, or where it has none for the events' own. Buckets
    without events are there too, from one end of the range to the other: a count is 0 in them, anything else absent;
    ``fixedrange=f`` begins and ends with the events, ``cont=f`` leaves the gaps, ``partial=f`` leaves out a first or
    last bucket the range cuts. ``per_second(x)`` to ``per_day(x)`` are sums by unit of time. Options of bin and of the
    series may follow the field, and then ``where sum in top5`` or the like.
    """

    entries: tuple[Entry, ...]
    column: Axis | None
    series: Series
    buckets: Buckets
    dedup_splitvals: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given: dict[str, Word] = {}
        binned: dict[str, Word] = {}
        column_bins: dict[str, Word] = {}
        names = (*SERIES_OPTIONS, *_FLAGS, "agg", _DEDUP)
        before = scopes_of((names, given), (BIN_OPTIONS, binned))
        while args.option_name() is not None:
            args.option(before)
        entries = parse_entries(args, "by")
        while args.option_name() is not None:
            args.option(before)
        field: Word | None = None
        where: Series | None = None
        if args.keyword("by") is not None:
            field = result_field(args)
            after = scopes_of((names, given), (BIN_OPTIONS, column_bins))
            while args.option_name() is not None:
                args.option(after)
            where = parse_where(args)
            while args.option_name() is not None:
                args.option(after)
        if "agg" in given:
            args.unsupported("the option 'agg' is not supported", given["agg"].span, "write where sum in top10 instead")
        axis = None
        if field is not None:
            axis = Axis(field.value, bin_of(args, field.value, _COLUMN, column_bins))
        dedup = _DEDUP in given and args.as_bool(given[_DEDUP])
        return cls(entries, axis, series_of(args, given, where), _buckets(args, given, binned), dedup)

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, TIME)
        if of is None:
            return Rows(((TIME, FieldType.NUMBER),), ())
        bounds = _range(source, context)
        by = [TIME] if self.column is None else [TIME, self.column.field]
        entries = expanded(self.entries, source, [TIME], context)
        calls = Calls()
        results = plan_entries(entries, split_values(source, by), context, calls)
        source = split_values(source, by[1:], distinct=self.dedup_splitvals)
        span = self.buckets.span
        if span is None and None not in bounds:
            span = self._chosen(bounds[0] or 0.0, (bounds[1] or 0.0) - 1e-6)
        if span is None:
            args = (arg for _, call in calls.found for arg in call.args)
            found = bounds_of(_narrow(source, by, args), as_number(of))
            source = without_bounds(source)
            if found is None:
                return Rows(((TIME, FieldType.NUMBER),), ())
            span = self._chosen(*found)
        if any(entry.rate is not None for entry, _ in results):
            results = [(entry, _rate(entry, scalar, span)) for entry, scalar in results]
        source = Bin(TIME, _ROW, span, aligntime=self.buckets.aligntime).plan(source, context)
        finish = _Timed(self.buckets, span, bounds)
        if self.column is not None:
            source = self.column.over(source, _COLUMN, context)
            chart = Charted(_ROW, tuple(results), tuple(calls.found), self.series)
            charted(labelled(source, _COLUMN, self.series), chart, finish, context)
        outputs = [(entry.output, scalar) for entry, scalar in results]
        table = Select(grouped(source, (_ROW,), calls, outputs), tuple((n, n) for n in (_ROW, *dict(outputs))))
        return finish(table, [entry.output for entry, _ in results if entry.zero], context)

    def _chosen(self, low: float, high: float) -> Fixed | Calendar:
        return chosen_span(low, high, self.buckets.bins, self.buckets.minspan)


def _buckets(args: Cursor, given: dict[str, Word], binned: dict[str, Word]) -> Buckets:
    spans: dict[str, Fixed | Calendar] = {}
    for key in ("span", "minspan"):
        if key not in binned:
            continue
        span = parse_span(args, binned[key])
        if isinstance(span, Logarithmic):
            args.fail("a log span does not divide time", binned[key].span)
        spans[key] = span
    for key in ("start", "end"):
        if key in binned:
            message = f"the option '{key}' is not supported in timechart"
            args.unsupported(message, binned[key].span, "bound the search by earliest and latest")
    flags = {key: args.as_bool(given[key]) for key in (*_FLAGS, "cont") if key in given}
    return Buckets(
        spans.get("span"),
        args.as_integer(binned["bins"], least=2) if "bins" in binned else DEFAULT_BINS,
        spans.get("minspan"),
        binned.get("aligntime"),
        cont=flags.get("cont", True),
        fixedrange=flags.get("fixedrange", True),
        partial=flags.get("partial", True),
    )


def _range(source: Plan, context: Context) -> tuple[float | None, float | None]:
    """The range of the search; one that begins with the epoch has no beginning, one without an end ends now."""
    low, high = search_range(source, context)
    if low is not None and low <= 1:
        low = None
    if low is not None and high is None:
        high = context.clock.now.timestamp()
    return low, high


def _narrow(source: Plan, by: Sequence[str], args: Iterable[Scalar]) -> Plan:
    """The rows with what the chart reads of them, so that no more is kept."""
    needed = frozenset(by).union(*(columns_of(arg) for arg in args))
    names = [name for name in sorted(needed) if source.fields.type_of(name) is not None]
    if source.fields.known.get("#bounds") is not None:
        return source
    return Select(source, tuple((name, name) for name in names))


def _rate(entry: Entry, scalar: Scalar, span: Fixed | Calendar) -> Scalar:
    if entry.rate is None:
        return scalar
    factor = entry.rate / seconds(span)
    return Arithmetic(ArithmeticOp.MUL, as_number(scalar), number(factor))
