"""Arithmetic over several values and on bits, value by value over a batch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_BITS: Final = 53


def _numbers(row: tuple[object, ...]) -> list[float]:
    """Every numeric value of a row's cells, lists included."""
    found: list[float] = []
    for cell in row:
        for text in cell if isinstance(cell, list) else (cell,):
            if isinstance(text, str) and _NUMBER.fullmatch(text):
                found.append(float(text))
    return found


@kernel("sum_of_values")
def sum_of_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The sum of all numeric values of a row's cells; null where there is none."""
    return [sum(values) if (values := _numbers(row)) else None for row in rows(arrays)]


@kernel("mean_of_values")
def mean_of_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The mean of all numeric values of a row's cells; null where there is none."""
    return [sum(values) / len(values) if (values := _numbers(row)) else None for row in rows(arrays)]


@kernel("extreme")
def extreme(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The least or greatest of a row's cells, values of lists included, as it is written; null where all are absent.

    Settings: least or greatest; what is above the other, text or numbers; then for each cell ``text`` if it is text
    even where it looks like a number, else ``any``.
    """
    greatest, text_above, kinds = settings[0] == "greatest", settings[1] == "text", settings[2:]
    found: list[str | None] = []
    for row in rows(arrays):
        ranked = [
            (_rank(text, kind, text_above=text_above), text)
            for cell, kind in zip(row, kinds, strict=True)
            for text in (cell if isinstance(cell, list) else (cell,))
            if isinstance(text, str)
        ]
        if not ranked:
            found.append(None)
        else:
            best = max(ranked, key=itemgetter(0)) if greatest else min(ranked, key=itemgetter(0))
            found.append(best[1])
    return found


def _rank(text: str, kind: str, *, text_above: bool) -> tuple[bool, float, str]:
    if kind == "any" and _NUMBER.fullmatch(text):
        return (not text_above, float(text), "")
    return (text_above, 0.0, text)


@kernel("significant")
def significant(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A number rounded to significant figures; without figures as it is."""
    return [
        _significant(value, figures)
        for value, figures in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


def _significant(value: float | None, figures: float | None) -> float | None:
    if value is None or figures is None or value == 0 or not math.isfinite(value):
        return value
    return float(f"{value:.{max(1, int(figures)) - 1}e}")


@kernel("bit_shift")
def bit_shift(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A whole number from 0 to 2^53-1 shifted by a whole number of bits. Settings: left or right."""
    left = settings[0] == "left"
    return [_shift(a, n, left=left) for a, n in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)]


def _shift(value: float | None, count: float | None, *, left: bool) -> float | None:
    if value is None or count is None or not value.is_integer() or not count.is_integer():
        return None
    if not 0 <= value < 2**_BITS or not 0 <= count <= _BITS:
        return None
    shifted = int(value) << int(count) if left else int(value) >> int(count)
    return float(shifted & (2**_BITS - 1))
