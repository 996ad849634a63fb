"""Mathematical, statistical and bit functions of ``eval`` (semantics C7)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from .calls import MANY, Env, function
from .values import (
    Dual,
    Num,
    Value,
    as_number,
    as_text,
    digits_before_point,
    product,
    round_half_up,
    show_float,
)


def _plain(name: str, compute: Callable[..., float], arity: int = 1) -> None:
    """A function of full precision; outside its domain the answer is null."""

    @function(name, arity, arity, "n", "num")
    def body(env: Env, args: list[Value]) -> Value:
        numbers = [as_number(arg) for arg in args]
        if None in numbers:
            return None
        try:
            value = compute(*(n.value for n in numbers if n is not None))
        except (ValueError, ZeroDivisionError):
            return None
        except OverflowError:
            return Num(math.inf)
        return None if math.isnan(value) else Num(float(value))


for _one in (math.sin, math.cos, math.tan, math.asin, math.acos, math.atan, math.sinh, math.cosh, math.tanh):
    _plain(_one.__name__, _one)
for _one in (math.asinh, math.acosh, math.atanh, math.exp, math.sqrt):
    _plain(_one.__name__, _one)
_plain("atan2", math.atan2, 2)
_plain("hypot", math.hypot, 2)
_plain("ln", math.log)
_plain("ceil", math.ceil)
_plain("ceiling", math.ceil)
_plain("floor", math.floor)


@function("abs", 1, 1, "n", "num")
def _abs(env: Env, args: list[Value]) -> Value:
    number = as_number(args[0])
    return None if number is None else Num(abs(number.value), number.decimals, number.figures)


@function("log", 1, 2, "n", "num")
def _log(env: Env, args: list[Value]) -> Value:
    number, base = as_number(args[0]), as_number(args[1]) if len(args) == 2 else Num(10.0)
    if number is None or base is None or number.value <= 0 or base.value <= 0 or base.value == 1:
        return None
    return Num(math.log10(number.value) if base.value == 10 else math.log(number.value) / math.log(base.value))


@function("pow", 2, 2, "n", "num")
def _pow(env: Env, args: list[Value]) -> Value:
    base, power = as_number(args[0]), as_number(args[1])
    if base is None or power is None:
        return None
    try:
        return product(math.pow(base.value, power.value), (base, power))
    except ValueError:
        return None
    except OverflowError:
        return Num(-math.inf if base.value < 0 and power.value % 2 else math.inf)


@function("round", 1, 2, "n", "num")
def _round(env: Env, args: list[Value]) -> Value:
    """Half up in decimal, away from zero; with places the result keeps them (``round(10,2)`` is 10.00)."""
    number, places = as_number(args[0]), as_number(args[1]) if len(args) == 2 else Num(0.0)
    if number is None or places is None or places.value < 0:
        return None
    decimals = int(places.value)
    text = round_half_up(number.value, decimals)
    if decimals == 0:
        return Num(float(text))
    value = float(text)
    return Num(value, decimals, max(1, decimals + digits_before_point(value)), text)


@function("exact", 1, 1, "n", "num")
def _exact(env: Env, args: list[Value]) -> Value:
    number = as_number(args[0])
    return None if number is None else Num(number.value)


@function("sigfig", 1, 1, "n", "num")
def _sigfig(env: Env, args: list[Value]) -> Value:
    """The number at its significant figures, whole places included: ``sigfig(1.00*1111)`` is 1110."""
    number = as_number(args[0])
    if number is None or number.figures is None or not number.value:
        return number
    places = number.figures - digits_before_point(number.value)
    text = round_half_up(number.value, places)
    return Num(float(text), max(0, places), number.figures, text if places > 0 else show_float(float(text)))


@function("pi", 0, 0, "n", "num")
def _pi(env: Env, args: list[Value]) -> Value:
    return Num(3.14159265358)


@function("random", 0, 0, "n", "num")
def _random(env: Env, args: list[Value]) -> Value:
    return Num(float(random.randrange(2**31)))


def _rank(value: Value) -> tuple[int, float, str]:
    number = as_number(value)
    return (1, 0.0, as_text(value)) if number is None else (0, number.value, "")


def _spread(args: list[Value]) -> list[Value]:
    """Arguments with nulls dropped and multivalues taken apart."""
    spread: list[Value] = []
    for arg in args:
        spread += [Dual(v) for v in arg] if isinstance(arg, list) else [] if arg is None else [arg]
    return spread


@function("min", 1, MANY, "a", "branches", nulls=True, multi=True)
def _min(env: Env, args: list[Value]) -> Value:
    return min(_spread(args), key=_rank, default=None)


@function("max", 1, MANY, "a", "branches", nulls=True, multi=True)
def _max(env: Env, args: list[Value]) -> Value:
    return max(_spread(args), key=_rank, default=None)


@function("sum", 1, MANY, "n", "num", nulls=True, multi=True)
def _sum(env: Env, args: list[Value]) -> Value:
    """In full, as avg: the display rule speaks of operators and pow (C3)."""
    numbers = [n for n in map(as_number, _spread(args)) if n is not None]
    return Num(float(sum(n.value for n in numbers))) if numbers else None


@function("avg", 1, MANY, "n", "num", nulls=True, multi=True)
def _avg(env: Env, args: list[Value]) -> Value:
    numbers = [n for n in map(as_number, _spread(args)) if n is not None]
    return Num(sum(n.value for n in numbers) / len(numbers)) if numbers else None


def _bits(name: str, compute: Callable[[int, int], int], most: int) -> None:
    """A function of non-negative integers, folded from the left; anything else is null."""

    @function(name, 2, most, "n", "num")
    def body(env: Env, args: list[Value]) -> Value:
        whole = [n for n in map(as_number, args) if n is not None and n.value >= 0 and n.value == int(n.value)]
        if len(whole) < len(args):
            return None
        result = int(whole[0].value)
        for number in whole[1:]:
            result = compute(result, int(number.value))
        return Num(float(result))


_bits("bit_and", lambda a, b: a & b, MANY)
_bits("bit_or", lambda a, b: a | b, MANY)
_bits("bit_xor", lambda a, b: a ^ b, MANY)
_bits("bit_shift_left", lambda a, b: a << b, 2)
_bits("bit_shift_right", lambda a, b: a >> b, 2)


@function("bit_not", 1, 1, "n", "num")
def _bit_not(env: Env, args: list[Value]) -> Value:
    """Every bit of a 53-bit integer turned over."""
    number = as_number(args[0])
    if number is None or number.value < 0 or number.value != int(number.value):
        return None
    return Num(float(~int(number.value) & (2**53 - 1)))
