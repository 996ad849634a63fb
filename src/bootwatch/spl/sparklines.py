"""``sparkline`` among the terms of ``stats``: a statistic over time, as one field of several values.

Follows the Search Reference (stats, "Sparkline function options"): a function over a field, or count, and perhaps the
length of a bucket. The values begin with the mark Splunk's pages know a sparkline by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import find as find_kernel
from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Extend, Join, Plan, Select, column
from bootwatch.algebra.scalars import Call, Column, Fn, Kernel, Scalar, ToText, columns_of, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span
from bootwatch.events.fields import TIME
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregates.registry import find as find_aggregate
from bootwatch.spl.aggregation import Term, concrete, grouped, parse_term, plan_terms
from bootwatch.spl.commands.bin import Bin
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.searchrange import search_range
from bootwatch.spl.spans import Calendar, Fixed, parse_span, zone_name
from bootwatch.spl.timespans import bounds_of, chosen_span, without_bounds
from bootwatch.spl.values import as_number, as_text, integer

MOST_VALUES: Final = 100
"""Splunk's ``sparkline_maxsize``."""
_COUNTS: Final = frozenset(("count", "c", "dc", "distinct_count"))
_FUNCTIONS: Final = _COUNTS | {"mean", "avg", "stdev", "stdevp", "var", "varp", "sum", "sumsq", "min", "max", "range"}
_NOWHERE: Final = ("0.0", "0.0", "1", "s", "UTC")
_BUCKET, _ONE = "#bucket", "#one"


@dataclass(frozen=True, slots=True)
class Sparkline:
    """One sparkline: the term it draws, the name of the result, its place, the length of its buckets (None: chosen)."""

    term: Term
    output: str
    place: int
    span: Fixed | Calendar | None = None


def parse_sparkline(args: Cursor, place: int) -> Sparkline:
    """``sparkline``, ``sparkline(count)`` or ``sparkline(func(field), span)``, perhaps with ``AS name``."""
    args.skip()
    start = args.at
    if args.keyword("sparkline") is None:
        args.unexpected("sparkline")
    span: Fixed | Calendar | None = None
    if args.mark("(") is not None and args.mark(")") is None:
        term = parse_term(args)
        if term.name.lower() not in _FUNCTIONS or term.expression is not None:
            hint = f"it draws {', '.join(sorted(_FUNCTIONS))} of a field"
            args.unsupported(
                f"sparkline of '{args.text[term.span.start : term.span.end]}' is not supported", term.span, hint
            )
        if args.mark(",") is not None:
            word = args.word()
            if word is None:
                args.unexpected("the length of a bucket, such as 5m")
            written = parse_span(args, word)
            if not isinstance(written, Calendar) and not (isinstance(written, Fixed) and written.timed):
                args.fail(f"{word.value!r} is no length of time", word.span, hint="write a span such as 5m, 1h or 1d")
            span = written
        args.expect(")")
    else:
        term = _count(args, start)
    output = args.text[start : args.at].rstrip()
    if args.keyword("as") is not None:
        output = args.field(what="the name of the result").value
    return Sparkline(term, output, place, span)


def _count(args: Cursor, start: int) -> Term:
    found = find_aggregate("count")
    if found is None:
        raise LookupError("count")
    return Term(found[0], "count", Span(start, args.at), args.text[start : args.at].rstrip())


def drawn(
    source: Plan,
    by: Sequence[str],
    calls: Calls,
    results: Sequence[tuple[str, Scalar]],
    lines: Sequence[Sparkline],
    context: Context,
) -> Plan:
    """The table of statistics with each group's sparklines. Raises Undecided until it is known what time to show."""
    bounds = _time_bounds(source, by, calls, lines, context)
    source = without_bounds(source)
    table = grouped(source, by, calls, results)
    for place, line in enumerate(lines):
        table = _with_sparkline(table, source, by, line, bounds, context, place)
    return table


def _time_bounds(
    source: Plan, by: Sequence[str], calls: Calls, lines: Sequence[Sparkline], context: Context
) -> tuple[float, float]:
    """First and last moment the sparklines show: the range of the search, or of its rows where it has none."""
    low, high = search_range(source, context)
    if low is not None and low > 1:
        return low, context.clock.now.timestamp() if high is None else high
    of = column(source, TIME)
    if of is None:
        return 0.0, 0.0
    needed = {TIME, *by, *(line.term.field.value for line in lines if line.term.field is not None)}
    needed |= {name for _, call in calls.found for arg in call.args for name in columns_of(arg)}
    if "#bounds" not in source.fields.known:
        names = [name for name in sorted(needed) if source.fields.type_of(name) is not None]
        source = Select(source, tuple((name, name) for name in names))
    found = bounds_of(source, as_number(of))
    return (0.0, 0.0) if found is None else (found[0], found[1] + 1e-6)


def _with_sparkline(
    table: Plan,
    source: Plan,
    by: Sequence[str],
    line: Sparkline,
    bounds: tuple[float, float],
    context: Context,
    place: int,
) -> Plan:
    cells, right = f"#cells{place}", [f"#{place}by{nth}" for nth in range(max(1, len(by)))]
    low, high = bounds
    if low >= high or column(source, TIME) is None:
        nothing = Kernel("sparkline", (null(FieldType.MULTI),), (*_NOWHERE, ""), FieldType.MULTI)
        return Extend(table, ((line.output, nothing),))
    span = chosen_span(low, high - 1e-6, MOST_VALUES, None) if line.span is None else line.span
    calls = Calls()
    bucketed = Bin(TIME, _BUCKET, span).plan(source, context)
    results = plan_terms(concrete([line.term], bucketed, by, context), bucketed, context, calls)
    pieces = (ToText(as_number(Column(_BUCKET, bucketed.fields.known[_BUCKET]))), text(" "), _shown(results[0][1]))
    pair = Call(Fn.CONCAT, pieces, FieldType.TEXT)
    each = grouped(bucketed, (*by, _BUCKET), calls, [(cells, pair)])
    listed: Plan = Aggregate(
        each, tuple(by), ((cells, AggCall(AggFn.LIST, (Column(cells, FieldType.TEXT),), FieldType.MULTI)),)
    )
    keys = list(by)
    if not by:
        one = ((_ONE, integer(1)),)
        table, listed, keys = Extend(table, one), Extend(listed, one), [_ONE]
    listed = Select(listed, (*zip(right, keys, strict=True), (cells, cells)))
    joined = Join(table, listed, tuple(zip(keys, right, strict=True)), outer=True)
    settings = (*_frame(low, high, span, context), "0" if line.term.name.lower() in _COUNTS else "")
    line_of = Kernel("sparkline", (Column(cells, FieldType.MULTI),), settings, FieldType.MULTI)
    return Extend(joined, ((line.output, line_of),))


def _shown(value: Scalar) -> Scalar:
    return Call(Fn.COALESCE, (as_text(value), text("")), FieldType.TEXT)


def _frame(low: float, high: float, span: Fixed | Calendar, context: Context) -> tuple[str, ...]:
    """Where the first bucket starts and all end, count and unit of a bucket, the zone."""
    zone = zone_name(context.clock.zone)
    if isinstance(span, Fixed):
        return repr(low // span.width * span.width), repr(high), repr(span.width), "s", zone
    count = str(span.count)
    start = pa.array(find_kernel("calendar_bucket").run([pa.array([low], pa.float64())], (count, span.unit, zone), []))
    return repr(float(start[0].as_py())), repr(high), count, span.unit, zone
