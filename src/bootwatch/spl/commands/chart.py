"""``chart``: a table with a row for each value of one field and a column for each value of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, Rows, Select, Sort, SortKey
from bootwatch.algebra.scalars import Column, Group, ToNumber
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import parse
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
from bootwatch.spl.commands.bin import Bin
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.options import scopes_of

_ROW, _COLUMN = "#row", "#column"
_DEDUP: Final = "dedup_splitvals"
_LOWER: Final = r"^(-?\d+(?:\.\d+)?)"


@dataclass(frozen=True, slots=True)
class Axis:
    """A field whose values are the rows or the columns, perhaps in ranges."""

    field: str
    bins: Bin | None = None

    def over(self, source: Plan, target: str, context: Context) -> Plan:
        """The rows with the axis's value in ``target``."""
        if self.bins is not None:
            return self.bins.plan(source, context)
        kind = source.fields.type_of(self.field)
        return source if kind is None else Extend(source, ((target, Column(self.field, kind)),))


@command("chart", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Chart(Command):
    """``chart [limit=10] [useother=t] [usenull=t] func(field) … [OVER <row>] [BY <row> [<column>]]``: a table.

    One row for each value of the row field in natural order, one column for each value of the column field in
    lexicographic order. The ten columns with the highest sums stay (``limit=5``, ``limit=bottom5``, 0: all), or those a
    ``where sum in top5``, ``where max > 10`` chooses; the others are merged into OTHER, and rows without the column
    field are NULL's, both last. ``otherstr`` and ``nullstr`` rename them. With several functions a column is called
    ``function: value``, as ``sep`` and ``format`` say. Where there is nothing a count is 0. ``span=`` and the other
    options of bin right after a field put it into ranges. ``eval(avg(a)/max(b)) AS r`` computes with functions.
    """

    entries: tuple[Entry, ...]
    row: Axis | None
    column: Axis | None
    series: Series
    dedup_splitvals: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given: dict[str, Word] = {}
        last: dict[str, Word] = {}
        own = ((*SERIES_OPTIONS, "agg"), given)
        while args.option_name() is not None:
            args.option(scopes_of(own))
        entries = parse_entries(args, "by", "over")
        while args.option_name() is not None:
            args.option(scopes_of(own))
        axes: list[Axis] = []
        for keyword in ("over", "by"):
            if args.keyword(keyword) is None:
                continue
            before = len(axes)
            while len(axes) < 2 and not args.done and not args.at_keyword("by", "where"):
                axes.append(_axis(args, _ROW if not axes else _COLUMN, own, ((_DEDUP,), last)))
                args.mark(",")
                if keyword == "over":
                    break
            if len(axes) == before:
                args.unexpected("a field name")
        where = parse_where(args) if len(axes) == 2 else None
        while args.option_name() is not None:
            args.option(scopes_of(own, ((_DEDUP,), last)))
        if "agg" in given:
            args.unsupported("the option 'agg' is not supported", given["agg"].span, "write where sum in top10 instead")
        for entry in entries:
            if entry.rate is not None:
                hint = "it needs a span of time; use timechart"
                args.unsupported(f"'{entry.output}' is not supported in chart", entry.terms[0].span, hint)
        return cls(
            entries,
            axes[0] if axes else None,
            axes[1] if len(axes) > 1 else None,
            series_of(args, given, where),
            _DEDUP in last and args.as_bool(last[_DEDUP]),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        axes = [axis for axis in (self.row, self.column) if axis is not None]
        by = [axis.field for axis in axes]
        entries = expanded(self.entries, source, [] if self.column is not None else by, context)
        source = split_values(source, by, distinct=self.dedup_splitvals)
        finish = _Turned(self.row)
        if self.row is not None and source.fields.type_of(self.row.field) is None:
            return Rows(((self.row.field, FieldType.TEXT),), ())
        calls = Calls()
        results = plan_entries(entries, source, context, calls)
        if self.row is not None:
            source = self.row.over(source, _ROW, context)
        if self.row is None or self.column is None:
            rows = () if self.row is None else (_ROW,)
            outputs = [(entry.output, scalar) for entry, scalar in results]
            table = Select(grouped(source, rows, calls, outputs), tuple((n, n) for n in (*rows, *dict(outputs))))
            return finish(table, (), context)
        source = self.column.over(source, _COLUMN, context)
        chart = Charted(_ROW, tuple(results), tuple(calls.found), self.series)
        charted(labelled(source, _COLUMN, self.series), chart, finish, context)


@dataclass(frozen=True, slots=True)
class _Turned:
    """The table with its rows in order under the name of their field."""

    row: Axis | None

    def __call__(self, table: Plan, zero: Sequence[str], context: Context) -> Plan:
        del zero, context
        if self.row is None:
            return table
        if self.row.bins is not None and table.fields.known[_ROW] is FieldType.TEXT:
            lower = ToNumber(Group(Column(_ROW, FieldType.TEXT), parse(_LOWER), 1))
            table = Sort(table, (SortKey(lower), SortKey(Column(_ROW, FieldType.TEXT))))
        names = [(name, name) for name in table.fields.known if name not in (_ROW, self.row.field)]
        return Select(table, ((self.row.field, _ROW), *names))


def _axis(args: Cursor, target: str, *scopes: tuple[Sequence[str], dict[str, Word]]) -> Axis:
    field = result_field(args)
    given: dict[str, Word] = {}
    while args.option_name() is not None:
        args.option(scopes_of((BIN_OPTIONS, given), *scopes))
    return Axis(field.value, bin_of(args, field.value, target, given))
