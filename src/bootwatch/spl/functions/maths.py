"""Mathematical functions (Search Reference, "Mathematical functions")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Compare,
    Const,
    Fn,
    IsNull,
    Kernel,
    Op,
    Scalar,
    ToNumber,
    ToText,
    null,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, integer, numeric, product_precision, sum_precision

_PI: Final = Const(3.14159265358, FieldType.NUMBER)
_DIGITS: Final = 17
"""No double has more; rounding to more decimals changes only how many are shown."""


def _one(call: Written, fn: Fn, type_: FieldType = FieldType.NUMBER) -> Value:
    return numeric(Call(fn, (call.args[0].number(),), type_))


@function("abs", least=1, kinds=(NUMBER,))
def abs_(call: Written) -> Value:
    """``abs(n)``: the absolute value; its decimals are those of the argument."""
    kind = FieldType.INTEGER if call.args[0].type is FieldType.INTEGER else FieldType.NUMBER
    found = _one(call, Fn.ABS, kind)
    return sum_precision(found.scalar, call.args[0], numeric(integer(0)))


@function("ceil", "ceiling", least=1, kinds=(NUMBER,))
def ceil(call: Written) -> Value:
    """``ceil(n)``: the smallest whole number not below n."""
    return _one(call, Fn.CEIL, FieldType.INTEGER)


@function("floor", least=1, kinds=(NUMBER,))
def floor(call: Written) -> Value:
    """``floor(n)``: the largest whole number not above n."""
    return _one(call, Fn.FLOOR, FieldType.INTEGER)


@function("round", least=1, most=2, kinds=(NUMBER, NUMBER))
def round_(call: Written) -> Value:
    """``round(n[, places])``: rounded half away from zero in decimal; with places it shows exactly that many."""
    value = call.args[0].number()
    if len(call.args) == 1:
        return numeric(Call(Fn.ROUND, (value, integer(0)), FieldType.INTEGER))
    places = call.args[1].number()
    if not isinstance(places, Const):
        # Where a field says how many places, printing does the rounding.
        few = Case(((Compare(Op.LT, places, integer(0)), null(FieldType.INTEGER)),), places, FieldType.INTEGER)
        shown = Case(((IsNull(few), null()),), ToText(value, few), FieldType.TEXT)
        return _with_places(ToNumber(shown), few)
    if not isinstance(places.value, float) or not places.value.is_integer() or places.value < 0:
        call.invalid(1)
    if places.value == 0:
        return numeric(Call(Fn.ROUND, (value, integer(0)), FieldType.INTEGER))
    rounded = value if places.value > _DIGITS else Call(Fn.ROUND, (value, places), FieldType.NUMBER)
    return _with_places(rounded, places)


def _with_places(of: Scalar, places: Scalar) -> Value:
    """A number that shows so many decimals, and as many figures as it then has digits."""
    return replace(sum_precision(of, Value(of, Kind.NUMBER, decimals=places), numeric(of)), computed=False)


@function("exact", least=1, kinds=(NUMBER,))
def exact(call: Written) -> Value:
    """``exact(n)``: the number with all its digits, free of the rule that limits the decimals shown."""
    return numeric(call.args[0].number())


@function("sigfig", least=1, kinds=(NUMBER,))
def sigfig(call: Written) -> Value:
    """``sigfig(n)``: rounded to the significant figures of the least precise number n was computed from."""
    figures, decimals = call.args[0].precision()
    value = call.args[0].number()
    if figures is None:
        return numeric(value)
    rounded = Kernel("significant", (value, figures), (), FieldType.NUMBER)
    return Value(rounded, Kind.NUMBER, figures=figures, decimals=decimals)


@function("exp", least=1, kinds=(NUMBER,))
def exp(call: Written) -> Value:
    """``exp(n)``: e to the power of n."""
    return _one(call, Fn.EXP)


@function("ln", least=1, kinds=(NUMBER,))
def ln(call: Written) -> Value:
    """``ln(n)``: natural logarithm; null for n of zero or less."""
    return _one(call, Fn.LN)


@function("log", least=1, most=2, kinds=(NUMBER, NUMBER))
def log(call: Written) -> Value:
    """``log(n[, base])``: logarithm, base 10 unless given; null outside the domain."""
    if len(call.args) == 1:
        return _one(call, Fn.LOG10)
    value, base = (arg.number() for arg in call.args)
    over, under = (Call(Fn.LOG10, (of,), FieldType.NUMBER) for of in (value, base))
    quotient = Arithmetic(ArithmeticOp.DIV, over, under)
    # log(125,5) is 3, which the quotient of two rounded logarithms misses by its last bit.
    near = Call(Fn.ROUND, (quotient, integer(0)), FieldType.NUMBER)
    exact = Compare(Op.EQ, Call(Fn.POW, (base, near), FieldType.NUMBER), value)
    return numeric(Case(((exact, near),), quotient, FieldType.NUMBER))


@function("pow", least=2, kinds=(NUMBER,))
def pow_(call: Written) -> Value:
    """``pow(x, y)``: x to the power of y, shown like a product; null where it is no real number."""
    left, right = call.args
    return product_precision(Call(Fn.POW, (left.number(), right.number()), FieldType.NUMBER), left, right)


@function("sqrt", least=1, kinds=(NUMBER,))
def sqrt(call: Written) -> Value:
    """``sqrt(n)``: square root; null for negative n."""
    return _one(call, Fn.SQRT)


@function("pi", least=0)
def pi(call: Written) -> Value:
    """``pi()``: the constant, 3.14159265358."""
    del call
    return Value(_PI, Kind.NUMBER, literal=True)
