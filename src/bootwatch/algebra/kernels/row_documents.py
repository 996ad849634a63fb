"""Rows as JSON objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.algebra.kernels.fixed import shown
from bootwatch.algebra.kernels.json_documents import Json, NotJson, member, read, write
from bootwatch.algebra.kernels.spelling import WHOLE

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TRUTH: Final = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}


class _Left(Exception):
    """A value its type has no place for: the member is left out."""


def _auto(text: str) -> Json:
    if text in ("true", "false"):
        return text == "true"
    return member(text, "any")


def _bool(text: str) -> Json:
    if text.lower() not in _TRUTH:
        raise _Left
    return _TRUTH[text.lower()]


def _json(text: str) -> Json:
    try:
        return read(text)
    except NotJson:
        raise _Left from None


def _num(text: str) -> Json:
    if _NUMBER.fullmatch(text) is None:
        raise _Left
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < WHOLE else number


_TYPES: Final[dict[str, Callable[[str], Json]]] = {
    "auto": _auto,
    "bool": _bool,
    "json": _json,
    "num": _num,
    "str": lambda text: text,
}


@kernel("row_json")
def row_json(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A JSON object of a row's fields. Settings: 'null' to write absent fields, then a name and a type for each.

    A value its type has no place for (num, bool, json) is left out. Several values are an array.
    """
    empty = settings[0] == "null"
    names, types = settings[1::2], [_TYPES[name] for name in settings[2::2]]
    found: list[object] = []
    for row in rows(arrays):
        members: dict[str, Json] = {}
        for name, convert, cell in zip(names, types, row, strict=True):
            try:
                if cell is not None or empty:
                    members[name] = _member(cell, convert)
            except _Left:
                continue
        found.append(write(members))
    return found


def _member(cell: object, convert: Callable[[str], Json]) -> Json:
    if cell is None:
        return None
    if isinstance(cell, list):
        values = [convert(value) for value in cell]
        return values[0] if len(values) == 1 else values
    return convert(shown(cell) if isinstance(cell, float) else str(cell))
