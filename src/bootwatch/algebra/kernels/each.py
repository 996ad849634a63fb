"""Expressions over each value of a multivalue: what ``mvmap`` and ``mvfilter`` do (Search Reference)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.evaluation import Cell, Cells, each_value
from bootwatch.algebra.kernels.scalar_text import decode


@kernel("map_values")
def map_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """What an expression makes of each value, absent results left out: list, further columns.

    Settings: the expression as text, the name its value has in it, the names of the further columns.
    """
    lists, made = _each(arrays, settings, notes)
    return [None if values is None else _flat(cells) or None for values, cells in zip(lists, made, strict=True)]


@kernel("filter_values")
def filter_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The values for which a condition is true, null where there are none: list, further columns.

    Settings: as ``map_values``.
    """
    lists, hits = _each(arrays, settings, notes)
    return [
        [value for value, hit in zip(values or (), found, strict=True) if hit is True] or None
        for values, found in zip(lists, hits, strict=True)
    ]


def _each(
    arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]
) -> tuple[list[list[str] | None], list[list[Cell]]]:
    text, item, *names = settings
    lists, *further = (array.to_pylist() for array in arrays)
    columns: Mapping[str, Cells] = dict(zip(names, further, strict=True))
    return lists, each_value(lists, item, decode(text), columns, notes)


def _flat(cells: list[Cell]) -> list[Cell]:
    """Results in order; one that is several values itself gives them all."""
    return [part for cell in cells if cell is not None for part in (cell if isinstance(cell, list) else (cell,))]
