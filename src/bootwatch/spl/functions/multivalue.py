"""Multivalue eval functions (Search Reference, "Multivalue eval functions")."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import Call, Case, Const, Fn, IsNull, Kernel, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.conditional import convert
from bootwatch.spl.functions.registry import NUMBER, SCALAR, TEXT, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import Kind, Value, anything, integer, numeric, string

_MAYBE: Final = SCALAR | {Kind.NULL}


def _list(value: Value) -> Scalar:
    """A value as a list: one text is a list of one, an absent field is null."""
    return convert(value, FieldType.MULTI)


def _of_list(kernel: str, *args: Scalar) -> Value:
    return anything(Kernel(kernel, args, (), FieldType.MULTI))


@function("mvcount", least=1, kinds=(SCALAR,))
def mvcount(call: Written) -> Value:
    """``mvcount(x)``: how many values the field holds; null if it is absent."""
    value = call.args[0]
    if value.type is FieldType.MULTI:
        return numeric(Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER))
    absent = IsNull(value.scalar)
    return numeric(Case(((absent, null(FieldType.INTEGER)),), integer(1), FieldType.INTEGER))


@function("mvindex", least=2, most=3, kinds=(SCALAR, NUMBER))
def mvindex(call: Written) -> Value:
    """``mvindex(x, start[, end])``: the value at a zero-based position, or those from start to end, end included.

    Negative positions count from the end, -1 being the last. Null where start is outside; an end beyond the last value
    gives all that is left.
    """
    values, first = _list(call.args[0]), call.args[1].number()
    if len(call.args) == 3:
        return _of_list("values_between", values, first, call.args[2].number())
    at = first.value if isinstance(first, Const) else None
    if isinstance(at, float) and at.is_integer() and at >= 0:  # as after split(), by far the most frequent
        return anything(Call(Fn.LIST_ITEM, (values, integer(int(at) + 1)), FieldType.TEXT))
    return anything(Kernel("value_at", (values, first), (), FieldType.TEXT))


@function("mvappend", least=1, most=None, kinds=(_MAYBE,))
def mvappend(call: Written) -> Value:
    """``mvappend(x, …)``: the values of all arguments in order as one field; absent ones are passed over."""
    return anything(Call(Fn.LIST_APPEND, tuple(_list(arg) for arg in call.args), FieldType.MULTI))


@function("mvdedup", least=1, kinds=(SCALAR,))
def mvdedup(call: Written) -> Value:
    """``mvdedup(x)``: the values without repetitions, in the order they first come."""
    return _of_list("distinct_values", _list(call.args[0]))


@function("mvsort", least=1, kinds=(SCALAR,))
def mvsort(call: Written) -> Value:
    """``mvsort(x)``: the values in lexicographic order, so 10 comes before 9."""
    return _of_list("sort_values", _list(call.args[0]))


@function("mvreverse", least=1, kinds=(SCALAR,))
def mvreverse(call: Written) -> Value:
    """``mvreverse(x)``: the values from the last to the first."""
    return _of_list("reverse_values", _list(call.args[0]))


@function("mvfind", least=2, kinds=(SCALAR, TEXT))
def mvfind(call: Written) -> Value:
    """``mvfind(x, "regex")``: the zero-based position of the first value the pattern matches; null where none does."""
    pattern = call.args[1]
    if pattern.literal:
        call.lowerer.pattern(call.constant(1), call.written[1].span)
    return numeric(Kernel("find_value", (_list(call.args[0]), pattern.text()), (), FieldType.INTEGER))


@function("mvjoin", least=2, kinds=(SCALAR, TEXT))
def mvjoin(call: Written) -> Value:
    """``mvjoin(x, "delimiter")``: the values as one text with the delimiter between them."""
    values, delimiter = _list(call.args[0]), call.args[1].text()
    if isinstance(delimiter, Const):
        return string(Call(Fn.LIST_JOIN, (values, delimiter), FieldType.TEXT))
    return string(Kernel("join_values", (values, delimiter), (), FieldType.TEXT))


@function("mvzip", least=2, most=3, kinds=(SCALAR, SCALAR, TEXT))
def mvzip(call: Written) -> Value:
    """``mvzip(x, y[, "delimiter"])``: first with first, second with second …, joined by a comma unless said.

    It ends with the shorter field, and is null where either is absent.
    """
    delimiter = call.args[2].text() if len(call.args) == 3 else text(",")
    return _of_list("zip_values", _list(call.args[0]), _list(call.args[1]), delimiter)


@function("mvrange", least=2, most=3, kinds=(NUMBER, NUMBER, SCALAR))
def mvrange(call: Written) -> Value:
    """``mvrange(start, end[, step])``: numbers from start by step (1), the end left out; at most 100,000 for a row.

    A step with a unit of time such as ``7d`` is counted by the calendar, in the user's zone.
    """
    step = call.args[2].text() if len(call.args) == 3 else text("1")
    settings = (zone_name(call.context.clock.zone),)
    args = (call.args[0].number(), call.args[1].number(), step)
    return anything(Kernel("number_range", args, settings, FieldType.MULTI))


@function("commands", least=1, kinds=(TEXT,))
def commands(call: Written) -> Value:
    """``commands("search")``: the names of the commands in the text of a search, without those of its subsearches."""
    return _of_list("command_names", call.args[0].text())
