"""Rules meet texts: what the patterns of a profile find in a batch, gathered field by field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.vendors.profile import AV, CSV, REST, Extract, field_of

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STRING: Final = pa.string()
# Arrow looks for pandas, at every call, to understand a plain Python value.
_BLANK: Final = pa.scalar(" ")


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
        some = np.flatnonzero(_told(values) if at is None else _told(values) & (at[rows] < 0))
        if len(some):
            at = self._column(name)
            at[rows[some]] = some + self._count[name]
            self._pieces[name].append(values)
            self._count[name] += len(values)

    def put_every(self, name: str, rows: Rows, text: str) -> None:
        """One text for all of ``rows``."""
        if len(rows):
            at = self._column(name)
            at[rows[at[rows] < 0]] = self._count[name]
            self._pieces[name].append(pa.array([text], _STRING))
            self._count[name] += 1

    def told(self, name: str) -> tuple[Rows, pa.StringArray]:
        """The rows that have a value so far, and the values."""
        at = self._at.get(name)
        if at is None:
            return np.zeros(0, np.int64), pa.array([], _STRING)
        rows = np.flatnonzero(at >= 0)
        return rows, pa.concat_arrays(self._pieces[name]).take(pa.array(at[rows]))

    def lacking(self, names: Iterable[str], rows: Rows) -> Rows:
        """The places in ``rows`` of those that lack one of these fields."""
        lack = np.zeros(len(rows), np.bool_)
        for name in names:
            at = self._at.get(name)
            if at is None:
                return np.arange(len(rows))
            lack |= at[rows] < 0
        return np.flatnonzero(lack)

    def keep(self, name: str, rows: Rows) -> None:
        """Forget what was found for other rows than these."""
        at = self._at.get(name)
        if at is not None:
            kept = np.full(self._size, -1, np.int64)
            kept[rows] = at[rows]
            self._at[name] = kept

    def clear(self, name: str) -> None:
        self._at.pop(name, None)

    def column(self, name: str) -> pa.StringArray:
        at = self._at.get(name)
        if at is None:
            return pa.nulls(self._size, _STRING)
        return pa.concat_arrays(self._pieces[name]).take(pa.array(at, mask=at < 0))

    def _column(self, name: str) -> Rows:
        at = self._at.get(name)
        if at is None:
            at = self._at[name] = np.full(self._size, -1, np.int64)
            self._pieces[name], self._count[name] = [], 0
        return at


def apply(rules: Iterable[Extract], texts: pa.Array, rows: Rows, needed: frozenset[str], found: Found) -> None:
    """Put into ``found`` what the rules say of ``texts``, which are those of ``rows``; earlier rules win."""
    for rule in rules:
        lacking = found.lacking(rule.names & needed, rows)
        if rule.gate is not None and len(lacking):
            shut = texts if len(lacking) == len(rows) else texts.take(pa.array(lacking))
            lacking = lacking[pc.match_substring(shut, rule.gate).to_numpy(zero_copy_only=False)]
        if len(lacking) == 0:
            continue
        some, those = texts, rows
        if len(lacking) < len(rows):
            some, those = texts.take(pa.array(lacking)), rows[lacking]
        matched, values = _match(rule, some)
        for name, value in values:
            if name in needed:
                found.put(name, those, value)
        constants = [(name, text) for name, text in rule.constants if name in needed]
        if constants:
            if matched is not None:
                those = those[matched.to_numpy(zero_copy_only=False)]
            for name, text in constants:
                found.put_every(name, those, text)


def groups_of(texts: pa.Array, pattern: str) -> list[pa.StringArray]:
    """The named groups of ``pattern`` in each text; null where it does not match, empty where a group did not."""
    found: list[pa.StringArray] = pc.extract_regex(texts, pattern).flatten()
    return found


def _match(rule: Extract, texts: pa.Array) -> tuple[pa.BooleanArray | None, list[tuple[str, pa.StringArray]]]:
    """Which texts the pattern matches (None: no pattern, so all), and what its groups say of which field."""
    if rule.pattern is None:
        return None, []
    if not rule.groups:
        return pc.match_substring_regex(texts, rule.pattern), []
    found = pc.extract_regex(texts, rule.pattern)
    values = [
        (field_of(group), _as_written(group, value)) for group, value in zip(rule.groups, found.flatten(), strict=True)
    ]
    rest = [value for name, value in values if name == REST]
    if rest:
        values = [
            (name, pc.binary_join_element_wise(value, *rest, _BLANK) if name == "command" else value)
            for name, value in values
        ]
    return found.is_valid(), values


def _as_written(group: str, values: pa.StringArray) -> pa.StringArray:
    """Values without the marks their source puts inside them."""
    if group.endswith(CSV):
        return pc.replace_substring(values, '""', '"')
    if group.endswith(AV):
        return pc.replace_substring_regex(values, r"(^|\s)Cmd(?:Arg)?AV=", r"\1")
    return values


def _told(values: pa.StringArray) -> Flags:
    """Which values are neither null nor empty."""
    _, offsets, _ = values.buffers()
    if len(values) == 0 or offsets is None:
        return np.zeros(len(values), np.bool_)
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    told: Flags = ends[1:] > ends[:-1]
    if values.null_count:
        told &= values.is_valid().to_numpy(zero_copy_only=False)
    return told
