"""Statistical eval functions, over the arguments of one row (Search Reference, "Statistical eval functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Call, Fn, Kernel, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import NUMBER, SCALAR, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Kind, Value, as_text, numeric


@function("min", least=1, most=None, kinds=(SCALAR,))
def min_(call: Written) -> Value:
    """``min(x, …)``: the smallest value, every value of a multivalue field counting; nulls are ignored.

    Numbers are below text; a string literal is text even where it looks like a number.
    """
    return _extreme(call, Fn.LEAST)


@function("max", least=1, most=None, kinds=(SCALAR,))
def max_(call: Written) -> Value:
    """``max(x, …)``: the largest value, every value of a multivalue field counting; nulls are ignored.

    Numbers are below text; a string literal is text even where it looks like a number.
    """
    return _extreme(call, Fn.GREATEST)


def _extreme(call: Written, fn: Fn) -> Value:
    if all(arg.type.numeric and arg.decimals is None for arg in call.args):
        whole = all(arg.type is FieldType.INTEGER for arg in call.args)
        kind = FieldType.INTEGER if whole else FieldType.NUMBER
        return numeric(Call(fn, tuple(arg.scalar for arg in call.args), kind))
    shown = tuple(arg.scalar if arg.type is FieldType.MULTI else arg.text() for arg in call.args)
    # Without the switch any number wins, so that of both the least is a number all the same.
    above = "text" if call.context.switches.text_above_numbers or fn is Fn.LEAST else "numbers"
    kinds = tuple("text" if arg.kind is Kind.STRING else "any" for arg in call.args)
    found = Kernel("extreme", shown, (fn.value, above, *kinds), FieldType.TEXT)
    return Value(found, Kind.STRING if set(kinds) == {"text"} else Kind.ANY)


@function("sum", least=1, most=None, kinds=(NUMBER,))
def sum_(call: Written) -> Value:
    """``sum(x, …)``: the sum of the numeric values, every value of a multivalue field; others are ignored."""
    return numeric(Kernel("sum_of_values", tuple(_values(arg) for arg in call.args), (), FieldType.NUMBER))


@function("avg", least=1, most=None, kinds=(NUMBER,))
def avg(call: Written) -> Value:
    """``avg(x, …)``: the mean of the numeric values, every value of a multivalue field; others are ignored."""
    return numeric(Kernel("mean_of_values", tuple(_values(arg) for arg in call.args), (), FieldType.NUMBER))


def _values(arg: Value) -> Scalar:
    return arg.scalar if arg.type is FieldType.MULTI else as_text(arg.scalar)


@function("random", least=0)
def random(call: Written) -> Value:
    """``random()``: a whole number from 0 to 2^31-1, a fresh one for each row."""
    del call
    return numeric(Call(Fn.RANDOM, (), FieldType.INTEGER))
