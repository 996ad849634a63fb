"""Charts: a row for each value of one field, a column for each value of another, and what is too much merged.

The cells are aggregated first, by row and column value; then the columns are known and chosen, those left over are
merged, and the rest is turned. Where merging needs more than the cells (an average of averages is none) the rows
themselves are aggregated again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NoReturn, Protocol

from bootwatch.algebra.plans import (
    AggCall,
    AggFn,
    Aggregate,
    Extend,
    Filter,
    Plan,
    Select,
    Sort,
    SortKey,
    Window,
)
from bootwatch.algebra.scalars import (
    And,
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Fn,
    InSet,
    IsNull,
    Not,
    Op,
    Scalar,
    ToText,
    columns_of,
    null,
    number,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.chartterms import Entry, Series
from bootwatch.spl.command import CommandKind, Step, Undecided
from bootwatch.spl.context import Context
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.pivoting import bounded, column_name, columns_of_values, label
from bootwatch.spl.values import as_number, integer

LABEL: Final = "#label"
_SERIES, _KEY, _SCORE, _RANK, _NTH, _ROWS = "#series", "#key", "#score", "#rank", "#nth", "#rows"
_VALUE, _NULL, _OTHER = "v", "n", "o"
_PADDING: Final = 10_000_000
_WHOLE: Final = FieldType.INTEGER
_MERGED: Final[Mapping[AggFn, AggFn]] = {
    AggFn.COUNT_ROWS: AggFn.SUM,
    AggFn.COUNT: AggFn.SUM,
    AggFn.COUNT_TRUE: AggFn.SUM,
    AggFn.SUM: AggFn.SUM,
    AggFn.MIN: AggFn.MIN,
    AggFn.MAX: AggFn.MAX,
    AggFn.VALUES: AggFn.VALUES,
}
"""How partial results are put together; an aggregate that is not here needs the rows."""
_SCORES: Final[Mapping[str, AggFn]] = {
    "sum": AggFn.SUM,
    "avg": AggFn.AVG,
    "max": AggFn.MAX,
    "min": AggFn.MIN,
    "count": AggFn.COUNT,
}


def labelled(source: Plan, name: str, series: Series) -> Plan:
    """The rows with the value of the column field, tagged, in ``#label``; rows without one are NULL's, or left out."""
    kind = source.fields.type_of(name)
    if kind is None:
        shown: Scalar = null()
    else:
        shown = label(Column(name, kind))
    tagged = Call(Fn.CONCAT, (text(_VALUE), shown), FieldType.TEXT)
    if series.usenull:
        tagged = Call(Fn.COALESCE, (tagged, text(_NULL)), FieldType.TEXT)
    found = Extend(source, ((LABEL, tagged),))
    return found if series.usenull else Filter(found, Not(IsNull(Column(LABEL, FieldType.TEXT))))


@dataclass(frozen=True, slots=True)
class Charted:
    """A chart that is split into series: what there is to do once its cells are there.

    ``row`` names the field of the rows. ``results`` are the entries over the hidden columns of ``calls``. ``base`` are
    the stored rows, where merging needs them.
    """

    row: str
    results: tuple[tuple[Entry, Scalar], ...]
    calls: tuple[tuple[str, AggCall], ...]
    series: Series
    base: Plan | None = None

    @property
    def merges(self) -> bool:
        """Whether cells can be merged without the rows they come from."""
        return all(call.fn in _MERGED or call.fn is AggFn.AVG for _, call in self.calls)

    @property
    def parts(self) -> tuple[tuple[str, AggCall], ...]:
        """What the cells hold of each aggregate: an average is a sum and a count, where cells may be merged."""
        if not self.merges:
            return self.calls
        found: list[tuple[str, AggCall]] = []
        for name, call in self.calls:
            if call.fn is AggFn.AVG:
                found.append((f"{name}s", AggCall(AggFn.SUM, call.args, FieldType.NUMBER)))
                found.append((f"{name}c", AggCall(AggFn.COUNT, call.args, _WHOLE)))
            else:
                found.append((name, call))
        return tuple(found)

    def complete(self, cells: Plan) -> Plan:
        """Cells with their averages computed."""
        averages: list[tuple[str, Scalar]] = []
        for name, call in self.calls if self.merges else ():
            if call.fn is AggFn.AVG:
                total, count = Column(f"{name}s", FieldType.NUMBER), Column(f"{name}c", _WHOLE)
                averages.append((name, Arithmetic(ArithmeticOp.DIV, total, count)))
        return Extend(cells, tuple(averages)) if averages else cells

    def needed(self) -> frozenset[str]:
        """The columns of the rows that the cells are made of."""
        return frozenset((self.row, LABEL)).union(*(columns_of(a) for _, call in self.calls for a in call.args))

    def cells(self, rows: Plan, context: Context) -> Plan:
        """The cells, each with the key of its column: its place among the columns, and its tagged value."""
        counted = (_ROWS, AggCall(AggFn.COUNT_ROWS, (), _WHOLE))
        made = self.complete(Aggregate(rows, (self.row, LABEL), (*self.parts, counted)))
        score: Scalar = Column(_ROWS, _WHOLE)
        if len(self.results) == 1:
            score = as_number(self.results[0][1])
        made = Extend(made, ((_SCORE, score),))
        fn = _SCORES[self.series.score]
        kind = _WHOLE if fn is AggFn.COUNT else FieldType.NUMBER
        total = AggCall(fn, (Column(_SCORE, score.type),), kind)
        made = Window(made, (LABEL,), ((_RANK, total),))
        tag, ranked = Column(LABEL, FieldType.TEXT), Column(_RANK, kind)
        ordered = Sort(made, (SortKey(ranked, not self.series.lowest), SortKey(tag)))
        nth = AggCall(AggFn.ROW_NUMBER, (), _WHOLE)
        made = Window(ordered, (LABEL,), ((_NTH, nth),), running=True)
        first = And((Compare(Op.EQ, Column(_NTH, _WHOLE), integer(1)), self._eligible(tag, ranked)))
        place = AggCall(AggFn.COUNT_TRUE, (settled(first),), _WHOLE)
        made = Window(made, (), ((_NTH, place),), running=True)
        key = self._key(tag, ranked, Column(_NTH, _WHOLE), context)
        kept = [self.row, LABEL, *(name for name, _ in self.parts), _KEY]
        return Select(Extend(made, ((_KEY, key),)), tuple((name, name) for name in kept))

    def _eligible(self, tag: Scalar, score: Scalar) -> Scalar:
        passing: list[Scalar] = [Compare(Op.NE, tag, text(_NULL))]
        if self.series.above is not None:
            passing.append(Compare(Op.GT, score, number(self.series.above)))
        if self.series.below is not None:
            passing.append(Compare(Op.LT, score, number(self.series.below)))
        return And(tuple(passing))

    def _key(self, tag: Scalar, score: Scalar, place: Scalar, context: Context) -> Scalar:
        limit = self.series.limit or context.limits.max_columns
        chosen: Scalar = Compare(Op.LE, place, integer(limit))
        if self.series.excluded:
            chosen = Not(chosen)
        chosen = settled(And((chosen, self._eligible(tag, score))))
        padded = ToText(Arithmetic(ArithmeticOp.ADD, place, integer(_PADDING), _WHOLE))
        own = Call(Fn.CONCAT, (padded, tag), FieldType.TEXT)
        branches = ((Compare(Op.EQ, tag, text(_NULL)), text(_NULL)), (chosen, own))
        return Case(branches, text(_OTHER), FieldType.TEXT)

    def table(self, stored: Plan, context: Context) -> Plan:
        """The chart, once the keys of its columns are known: rows in natural order, a column for each series."""
        keys = distinct_values(stored, _KEY)
        if keys is None:
            raise LookupError("the keys of a chart's columns were not asked for")
        values = {key[key.index(_VALUE) + 1 :]: key for key in keys if key not in (_NULL, _OTHER)}
        names = bounded(sorted(values), context, "chart")
        wanted = [(column_name(name), _VALUE + name) for name in names]
        own = {name for name, _ in wanted}
        if _OTHER in keys and self.series.useother:
            wanted.append((_apart(self.series.otherstr, own), _OTHER))
        if _NULL in keys:
            wanted.append((_apart(self.series.nullstr, own), _NULL))
        if _OTHER in keys and not self.series.limit and self.series.above is self.series.below is None:
            most = context.limits.max_columns
            context.warnings.append(f"chart: only {most:,} columns are kept, the others are merged (max_columns)")
        merged = self.complete(self._merged(stored, frozenset(names)) if _OTHER in keys else _single(stored))
        shown = Extend(merged, tuple((f"#result{n}", scalar) for n, (_, scalar) in enumerate(self.results)))
        cells: list[tuple[str, str, Scalar]] = []
        zero: list[str] = []
        taken = {self.row}
        for position, (entry, scalar) in enumerate(self.results):
            for value, tag in wanted:
                name = self.series.name(entry, value, alone=len(self.results) == 1)
                if name in taken:
                    continue
                taken.add(name)
                cells.append((name, tag, Column(f"#result{position}", scalar.type)))
                zero += [name] if entry.zero else []
        turned = columns_of_values(shown, (self.row,), Column(_SERIES, FieldType.TEXT), cells)
        filled = tuple(
            (name, Call(Fn.COALESCE, (Column(name, kind), integer(0)), kind))
            for name in zero
            if (kind := turned.fields.known[name]).numeric
        )
        return Extend(turned, filled) if filled else turned

    def zero(self, table: Plan) -> list[str]:
        """The columns of a table in which nothing is a count of 0."""
        return [name for name in table.fields.known if name != self.row and self._counts(name)]

    def _counts(self, name: str) -> bool:
        if len(self.results) == 1:
            return self.results[0][0].zero
        return any(entry.zero and name.startswith(entry.output + self.series.sep) for entry, _ in self.results)

    def _merged(self, stored: Plan, chosen: frozenset[str]) -> Plan:
        """The cells with those of the columns that are left over put together."""
        tag = Column(LABEL, FieldType.TEXT)
        kept = InSet(tag, (*(_VALUE + name for name in sorted(chosen)), _NULL))
        grouped = (self.row, _SERIES)
        source = stored if self.base is None else self.base
        tagged = Extend(source, ((_SERIES, Case(((kept, tag),), text(_OTHER), FieldType.TEXT)),))
        if self.base is not None:
            return Aggregate(tagged, grouped, self.calls)
        parts = tuple(
            (name, AggCall(_MERGED[call.fn], (Column(name, call.type),), call.type)) for name, call in self.parts
        )
        return Aggregate(tagged, grouped, parts)


def _apart(name: str, taken: set[str]) -> str:
    """A name no value has: a column of its own is not merged into."""
    while name in taken:
        name += "_"
    return name


def _single(stored: Plan) -> Plan:
    return Extend(stored, ((_SERIES, Column(LABEL, FieldType.TEXT)),))


class Finish(Protocol):
    """What is left to do with the table of a chart."""

    def __call__(self, table: Plan, zero: Sequence[str], context: Context) -> Plan:
        """The rows of the command; ``zero`` are the columns in which nothing is a count of 0."""


class _Waiting(Step):
    """What is left of a chart once what it asked for is there."""

    __slots__ = ()

    name = "chart"
    kind = CommandKind.TRANSFORMING


@dataclass(frozen=True, slots=True)
class _FromRows(_Waiting):
    chart: Charted
    finish: Finish

    def plan(self, source: Plan, context: Context) -> Plan:
        return charted(source, replace(self.chart, base=source), self.finish, context)


@dataclass(frozen=True, slots=True)
class _FromCells(_Waiting):
    chart: Charted
    finish: Finish

    def plan(self, source: Plan, context: Context) -> Plan:
        table = self.chart.table(source, context)
        return self.finish(table, self.chart.zero(table), context)


def charted(rows: Plan, chart: Charted, finish: Finish, context: Context) -> NoReturn:
    """Ask for the cells of a chart; first for its rows, where merging needs them. Raises Undecided."""
    if not chart.merges and chart.base is None:
        needed = [name for name in sorted(chart.needed()) if rows.fields.type_of(name) is not None]
        narrow = Select(rows, tuple((name, name) for name in needed))
        raise Undecided(source=narrow, again=_FromRows(chart, finish))
    raise Undecided(distinct=(_KEY,), source=chart.cells(rows, context), again=_FromCells(chart, finish))
