"""Mathematical, statistical-eval and bit functions (Search Reference, "Mathematical functions" and siblings)."""

from __future__ import annotations

import math

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
    Not,
    Op,
    Or,
    Scalar,
    null,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, SCALAR, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, as_number, as_text, integer, numeric, product_precision

_MASK_BITS = 53


def _one(call: Written, fn: Fn, type_: FieldType = FieldType.NUMBER) -> Value:
    return numeric(Call(fn, (call.args[0].number(),), type_))


@function("abs", least=1, kinds=(NUMBER,))
def abs_(call: Written) -> Value:
    """``abs(n)``: the absolute value; its decimals are those of the argument."""
    kind = FieldType.INTEGER if call.args[0].type is FieldType.INTEGER else FieldType.NUMBER
    found = _one(call, Fn.ABS, kind)
    return Value(found.scalar, Kind.NUMBER, figures=call.args[0].figures, decimals=call.args[0].decimals)


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
    places = 0
    if len(call.args) == 2:
        given = call.args[1].scalar
        if not (isinstance(given, Const) and isinstance(given.value, float) and given.value.is_integer()):
            call.fail("the number of decimals of round must be a whole number written in the search", arg=1)
        places = int(given.value)
        if not 0 <= places <= 15:
            call.invalid(1)
    kind = FieldType.INTEGER if places == 0 else FieldType.NUMBER
    rounded = Call(Fn.ROUND, (call.args[0].number(), integer(places)), kind)
    if places == 0:
        return numeric(rounded)
    return Value(rounded, Kind.NUMBER, decimals=integer(places))


@function("exact", least=1, kinds=(NUMBER,))
def exact(call: Written) -> Value:
    """``exact(n)``: the number with all its digits, free of the rule that limits the decimals shown."""
    return Value(call.args[0].number(), Kind.NUMBER, literal=True)


@function("sigfig", least=1, kinds=(NUMBER,))
def sigfig(call: Written) -> Value:
    """``sigfig(n)``: rounded to the significant figures of the least precise number n was computed from."""
    figures, _ = call.args[0].precision()
    value = call.args[0].number()
    if figures is None:
        return numeric(value)
    return numeric(Kernel("significant", (value, figures), (), FieldType.NUMBER))


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
    over, under = (Call(Fn.LOG10, (arg.number(),), FieldType.NUMBER) for arg in call.args)
    return numeric(Arithmetic(ArithmeticOp.DIV, over, under))


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
    """``pi()``: the constant, to eleven digits."""
    del call
    return Value(Const(round(math.pi, 10), FieldType.NUMBER), Kind.NUMBER, literal=True)


@function("random", least=0)
def random(call: Written) -> Value:
    """``random()``: a whole number from 0 to 2^31-1, a fresh one for each row."""
    del call
    return numeric(Call(Fn.RANDOM, (), FieldType.INTEGER))


@function("hypot", least=2, kinds=(NUMBER,))
def hypot(call: Written) -> Value:
    """``hypot(x, y)``: the length of the hypotenuse, the square root of x² + y²."""
    first, second = (Arithmetic(ArithmeticOp.MUL, arg.number(), arg.number()) for arg in call.args)
    return numeric(Call(Fn.SQRT, (Arithmetic(ArithmeticOp.ADD, first, second),), FieldType.NUMBER))


@function("atan2", least=2, kinds=(NUMBER,))
def atan2(call: Written) -> Value:
    """``atan2(y, x)``: the angle of the point (x, y) in radians."""
    return numeric(Call(Fn.ATAN2, (call.args[0].number(), call.args[1].number()), FieldType.NUMBER))


def _declare(name: str, fn: Fn, meaning: str) -> None:
    def build(call: Written) -> Value:
        return _one(call, fn)

    build.__doc__ = f"``{name}(n)``: {meaning}; null outside the domain."
    function(name, least=1, kinds=(NUMBER,))(build)


for _name, _fn, _meaning in (
    ("sin", Fn.SIN, "sine of an angle in radians"),
    ("cos", Fn.COS, "cosine of an angle in radians"),
    ("tan", Fn.TAN, "tangent of an angle in radians"),
    ("asin", Fn.ASIN, "arc sine in radians"),
    ("acos", Fn.ACOS, "arc cosine in radians"),
    ("atan", Fn.ATAN, "arc tangent in radians"),
    ("sinh", Fn.SINH, "hyperbolic sine"),
    ("cosh", Fn.COSH, "hyperbolic cosine"),
    ("tanh", Fn.TANH, "hyperbolic tangent"),
    ("asinh", Fn.ASINH, "inverse hyperbolic sine"),
    ("acosh", Fn.ACOSH, "inverse hyperbolic cosine"),
    ("atanh", Fn.ATANH, "inverse hyperbolic tangent"),
):
    _declare(_name, _fn, _meaning)


# --- several arguments


@function("min", least=1, most=None, kinds=(SCALAR,))
def min_(call: Written) -> Value:
    """``min(x, …)``: the smallest value; nulls are ignored, numbers are below text, string literals are text."""
    return _extreme(call, Fn.LEAST)


@function("max", least=1, most=None, kinds=(SCALAR,))
def max_(call: Written) -> Value:
    """``max(x, …)``: the largest value; nulls are ignored, numbers are below text, string literals are text."""
    return _extreme(call, Fn.GREATEST)


def _extreme(call: Written, fn: Fn) -> Value:
    if all(arg.type.numeric for arg in call.args):
        whole = all(arg.type is FieldType.INTEGER for arg in call.args)
        kind = FieldType.INTEGER if whole else FieldType.NUMBER
        return numeric(Call(fn, tuple(arg.scalar for arg in call.args), kind))
    numbers = [null(FieldType.NUMBER) if arg.kind is Kind.STRING else arg.number() for arg in call.args]
    texts: list[Scalar] = []
    for arg, value in zip(call.args, numbers, strict=True):
        if arg.type.numeric:
            continue
        shown = arg.text()
        texts.append(shown if arg.kind is Kind.STRING else Case(((Not(IsNull(value)), null()),), shown, FieldType.TEXT))
    number_text = as_text(Call(fn, tuple(numbers), FieldType.NUMBER))
    if not texts:
        return numeric(Call(fn, tuple(numbers), FieldType.NUMBER))
    word = Call(fn, tuple(texts), FieldType.TEXT)
    order = (number_text, word) if fn is Fn.LEAST else (word, number_text)
    return Value(Call(Fn.COALESCE, order, FieldType.TEXT), Kind.ANY)


@function("sum", least=1, most=None, kinds=(NUMBER,))
def sum_(call: Written) -> Value:
    """``sum(x, …)``: the sum of the numeric values, every value of a multivalue field; others are ignored."""
    return numeric(_total(call))


@function("avg", least=1, most=None, kinds=(NUMBER,))
def avg(call: Written) -> Value:
    """``avg(x, …)``: the mean of the numeric values, every value of a multivalue field; others are ignored."""
    lists = [_values(arg) for arg in call.args]
    return numeric(Kernel("mean_of_values", tuple(lists), (), FieldType.NUMBER))


def _total(call: Written) -> Scalar:
    return Kernel("sum_of_values", tuple(_values(arg) for arg in call.args), (), FieldType.NUMBER)


def _values(arg: Value) -> Scalar:
    return arg.scalar if arg.type is FieldType.MULTI else as_text(arg.scalar)


# --- bits


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
    limit = Const(float(2**_MASK_BITS - 1), FieldType.INTEGER)
    return Or((IsNull(of), whole, Compare(Op.LT, of, integer(0)), Compare(Op.GT, of, limit)))


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


@function("bit_not", least=1, kinds=(NUMBER,))
def bit_not(call: Written) -> Value:
    """``bit_not(a)``: every bit of a 53-bit whole number inverted."""
    mask = Const(float(2**_MASK_BITS - 1), FieldType.INTEGER)
    of = as_number(call.args[0].scalar)
    found = Call(Fn.BIT_XOR, (of, mask), FieldType.INTEGER)
    return numeric(Case(((_not_bits(of), null(FieldType.INTEGER)),), found, FieldType.INTEGER))


@function("bit_shift_left", least=2, kinds=(NUMBER,))
def bit_shift_left(call: Written) -> Value:
    """``bit_shift_left(a, n)``: a times 2 to the power of n; bits beyond 53 are lost."""
    return numeric(Kernel("bit_shift", (call.args[0].number(), call.args[1].number()), ("left",), FieldType.INTEGER))


@function("bit_shift_right", least=2, kinds=(NUMBER,))
def bit_shift_right(call: Written) -> Value:
    """``bit_shift_right(a, n)``: a divided by 2 to the power of n, without its remainder."""
    return numeric(Kernel("bit_shift", (call.args[0].number(), call.args[1].number()), ("right",), FieldType.INTEGER))
