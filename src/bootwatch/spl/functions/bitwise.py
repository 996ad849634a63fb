"""Bitwise functions on whole numbers from 0 to 2^53-1 (Search Reference, "Bitwise functions")."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import Call, Case, Compare, Const, Fn, IsNull, Kernel, Op, Or, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Value, integer, numeric

_ALL: Final = Const(float(2**53 - 1), FieldType.INTEGER)


def _bits(call: Written, fn: Fn) -> Value:
    first, *rest = (arg.number() for arg in call.args)
    bad = Or(tuple(_not_bits(arg) for arg in (first, *rest)))
    found: Scalar = first
    for arg in rest:
        found = Call(fn, (found, arg), FieldType.INTEGER)
    return numeric(Case(((bad, null(FieldType.INTEGER)),), found, FieldType.INTEGER))


def _not_bits(of: Scalar) -> Scalar:
    """Not a whole number from 0 to 2^53-1."""
    whole = Compare(Op.NE, of, Call(Fn.FLOOR, (of,), FieldType.INTEGER))
    return Or((IsNull(of), whole, Compare(Op.LT, of, integer(0)), Compare(Op.GT, of, _ALL)))


@function("bit_and", least=2, most=None, kinds=(NUMBER,))
def bit_and(call: Written) -> Value:
    """``bit_and(a, b, …)``: bitwise AND of whole numbers from 0 to 2^53-1; null for anything else."""
    return _bits(call, Fn.BIT_AND)


@function("bit_or", least=2, most=None, kinds=(NUMBER,))
def bit_or(call: Written) -> Value:
    """``bit_or(a, b, …)``: bitwise OR of whole numbers from 0 to 2^53-1; null for anything else."""
    return _bits(call, Fn.BIT_OR)


@function("bit_xor", least=2, most=None, kinds=(NUMBER,))
def bit_xor(call: Written) -> Value:
    """``bit_xor(a, b, …)``: bitwise exclusive OR of whole numbers from 0 to 2^53-1; null for anything else."""
    return _bits(call, Fn.BIT_XOR)


@function("bit_not", least=1, most=2, kinds=(NUMBER,))
def bit_not(call: Written) -> Value:
    """``bit_not(a[, mask])``: every bit inverted, of the 53 an integer has or of those the mask keeps."""
    of = call.args[0].number()
    mask: Scalar = call.args[1].number() if len(call.args) == 2 else _ALL
    inverted = Call(Fn.BIT_AND, (Call(Fn.BIT_XOR, (of, _ALL), FieldType.INTEGER), mask), FieldType.INTEGER)
    bad = Or((_not_bits(of), _not_bits(mask)))
    return numeric(Case(((bad, null(FieldType.INTEGER)),), inverted, FieldType.INTEGER))


@function("bit_shift_left", least=2, kinds=(NUMBER,))
def bit_shift_left(call: Written) -> Value:
    """``bit_shift_left(a, n)``: a times 2 to the power of n; bits beyond 53 are lost."""
    return numeric(Kernel("bit_shift", (call.args[0].number(), call.args[1].number()), ("left",), FieldType.INTEGER))


@function("bit_shift_right", least=2, kinds=(NUMBER,))
def bit_shift_right(call: Written) -> Value:
    """``bit_shift_right(a, n)``: a divided by 2 to the power of n, without its remainder."""
    return numeric(Kernel("bit_shift", (call.args[0].number(), call.args[1].number()), ("right",), FieldType.INTEGER))
