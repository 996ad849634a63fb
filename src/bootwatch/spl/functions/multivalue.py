"""Multivalue eval functions (Search Reference, "Multivalue eval functions")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bootwatch.algebra.kernels.scalar_text import MAX_DEPTH, depth, encode
from bootwatch.algebra.scalars import (
    Call,
    Case,
    Column,
    Const,
    Fn,
    IsNull,
    Kernel,
    Scalar,
    children,
    columns_of,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.expressions import Binary, Expression, FieldName, FunctionCall, Unary
from bootwatch.spl.functions.conditional import convert
from bootwatch.spl.functions.registry import CONDITION, NUMBER, SCALAR, TEXT, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import Kind, Value, anything, integer, numeric, string

if TYPE_CHECKING:
    from bootwatch.spl.lower import Lowerer

_MAYBE: Final = SCALAR | {Kind.NULL}
_MOST_INSIDE: Final = 8
_FAR: Final = 2**31


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
    if isinstance(at, float) and at.is_integer() and 0 <= at < _FAR:  # as after split(), by far the most frequent
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


@function("mvmap", least=2, kinds=(SCALAR, _MAYBE))
def mvmap(call: Written) -> Value:
    """``mvmap(field, expression)``: what the expression makes of each value, which it sees under the field's own name.

    A result that is absent is left out, one of several values gives them all. In place of the field may stand an
    expression about exactly one, such as ``mvindex(field,0,1)``.
    """
    name = _only_field(call, f"argument 1 of {call.name}")
    made = _over(call, name, 1).value(call.written[1])
    several = made.type is FieldType.MULTI
    return _each(call, "map_values", name, call.args[0], made.scalar if several else made.text())


@function("mvfilter", least=1, kinds=(CONDITION | {Kind.NULL},))
def mvfilter(call: Written) -> Value:
    """``mvfilter(condition)``: the values for which the condition is true, which is about exactly one field.

    Null where there are none.
    """
    name = _only_field(call, f"the condition of {call.name}")
    kind = call.lowerer.fields.type_of(name)
    of = Value(null() if kind is None else Column(name, kind))
    return _each(call, "filter_values", name, of, _over(call, name, 0).condition(call.written[0]))


def _only_field(call: Written, what: str) -> str:
    names = {node.name for node in _parts(call.written[0]) if isinstance(node, FieldName)}
    if len(names) != 1:
        call.fail(f"{what} must be about exactly one field", arg=0)
    return names.pop()


def _over(call: Written, name: str, arg: int) -> Lowerer:
    """Plans an argument that sees one value of a field at a time."""
    calls = [node.name for node in _parts(call.written[arg]) if isinstance(node, FunctionCall)]
    if "searchmatch" in calls:
        call.unsupported(f"searchmatch inside {call.name} is not supported")
    # An argument is planned once as any other and once here, so nesting would take twice the time at each level.
    if sum(name in ("mvmap", "mvfilter") for name in calls) > _MOST_INSIDE:
        call.unsupported(f"more than {_MOST_INSIDE} mvmap and mvfilter inside one {call.name} are not supported")
    return replace(call.lowerer, fields=call.lowerer.fields.with_fields({name: FieldType.TEXT}))


def _each(call: Written, kernel: str, name: str, of: Value, scalar: Scalar) -> Value:
    if depth(scalar) > MAX_DEPTH:
        call.unsupported(f"an expression inside {call.name} that nests as deeply as this one is not supported")
    read = {node.name: node for node in _nodes(scalar) if isinstance(node, Column)}
    further = [read[other] for other in sorted(columns_of(scalar) - {name})]
    settings = (encode(scalar), name, *(column.name for column in further))
    return anything(Kernel(kernel, (_list(of), *further), settings, FieldType.MULTI))


def _parts(written: Expression) -> Iterator[Expression]:
    """An expression and everything inside it."""
    stack: list[Expression] = [written]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Unary():
                stack.append(node.operand)
            case Binary():
                stack += (node.left, node.right)
            case FunctionCall():
                stack += node.args


def _nodes(scalar: Scalar) -> Iterator[Scalar]:
    stack = [scalar]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))
