"""Tables written as text: a line of names, then lines of values under them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.repeated import BETWEEN

_UNCLEAN: Final = re.compile(r"[^A-Za-z0-9]")
_WORD: Final = re.compile(r"\S+")


@kernel("table_rows")
def table_rows(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The rows of the table in a text, each as one value: its line, then names and values in turn; null of no table.

    Settings: line of the names (0: the first with several words), 'none' for a table without names, the only fields
    wanted and words of which a row must hold one (each joined by blanks).
    """
    forced, nameless = int(settings[0]), settings[1] == "none"
    wanted, filters = settings[2].split(), [word.lower() for word in settings[3].split()]
    return [_rows(text, forced, nameless, wanted, filters) for text in arrays[0].to_pylist()]


def _rows(text: str | None, forced: int, nameless: bool, wanted: list[str], filters: list[str]) -> list[str] | None:
    lines = [] if text is None else text.splitlines()
    names: list[str] = []
    start = 0
    if not nameless:
        places = [forced - 1] if forced else range(len(lines))
        header = next((at for at in places if at < len(lines) and len(lines[at].split()) > 1), None)
        if header is None:
            return None
        names, start = [_named(word) for word in lines[header].split()], header + 1
    found: list[str] = []
    for line in lines[start:]:
        if not line.strip():
            if found:
                break
            continue
        if filters and not any(word in line.lower() for word in filters):
            continue
        found.append(BETWEEN.join([line, *_cells(line, names, wanted)]))
    return found or None


def _cells(line: str, names: list[str], wanted: list[str]) -> list[str]:
    """Names and values in turn; the last name gets the rest of the line."""
    columns = names or [f"Column_{place}" for place in range(1, len(line.split()) + 1)]
    values = [match[0] for match in _WORD.finditer(line)]
    if len(values) > len(columns):
        rest = list(_WORD.finditer(line))[len(columns) - 1]
        values = [*values[: len(columns) - 1], line[rest.start() :].rstrip()]
    cells: list[str] = []
    for name, value in zip(columns, values, strict=False):
        if not wanted or name in wanted:
            cells += [name, value]
    return cells


def _named(word: str) -> str:
    return _UNCLEAN.sub("_", word).strip("_") or word


@kernel("table_cells")
def table_cells(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The names and values in turn of a row made by ``table_rows``; null of none."""
    return [None if row is None else row.split(BETWEEN)[1:] or None for row in arrays[0].to_pylist()]
