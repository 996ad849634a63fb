"""First and last by row order, earliest and latest by ``_time`` (Search Reference, "Time functions")."""

from __future__ import annotations

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Case, IsNull, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Call, aggregate
from bootwatch.spl.values import as_number


@aggregate("first")
def first(call: Call) -> Scalar:
    """The value in the first row that has one; in a raw search that is the newest."""
    return call.aggregate(AggFn.FIRST, call.value, kind=call.value.type)


@aggregate("last")
def last(call: Call) -> Scalar:
    """The value in the last row that has one."""
    return call.aggregate(AggFn.LAST, call.value, kind=call.value.type)


@aggregate("earliest")
def earliest(call: Call) -> Scalar:
    """The value in the row with the smallest ``_time`` among those that have one."""
    return _by_time(call, AggFn.EARLIEST, call.value)


@aggregate("latest")
def latest(call: Call) -> Scalar:
    """The value in the row with the largest ``_time`` among those that have one."""
    return _by_time(call, AggFn.LATEST, call.value)


@aggregate("earliest_time")
def earliest_time(call: Call) -> Scalar:
    """The smallest ``_time`` of the rows that have the field."""
    return _time_of(call, AggFn.MIN, call.value)


@aggregate("latest_time")
def latest_time(call: Call) -> Scalar:
    """The largest ``_time`` of the rows that have the field."""
    return _time_of(call, AggFn.MAX, call.value)


@aggregate("rate", numeric=True)
def rate(call: Call) -> Scalar:
    """Change of a counter per second: (latest - earliest) / (latest_time - earliest_time), of its numeric values."""
    value = as_number(call.value)
    if call.time is None:
        return null(FieldType.NUMBER)
    change = Arithmetic(
        ArithmeticOp.SUB, _by_time(call, AggFn.LATEST, value), _by_time(call, AggFn.EARLIEST, value), FieldType.NUMBER
    )
    seconds = Arithmetic(ArithmeticOp.SUB, _time_of(call, AggFn.MAX, value), _time_of(call, AggFn.MIN, value))
    return Arithmetic(ArithmeticOp.DIV, change, seconds)


def _by_time(call: Call, fn: AggFn, value: Scalar) -> Scalar:
    return null(value.type) if call.time is None else call.aggregate(fn, value, call.time, kind=value.type)


def _time_of(call: Call, fn: AggFn, value: Scalar) -> Scalar:
    if call.time is None:
        return null(FieldType.NUMBER)
    return call.aggregate(fn, Case(((IsNull(value), null(FieldType.NUMBER)),), call.time, FieldType.NUMBER))
