"""Rules meet texts: what the patterns of a profile find in a batch, gathered field by field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.vendors.profile import REST, Extract

Rows = npt.NDArray[np.int64]

_STRING: Final = pa.string()


class Found:
    """Values as they are found for the rows of a batch; what is found first for a row and a field stays."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._at: dict[str, Rows] = {}
        self._pieces: dict[str, list[pa.Array]] = {}
        self._count: dict[str, int] = {}

    def put(self, name: str, rows: Rows, values: pa.Array) -> None:
        """``values[i]`` for ``rows[i]``; a null or an empty text says nothing."""
        at = self._at.get(name)
        if at is None:
            at = self._at[name] = np.full(self._size, -1, np.int64)
            self._pieces[name], self._count[name] = [], 0
        told = pc.fill_null(pc.greater(pc.binary_length(values), 0), False).to_numpy(zero_copy_only=False)
        some = np.flatnonzero(told & (at[rows] < 0))
        at[rows[some]] = some + self._count[name]
        self._pieces[name].append(values)
        self._count[name] += len(values)

    def told(self, name: str) -> tuple[Rows, pa.StringArray]:
        """The rows that have a value so far, and the values."""
        at = self._at.get(name)
        if at is None:
            return np.zeros(0, np.int64), pa.array([], _STRING)
        rows = np.flatnonzero(at >= 0)
        return rows, pa.concat_arrays(self._pieces[name]).take(pa.array(at[rows]))

    def clear(self, name: str) -> None:
        self._at.pop(name, None)

    def column(self, name: str) -> pa.StringArray:
        at = self._at.get(name)
        if at is None:
            return pa.nulls(self._size, _STRING)
        return pa.concat_arrays(self._pieces[name]).take(pa.array(at, mask=at < 0))


def apply(rules: Iterable[Extract], texts: pa.Array, rows: Rows, needed: frozenset[str], found: Found) -> None:
    """Put into ``found`` what the rules say of ``texts``, which are those of ``rows``; earlier rules win."""
    for rule in rules:
        matched, values = _match(rule, texts)
        told = dict(zip(rule.groups, values, strict=True))
        if REST in told:
            told["command"] = pc.binary_join_element_wise(told["command"], told[REST], " ")
        for name, value in told.items():
            if name in needed:
                found.put(name, rows, value)
        for name, text in rule.constants:
            if name in needed:
                found.put(name, rows, pc.if_else(matched, text, pa.scalar(None, _STRING)))


def groups_of(texts: pa.Array, pattern: str) -> list[pa.StringArray]:
    """The named groups of ``pattern`` in each text; null where it does not match, empty where a group did not."""
    found: list[pa.StringArray] = pc.extract_regex(texts, pattern).flatten()
    return found


def _match(rule: Extract, texts: pa.Array) -> tuple[pa.BooleanArray, list[pa.StringArray]]:
    if rule.pattern is None:
        return pa.array(np.ones(len(texts), np.bool_)), []
    if not rule.groups:
        return pc.match_substring_regex(texts, rule.pattern), []
    found = pc.extract_regex(texts, rule.pattern)
    return found.is_valid(), found.flatten()
