"""Counts: rows, values, distinct values (Search Reference, "Aggregate functions")."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Case, Column, Compare, Const, Op, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Call, aggregate
from bootwatch.spl.values import integer


@aggregate("count", "c", bare=True)
def count(call: Call) -> Scalar:
    """``count``: rows. ``count(f)``: values of f, the empty string and each value of a multivalue included.

    ``count(eval(p))``: rows where p is true.
    """
    if call.arg is None:
        return call.aggregate(AggFn.COUNT_ROWS, kind=FieldType.INTEGER)
    if call.arg.type is FieldType.BOOL:
        return call.aggregate(AggFn.COUNT_TRUE, call.arg, kind=FieldType.INTEGER)
    return call.aggregate(AggFn.COUNT, call.arg, kind=FieldType.INTEGER)


@aggregate("dc", "distinct_count", "estdc")
def distinct_count(call: Call) -> Scalar:
    """Distinct values as strings: "1", "1.0" and "01" are three. Not written where there are no rows at all."""
    return _of_rows(call, call.aggregate(AggFn.DISTINCT, call.strings(), kind=FieldType.INTEGER))


@aggregate("estdc_error")
def estimate_error(call: Call) -> Scalar:
    """The relative error of ``estdc``: 0, as bootwatch counts exactly."""
    return _of_rows(call, integer(0))


def _of_rows(call: Call, found: Column | Const) -> Scalar:
    rows = call.aggregate(AggFn.COUNT_ROWS, kind=FieldType.INTEGER)
    return Case(((Compare(Op.EQ, rows, integer(0)), null(FieldType.INTEGER)),), found, FieldType.INTEGER)
