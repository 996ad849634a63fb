"""Comparison, and the conditional and informational functions (semantics C3 and C4)."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from .calls import MANY, Env, function
from .terms import parse_search
from .text import regex
from .values import Dual, Num, Value, as_number, as_text

_SIGNS = {"==": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


def compare(op: str, left: Value, right: Value) -> bool | None:
    """Null with null; any value of a multivalue; numbers where both are; else strings by bytes.

    A number never orders against text that is not one (U9): ``<`` and its kin are false both ways.
    """
    if left is None or right is None:
        return None
    if isinstance(left, list):
        return any(compare(op, Dual(v), right) for v in left)
    if isinstance(right, list):
        return any(compare(op, left, Dual(v)) for v in right)
    a, b = as_number(left), as_number(right)
    if a is not None and b is not None:
        return (a.value > b.value) - (a.value < b.value) in _SIGNS[op]
    if (a is None) != (b is None) and op not in ("==", "!="):
        return False
    x, y = as_text(left), as_text(right)
    return (x > y) - (x < y) in _SIGNS[op]


def _each(value: Value) -> list[str]:
    return value if isinstance(value, list) else [as_text(value)]


@function("if", 3, 3, "paa", "branches", nulls=True, multi=True)
def _if(env: Env, args: list[Value]) -> Value:
    return args[1] if args[0] is True else args[2]


@function("case", 2, MANY, "a", "branches", nulls=True, multi=True)
def _case(env: Env, args: list[Value]) -> Value:
    return next((v for c, v in zip(args[::2], args[1::2], strict=True) if c is True), None)


@function("validate", 2, MANY, "a", "branches", nulls=True, multi=True)
def _validate(env: Env, args: list[Value]) -> Value:
    return next((v for c, v in zip(args[::2], args[1::2], strict=True) if c is False), None)


@function("coalesce ifnull", 1, MANY, "a", "branches", nulls=True, multi=True)
def _coalesce(env: Env, args: list[Value]) -> Value:
    return next((v for v in args if v is not None), None)


@function("nullif", 2, 2, "a", "any", nulls=True, multi=True)
def _nullif(env: Env, args: list[Value]) -> Value:
    return None if compare("==", args[0], args[1]) else args[0]


@function("null", 0, 0, "a", "null")
def _null(env: Env, args: list[Value]) -> Value:
    return None


@function("true", 0, 0, "a", "bool")
def _true(env: Env, args: list[Value]) -> Value:
    return True


@function("false", 0, 0, "a", "bool")
def _false(env: Env, args: list[Value]) -> Value:
    return False


@function("isnull", 1, 1, "a", "bool", nulls=True, multi=True)
def _isnull(env: Env, args: list[Value]) -> Value:
    return args[0] is None


@function("isnotnull", 1, 1, "a", "bool", nulls=True, multi=True)
def _isnotnull(env: Env, args: list[Value]) -> Value:
    return args[0] is not None


@function("isnum", 1, 1, "a", "bool", nulls=True, multi=True)
def _isnum(env: Env, args: list[Value]) -> Value:
    return as_number(args[0]) is not None


@function("isstr", 1, 1, "a", "bool", nulls=True, multi=True)
def _isstr(env: Env, args: list[Value]) -> Value:
    return isinstance(args[0], str) and as_number(args[0]) is None


@function("isint", 1, 1, "a", "bool", nulls=True, multi=True)
def _isint(env: Env, args: list[Value]) -> Value:
    number = as_number(args[0])
    return number is not None and re.fullmatch(r"[+-]?\d+", as_text(args[0])) is not None


@function("isdouble", 1, 1, "a", "bool", nulls=True, multi=True)
def _isdouble(env: Env, args: list[Value]) -> Value:
    return as_number(args[0]) is not None and _isint(env, args) is False


@function("isbool", 1, 1, "a", "bool", nulls=True, multi=True)
def _isbool(env: Env, args: list[Value]) -> Value:
    return isinstance(args[0], bool)


@function("ismv", 1, 1, "a", "bool", nulls=True, multi=True)
def _ismv(env: Env, args: list[Value]) -> Value:
    return isinstance(args[0], list)


@function("typeof", 1, 1, "a", "str", nulls=True, multi=True)
def _typeof(env: Env, args: list[Value]) -> Value:
    value = args[0]
    if value is None or isinstance(value, list):
        return "Invalid" if value is None else "Multivalue"
    if isinstance(value, bool):
        return "Bool"
    return "Number" if as_number(value) is not None else "String"


@function("mvcount", 1, 1, "m", "num", multi=True)
def _mvcount(env: Env, args: list[Value]) -> Value:
    return Num(float(len(_each(args[0]))))


@function("like", 2, 2, "t", "bool", multi=True)
def _like(env: Env, args: list[Value]) -> Value:
    if isinstance(args[1], list):
        return None  # several values are no pattern (C5)
    pattern = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in as_text(args[1]))
    return any(re.fullmatch(pattern, text, re.DOTALL) for text in _each(args[0]))


@function("match", 2, 2, "t", "bool", multi=True)
def _match(env: Env, args: list[Value]) -> Value:
    if isinstance(args[1], list):
        return None
    pattern = regex(as_text(args[1]))
    return any(pattern.search(text) is not None for text in _each(args[0]))


@function("in", 2, MANY, "a", "bool", nulls=True, multi=True)
def _in(env: Env, args: list[Value]) -> Value:
    """Equal to one of them: an absent one makes it null unless another is equal, as OR of comparisons (C3)."""
    found = [compare("==", args[0], wanted) for wanted in args[1:]]
    return True if True in found else None if None in found else False


@function("cidrmatch", 2, 2, "t", "bool")
def _cidrmatch(env: Env, args: list[Value]) -> Value:
    try:
        return ip_address(as_text(args[1])) in ip_network(as_text(args[0]), strict=False)
    except ValueError:
        return False


@function("searchmatch", 1, 1, "s", "bool")
def _searchmatch(env: Env, args: list[Value]) -> Value:
    return parse_search(as_text(args[0]), env.clock).accepts(env.row)
