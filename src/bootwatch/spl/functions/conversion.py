"""Conversion functions (Search Reference, "Conversion functions")."""

from __future__ import annotations

import re
from typing import Final

from bootwatch.algebra.scalars import Call, Case, Const, Fn, IsNull, Kernel, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import SCALAR, TEXT, VALUE, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, numeric, string

_NOTATIONS: Final = frozenset({"hex", "commas", "duration", "binary"})
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_BASES: Final = range(2, 37)


@function("tonumber", least=1, most=2)
def tonumber(call: Written) -> Value:
    """``tonumber(text[, base])``: the number a text spells, in base 2 to 36 (10); null where it spells none."""
    if len(call.args) == 1:
        value = call.args[0]
        written = value.scalar.value if value.literal and isinstance(value.scalar, Const) else None
        if isinstance(written, str) and _NUMBER.match(written) is None:
            call.invalid(0)
        return numeric(value.number())
    base = call.args[1].scalar
    if not (isinstance(base, Const) and isinstance(base.value, float) and base.value in _BASES):
        call.fail("the base of tonumber must be a whole number from 2 to 36", arg=1)
    return numeric(Kernel("number_of_base", (call.args[0].text(),), (str(int(base.value)),), FieldType.NUMBER))


@function("tostring", least=1, most=2, kinds=(VALUE, TEXT))
def tostring(call: Written) -> Value:
    """``tostring(x[, "hex"|"commas"|"duration"|"binary"])``: as text; without a notation an absent value is Null."""
    value = call.args[0]
    if len(call.args) == 1:
        if value.kind is Kind.NULL:
            return string(text("Null"))
        absent = IsNull(value.scalar)
        return string(Case(((absent, text("Null")),), value.text(), FieldType.TEXT))
    name = call.constant(1, "one of hex, commas, duration, binary")
    if name not in _NOTATIONS:
        call.fail("argument 2 of tostring must be one of hex, commas, duration, binary", arg=1)
    return string(Kernel("notation", (value.number(),), (name,), FieldType.TEXT))


@function("toint", least=1, kinds=(SCALAR,))
def toint(call: Written) -> Value:
    """``toint(x)``: the number rounded down; null where it is none."""
    return numeric(Call(Fn.FLOOR, (call.args[0].number(),), FieldType.INTEGER))


@function("todouble", least=1, kinds=(SCALAR,))
def todouble(call: Written) -> Value:
    """``todouble(x)``: the value as a number; null where it is none."""
    return numeric(call.args[0].number())
