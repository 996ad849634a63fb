"""Time functions of ``eval`` (semantics C10)."""

from __future__ import annotations

import time

from . import clock
from .calls import Env, function
from .values import Num, Value, as_number, as_text


@function("now", 0, 0, "a", "num")
def _now(env: Env, args: list[Value]) -> Value:
    return Num(float(int(env.clock.now)))


@function("time", 0, 0, "a", "num")
def _time(env: Env, args: list[Value]) -> Value:
    return Num(round(time.time(), 6))


@function("relative_time", 2, 2, "nt", "num")
def _relative_time(env: Env, args: list[Value]) -> Value:
    number = as_number(args[0])
    return None if number is None else Num(clock.relative(number.value, as_text(args[1]), env.clock))


@function("strftime", 2, 2, "nt", "str")
def _strftime(env: Env, args: list[Value]) -> Value:
    number = as_number(args[0])
    return None if number is None else clock.strftime(number.value, as_text(args[1]), env.clock)


@function("strptime", 2, 2, "t", "num")
def _strptime(env: Env, args: list[Value]) -> Value:
    """Epoch seconds, shown with six decimals (C10)."""
    instant = clock.strptime(as_text(args[0]), as_text(args[1]), env.clock)
    return None if instant is None else Num(instant, 6, 16, f"{instant:.6f}")
