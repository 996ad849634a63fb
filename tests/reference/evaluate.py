"""Expressions over one row: static type checks (semantics C2), operators and three-valued logic (C3)."""

from __future__ import annotations

import math

from . import conditions, convert, maths, strings, times  # noqa: F401  # each registers its functions
from .calls import FUNCTIONS, Env
from .conditions import compare
from .grammar import Call, Literal, Node, Ref
from .values import Dual, Num, ReferenceError_, Value, as_number, as_text, product, total

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_LOGIC = ("AND", "OR", "XOR", "NOT")


def check(node: Node) -> str:
    """The static type: bool, num, str, null (surely null) or any; refuses what Splunk refuses before running."""
    if isinstance(node, Literal):
        return "num" if isinstance(node.value, Num) else "str"
    if isinstance(node, Ref):
        return "any"
    kinds = [check(arg) for arg in node.args]
    name = node.name
    if name in _LOGIC:
        if set(kinds) & {"num", "str"}:
            raise ReferenceError_(f"Type checking failed. '{name}' only takes boolean arguments.")
        return "bool"
    if name in _COMPARISONS:
        written = all(isinstance(arg, Literal) or check(arg) == "null" for arg in node.args)
        if (written or "bool" in kinds) and "any" not in kinds and kinds[0] != kinds[1]:
            raise ReferenceError_(f"Type checking failed. The '{name}' operator received different types.")
        return "bool"
    if name == "+":
        return _check_plus(kinds)
    if name == ".":
        if set(kinds) & {"null", "bool"}:
            raise ReferenceError_("Type checking failed. The '.' operator only takes strings and numbers.")
        return "str"
    if name in ("-", "*", "/", "%", "negative"):
        if set(kinds) & {"null", "bool", "str"}:
            raise ReferenceError_(f"Type checking failed. '{name.replace('negative', '-')}' only takes numbers.")
        return "num"
    return _check_function(node, kinds)


def _check_plus(kinds: list[str]) -> str:
    if "null" in kinds or "bool" in kinds or set(kinds) == {"str", "num"}:
        raise ReferenceError_("Type checking failed. '+' only takes two strings or two numbers.")
    return "str" if "str" in kinds else "num"


def _check_function(node: Call, kinds: list[str]) -> str:
    known = FUNCTIONS.get(node.name)
    if known is None:
        raise ReferenceError_(f"The '{node.name}' function is unsupported or undefined.")
    bad = not known.least <= len(kinds) <= known.most or (node.name in ("case", "validate") and len(kinds) % 2 == 1)
    refused = {
        "s": {"num", "null", "bool"},
        "t": {"bool"},
        "n": {"str", "null", "bool"},
        "p": {"num", "str"},
        "m": {"null"},
        "a": set(),
    }
    for at, kind in enumerate(kinds):
        bad = bad or kind in refused[known.kinds[min(at, len(known.kinds) - 1)]]
    first = node.args[0] if node.args else None
    if node.name == "tonumber" and len(kinds) == 1 and isinstance(first, Literal) and isinstance(first.value, str):
        bad = bad or as_number(Dual(first.value)) is None
    if bad:
        raise ReferenceError_(f"The arguments to the '{node.name}' function are invalid.")
    if known.result != "branches":
        return known.result
    branches = kinds[1:] if node.name == "if" else kinds[1::2] if node.name in ("case", "validate") else kinds
    real = set(branches) - {"null"}
    return real.pop() if len(real) == 1 else "any" if real else "null"


def evaluate(node: Node, env: Env) -> Value:
    """The value of an expression for one row; None is null."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Ref):
        held = env.row.get(node.name)
        return Dual(held) if isinstance(held, str) else held
    args = [evaluate(arg, env) for arg in node.args]
    name = node.name
    if name in _LOGIC:
        return _logic(name, args)
    if name in _COMPARISONS:
        return compare(name, args[0], args[1])
    if name == "." or (name == "+" and "str" in (check(node.args[0]), check(node.args[1]))):
        left, right = args
        if left is None or right is None or isinstance(left, list) or isinstance(right, list):
            return None
        return as_text(left) + as_text(right)
    if name in ("+", "-", "*", "/", "%", "negative"):
        return _arithmetic(name, args)
    known = FUNCTIONS[name]
    if not known.nulls and None in args:
        return None
    if not known.multi and any(isinstance(arg, list) for arg in args):
        return None
    return known.body(env, args)


def _logic(name: str, args: list[Value]) -> bool | None:
    """Three-valued: null propagates unless the other side decides."""
    known = [arg if isinstance(arg, bool) else None for arg in args]
    if name == "NOT":
        return None if known[0] is None else not known[0]
    if name == "AND":
        return False if False in known else None if None in known else True
    if name == "OR":
        return True if True in known else None if None in known else False
    return None if None in known else known[0] != known[1]


def _arithmetic(name: str, args: list[Value]) -> Value:
    numbers = [as_number(arg) for arg in args]
    operands = [n for n in numbers if n is not None]
    if len(operands) < len(numbers):
        return None
    if name == "negative":
        one = operands[0]
        return Num(-one.value if one.value else 0.0, one.decimals, one.figures)
    left, right = operands[0].value, operands[1].value
    if name in ("/", "%") and right == 0:
        return None
    if name == "%" and math.isinf(left):
        return None
    match name:
        case "+":
            return total(left + right, operands)
        case "-":
            return total(left - right, operands)
        case "%":
            return total(math.fmod(left, right), operands)
        case "*":
            return product(left * right, operands)
        case _:
            return product(left / right, operands)
