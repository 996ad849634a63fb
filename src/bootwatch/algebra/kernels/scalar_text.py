"""A scalar as text and back, so that an expression can be a constant argument of a kernel."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import Enum
from functools import lru_cache
from typing import Any, Final, get_args

from bootwatch.algebra.scalars import ArithmeticOp, Fn, Op, Scalar, children
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import Regex, parse

MAX_DEPTH: Final = 100
"""Deepest nesting that is written; the decoder and the evaluation go down as deep."""
_NODES: Final = {node.__name__: node for node in get_args(Scalar)}
_ENUMS: Final[dict[str, type[Enum]]] = {enum.__name__: enum for enum in (ArithmeticOp, Fn, Op, FieldType)}

Part = str | float | bool | None | list["Part"]
"""What is written: values as they are, everything else a list that begins with what it is."""


def depth(scalar: Scalar) -> int:
    """How deep a scalar nests, 1 for one without parts."""
    deepest, level = 0, [scalar]
    while level:
        deepest += 1
        level = [child for node in level for child in children(node)]
        if deepest > MAX_DEPTH:
            break
    return deepest


def encode(scalar: Scalar) -> str:
    """The text of a scalar that nests no deeper than MAX_DEPTH."""
    return json.dumps(_written(scalar), ensure_ascii=False)


def _written(value: object) -> Part:
    match value:
        case tuple():
            return ["tuple", *map(_written, value)]
        case Enum():
            return ["enum", type(value).__name__, value.name]
        case Regex():
            return ["regex", value.source]
        case float():
            return ["float", repr(value)]  # JSON has no infinity
        case str() | bool() | int() | None:
            return value
        case _:
            name = type(value).__name__
            return ["node", name, *(_written(getattr(value, field.name)) for field in fields(_NODES[name]))]


@lru_cache(maxsize=256)
def decode(text: str) -> Scalar:
    """The scalar of a text made by :func:`encode`."""
    found: Scalar = _read(json.loads(text))
    return found


def _read(part: Part) -> Any:
    if not isinstance(part, list):
        return part
    kind, *rest = part
    match kind:
        case "tuple":
            return tuple(map(_read, rest))
        case "enum":
            return _ENUMS[str(rest[0])][str(rest[1])]
        case "regex":
            return parse(str(rest[0]))
        case "float":
            return float(str(rest[0]))
        case _:
            return _NODES[str(rest[0])](*map(_read, rest[1:]))
