"""Conversion functions (Search Reference, "Conversion functions")."""

from __future__ import annotations

import re
from typing import Final

from bootwatch.algebra.kernels.printf import unknown
from bootwatch.algebra.scalars import (
    FALSE,
    TRUE,
    Call,
    Case,
    Compare,
    Const,
    Fn,
    InSet,
    IsNull,
    Kernel,
    Op,
    Scalar,
    ToMulti,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, SCALAR, TEXT, VALUE, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, anything, boolean, integer, numeric, string

_NOTATIONS: Final = frozenset({"hex", "commas", "duration", "binary"})
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_BASES: Final = range(2, 37)
_YES: Final = ("true", "t", "yes", "1")
_NO: Final = ("false", "f", "no", "0")


@function("tonumber", least=1, most=2, kinds=(SCALAR, NUMBER))
def tonumber(call: Written) -> Value:
    """``tonumber(text[, base])``: the number a text spells, in base 2 to 36 (10); null where it spells none."""
    value = call.args[0]
    base = _base(call)
    if base == integer(10):
        written = value.scalar.value if value.literal and isinstance(value.scalar, Const) else None
        if isinstance(written, str) and _NUMBER.match(written) is None:
            call.invalid(0)
        return value if value.kind is Kind.NUMBER else numeric(value.number())
    return numeric(Kernel("number_of_base", (value.text(), base), (), FieldType.INTEGER))


def _base(call: Written) -> Scalar:
    """The second argument, 10 where there is none."""
    base: Scalar = call.args[1].number() if len(call.args) == 2 else integer(10)
    if isinstance(base, Const) and base.value not in _BASES:
        call.fail(f"the base of {call.name} must be a whole number from 2 to 36", arg=1)
    return base


@function("tostring", least=1, most=2, kinds=(VALUE, TEXT))
def tostring(call: Written) -> Value:
    """``tostring(x[, "hex"|"commas"|"duration"|"binary"])``: as text; an absent value is ``Null``.

    Notations are for numbers: other text stays as it is. ``commas`` rounds to two decimals where there are any,
    ``duration`` is ``HH:MM:SS``, with days as ``1+02:03:04``.
    """
    value = call.args[0]
    name = None if len(call.args) == 1 else call.constant(1, "one of hex, commas, duration, binary")
    if name is not None and name not in _NOTATIONS:
        call.fail("argument 2 of tostring must be one of hex, commas, duration, binary", arg=1)
    if value.kind is Kind.NULL:
        return string(text("Null"))
    if value.type is FieldType.MULTI and name is None:
        return anything(Call(Fn.COALESCE, (value.scalar, ToMulti(text("Null"))), FieldType.MULTI))
    shown = value.text()
    if name is not None and value.kind is not Kind.BOOL:
        shown = Kernel("notation", (shown,), (name,), FieldType.TEXT)
    return string(Case(((IsNull(value.scalar), text("Null")),), shown, FieldType.TEXT))


@function("toint", least=1, most=2, kinds=(SCALAR, NUMBER))
def toint(call: Written) -> Value:
    """``toint(x[, base])``: the number rounded down; text is read in base 2 to 36 (10); null where it is none."""
    return numeric(Call(Fn.FLOOR, (_read(call),), FieldType.INTEGER))


@function("todouble", least=1, most=2, kinds=(SCALAR, NUMBER))
def todouble(call: Written) -> Value:
    """``todouble(x[, base])``: the value as a number; text is read in base 2 to 36 (10); null where it is none."""
    return numeric(_read(call))


def _read(call: Written) -> Scalar:
    """The first argument as a number; only text is read in a base."""
    value, base = call.args[0], _base(call)
    if base == integer(10) or value.kind is Kind.NUMBER:
        return value.number()
    return Kernel("number_of_base", (value.text(), base), (), FieldType.INTEGER)


@function("tobool", least=1, kinds=(VALUE,))
def tobool(call: Written) -> Value:
    """``tobool(x)``: a condition from true, t, yes or 1 and false, f, no or 0 in any case; a number is true unless 0.

    Null where it is neither.
    """
    value = call.args[0]
    if value.kind in (Kind.BOOL, Kind.NULL):
        return boolean(value.scalar if value.kind is Kind.BOOL else null(FieldType.BOOL))
    word = Call(Fn.LOWER, (value.text(),), FieldType.TEXT)
    branches: list[tuple[Scalar, Scalar]] = [(InSet(word, _YES), TRUE), (InSet(word, _NO), FALSE)]
    if value.kind is not Kind.STRING:
        branches.append((Compare(Op.NE, value.number(), integer(0)), TRUE))
        branches.append((Compare(Op.EQ, value.number(), integer(0)), FALSE))
    return boolean(Case(tuple(branches), null(FieldType.BOOL), FieldType.BOOL))


@function("printf", least=1, most=None, kinds=(TEXT, VALUE))
def printf(call: Written) -> Value:
    """``printf("format", …)``: C's conversions ``%a %c %d %e %f %g %i %o %p %s %u %x %z`` and their upper-case forms.

    Flags are ``' - 0 + #`` and space; width and precision may be ``*``. ``%s`` prints an absent value as ``Null``; a
    conversion to a number prints 0 for it and for text that is no number.
    """
    form, *values = call.args
    if isinstance(form.scalar, Const) and isinstance(form.scalar.value, str):
        found = unknown(form.scalar.value)
        if found is not None:
            call.fail(f"printf has no conversion '{found}'", arg=0, hint="a percent sign by itself is written %%")
    kinds = tuple("text" if value.kind is Kind.STRING else "any" for value in values)
    return string(Kernel("printf", (form.text(), *(value.text() for value in values)), kinds, FieldType.TEXT))


@function("ipmask", least=2, kinds=(TEXT, TEXT))
def ipmask(call: Written) -> Value:
    """``ipmask("255.255.255.0", ip)``: the bits of an IPv4 address that the mask keeps; null of anything else."""
    return string(Kernel("ip_mask", (call.args[0].text(), call.args[1].text()), (), FieldType.TEXT))
