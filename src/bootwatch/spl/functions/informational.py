"""Informational functions: what a value is (Search Reference, "Informational functions")."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import (
    FALSE,
    Call,
    Case,
    Compare,
    Const,
    Fn,
    IsNull,
    Matches,
    Not,
    Op,
    Scalar,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import parse
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.functions.registry import function
from bootwatch.spl.lower_terms import all_of, settled
from bootwatch.spl.values import Kind, Value, boolean, integer, string

_WHOLE: Final = parse(r"^[+-]?\d+$")


def _present(value: Value) -> Scalar:
    return FALSE if value.kind is Kind.NULL else Not(IsNull(value.scalar))


def _is_number(value: Value) -> Scalar:
    """A number literal, a numeric column, or a field whose only value looks like one; a string literal never is."""
    if value.type.numeric:
        return _present(value)
    if value.kind in (Kind.STRING, Kind.NULL) or value.type is FieldType.BOOL:
        return FALSE
    return Not(IsNull(value.number()))


def _is_several(value: Value) -> Scalar:
    if value.type is not FieldType.MULTI:
        return FALSE
    count = Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER)
    return settled(Compare(Op.GT, count, integer(1)))


@function("isnull", least=1)
def isnull(call: Written) -> Value:
    """``isnull(x)``: whether the field is absent; an empty string is a value."""
    return boolean(Not(_exists(call)))


@function("isnotnull", least=1)
def isnotnull(call: Written) -> Value:
    """``isnotnull(x)``: whether the field exists."""
    return boolean(_exists(call))


def _exists(call: Written) -> Scalar:
    value = call.args[0]
    present = _present(value)
    if call.context.switches.empty_is_value or value.type is not FieldType.TEXT:
        return present
    return all_of([present, settled(Compare(Op.NE, value.scalar, text("")))])


@function("isnum", least=1)
def isnum(call: Written) -> Value:
    """``isnum(x)``: whether the value is a number; a field whose text looks like one is, a string literal is not."""
    return boolean(_is_number(call.args[0]))


@function("isstr", least=1)
def isstr(call: Written) -> Value:
    """``isstr(x)``: whether the value is one text and no number; several values are no text."""
    value = call.args[0]
    if value.type is FieldType.BOOL:
        return boolean(FALSE)
    return boolean(all_of([_present(value), Not(_is_number(value)), Not(_is_several(value))]))


def _is_whole(value: Value) -> Scalar:
    """Whether the number prints without decimals: 5 and 4/2 do, 5.0 as text or as a literal does not."""
    return settled(Matches(value.text(), _WHOLE)) if value.kind is not Kind.NULL else FALSE


@function("isint", least=1)
def isint(call: Written) -> Value:
    """``isint(x)``: whether the value is a number written without decimals."""
    value = call.args[0]
    return boolean(all_of([_is_number(value), _is_whole(value)]))


@function("isdouble", least=1)
def isdouble(call: Written) -> Value:
    """``isdouble(x)``: whether the value is a number written with decimals or an exponent."""
    value = call.args[0]
    return boolean(all_of([_is_number(value), Not(_is_whole(value))]))


@function("isbool", least=1)
def isbool(call: Written) -> Value:
    """``isbool(x)``: whether the expression is a condition."""
    return boolean(Const(call.args[0].kind is Kind.BOOL, FieldType.BOOL))


@function("ismv", least=1)
def ismv(call: Written) -> Value:
    """``ismv(x)``: whether the field holds more than one value."""
    return boolean(_is_several(call.args[0]))


@function("typeof", least=1)
def typeof(call: Written) -> Value:
    """``typeof(x)``: Number, String, Bool, Multivalue, or Invalid for a field that is absent."""
    value = call.args[0]
    if value.kind is Kind.NULL:
        return string(text("Invalid"))
    if value.type is FieldType.BOOL:
        return string(Case(((IsNull(value.scalar), text("Invalid")),), text("Bool"), FieldType.TEXT))
    branches: list[tuple[Scalar, Scalar]] = [
        (IsNull(value.scalar), text("Invalid")),
        (_is_several(value), text("Multivalue")),
        (_is_number(value), text("Number")),
    ]
    return string(Case(tuple(branches), text("String"), FieldType.TEXT))
