"""Informational functions: what a value is (Search Reference, "Informational functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import (
    Call,
    Case,
    Compare,
    Const,
    Fn,
    IsNull,
    Not,
    Op,
    Scalar,
    ToNumber,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.functions.registry import function
from bootwatch.spl.lower_terms import all_of
from bootwatch.spl.values import Kind, Value, boolean, integer, numeric, string


def _present(value: Value) -> Scalar:
    return Const(False, FieldType.BOOL) if value.kind is Kind.NULL else Not(IsNull(value.scalar))


def _is_number(value: Value) -> Scalar:
    """A number literal, a numeric column, or a field whose text is a number; a string literal never is."""
    if value.type.numeric:
        return _present(value)
    if value.kind is Kind.STRING or value.type in (FieldType.BOOL, FieldType.MULTI):
        return Const(False, FieldType.BOOL)
    return Not(IsNull(ToNumber(value.scalar)))


@function("isnull", least=1)
def isnull(call: Written) -> Value:
    """``isnull(x)``: whether the field is absent; an empty string is a value."""
    return boolean(Not(_present(call.args[0])))


@function("isnotnull", least=1)
def isnotnull(call: Written) -> Value:
    """``isnotnull(x)``: whether the field exists."""
    return boolean(_present(call.args[0]))


@function("isnum", least=1)
def isnum(call: Written) -> Value:
    """``isnum(x)``: whether the value is a number; a field whose text looks like one is, a string literal is not."""
    return boolean(_is_number(call.args[0]))


@function("isstr", least=1)
def isstr(call: Written) -> Value:
    """``isstr(x)``: whether the value exists and is neither a number nor a boolean."""
    value = call.args[0]
    if value.type is FieldType.BOOL:
        return boolean(Const(False, FieldType.BOOL))
    return boolean(all_of([_present(value), Not(_is_number(value))]))


def _whole(value: Value) -> Scalar:
    number = value.number()
    return Compare(Op.EQ, number, Call(Fn.FLOOR, (number,), FieldType.INTEGER))


@function("isint", least=1)
def isint(call: Written) -> Value:
    """``isint(x)``: whether the value is a whole number."""
    value = call.args[0]
    return boolean(
        Call(Fn.COALESCE, (all_of([_is_number(value), _whole(value)]), Const(False, FieldType.BOOL)), FieldType.BOOL)
    )


@function("isdouble", least=1)
def isdouble(call: Written) -> Value:
    """``isdouble(x)``: whether the value is a number with decimals."""
    value = call.args[0]
    found = all_of([_is_number(value), Not(_whole(value))])
    return boolean(Call(Fn.COALESCE, (found, Const(False, FieldType.BOOL)), FieldType.BOOL))


@function("isbool", least=1)
def isbool(call: Written) -> Value:
    """``isbool(x)``: whether the expression is a condition."""
    return boolean(Const(call.args[0].kind is Kind.BOOL, FieldType.BOOL))


@function("ismv", least=1)
def ismv(call: Written) -> Value:
    """``ismv(x)``: whether the field holds more than one value."""
    value = call.args[0]
    if value.type is not FieldType.MULTI:
        return boolean(Const(False, FieldType.BOOL))
    count = Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER)
    return boolean(Call(Fn.COALESCE, (Compare(Op.GT, count, integer(1)), Const(False, FieldType.BOOL)), FieldType.BOOL))


@function("mvcount", least=1)
def mvcount(call: Written) -> Value:
    """``mvcount(x)``: how many values the field holds; null if it is absent."""
    value = call.args[0]
    if value.kind is Kind.NULL:
        call.invalid(0)
    if value.type is FieldType.MULTI:
        return numeric(Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER))
    absent = Const(None, FieldType.INTEGER)
    return numeric(Case(((IsNull(value.scalar), absent),), integer(1), FieldType.INTEGER))


@function("typeof", least=1)
def typeof(call: Written) -> Value:
    """``typeof(x)``: Number, String, Bool, Multivalue, or Invalid for a field that is absent."""
    value = call.args[0]
    if value.kind is Kind.NULL:
        return string(text("Invalid"))
    if value.type is FieldType.BOOL:
        return string(Case(((IsNull(value.scalar), text("Invalid")),), text("Bool"), FieldType.TEXT))
    branches: list[tuple[Scalar, Scalar]] = [(IsNull(value.scalar), text("Invalid"))]
    if value.type is FieldType.MULTI:
        count = Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER)
        branches.append((Compare(Op.GT, count, integer(1)), text("Multivalue")))
    else:
        branches.append((_is_number(value), text("Number")))
    return string(Case(tuple(branches), text("String"), FieldType.TEXT))
