"""Rows into columns and columns into rows: what xyseries, untable, transpose and the charts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Drop, Explode, Extend, Filter, Plan
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Fn, IsNull, Kernel, Not, Op, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import as_multi
from bootwatch.spl.context import Context
from bootwatch.spl.values import as_text, integer

_NAME: Final = "#name"


def label(of: Scalar) -> Scalar:
    """A value as the name of a column: several values as one text."""
    return Call(Fn.LIST_JOIN, (of, text(" ")), FieldType.TEXT) if of.type is FieldType.MULTI else as_text(of)


def column_name(value: str) -> str:
    """The name a column of a value gets: Splunk keeps names that begin with ``_`` for itself."""
    return f"VALUE{value}" if value.startswith("_") or not value else value


def columns_of_values(
    source: Plan, by: tuple[str, ...], key: Scalar, cells: Sequence[tuple[str, str, Scalar]], *, last: bool = False
) -> Plan:
    """A row for each combination of the ``by`` columns, in natural order, and a column for each cell.

    A cell is ``(name, value of the key, scalar)``: the scalar in the first row (or the last) whose key has the value.
    """
    fn = AggFn.LAST if last else AggFn.FIRST
    calls: list[tuple[str, AggCall]] = []
    for name, value, scalar in cells:
        hit = Compare(Op.EQ, key, text(value))
        calls.append((name, AggCall(fn, (Case(((hit, scalar),), null(scalar.type), scalar.type),), scalar.type)))
    return Aggregate(source, by, tuple(calls))


def rows_of_columns(source: Plan, names: Sequence[str], name: str, value: str, *, empty: bool = False) -> Plan:
    """A row for each named column that has a value: the column's name in one field, its value in another.

    All other columns stay. The rows of one row follow one another in the order of the names. ``empty``: a row for a
    column without a value as well.
    """
    columns = [Column(found, source.fields.known[found]) for found in names]
    several = any(column.type is FieldType.MULTI for column in columns)
    kind = FieldType.MULTI if several else FieldType.TEXT
    listed = Kernel("constant_values", (integer(0),), tuple(names), FieldType.MULTI)
    exploded = Explode(Extend(source, ((_NAME, listed),)), _NAME)
    which = Column(_NAME, FieldType.TEXT)
    branches = tuple(
        (Compare(Op.EQ, which, text(column.name)), as_multi(column) if several else as_text(column))
        for column in columns
    )
    cell: Scalar = Case(branches, null(kind), kind) if branches else null(kind)
    made = Drop(Extend(exploded, ((name, which), (value, cell))), frozenset((_NAME,)))
    return made if empty else Filter(made, Not(IsNull(Column(value, kind))))


def bounded(names: Sequence[str], context: Context, what: str) -> list[str]:
    """As many names as there may be columns; a message where some are left out."""
    most = context.limits.max_columns
    if len(names) > most:
        context.warnings.append(f"{what}: only {most:,} of {len(names):,} columns are kept (max_columns)")
    return list(names[:most])
