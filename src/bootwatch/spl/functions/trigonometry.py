"""Trigonometric and hyperbolic functions (Search Reference, "Trigonometric and Hyperbolic functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Call, Fn
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Value, numeric


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
        return numeric(Call(fn, (call.args[0].number(),), FieldType.NUMBER))

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
