"""Multivalues taken apart, joined and made: positions, delimiters, ranges (Search Reference, "Multivalue eval")."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bootwatch.algebra.kernels import kernel, rows
from bootwatch.algebra.kernels.fixed import shown
from bootwatch.algebra.kernels.regular import matching
from bootwatch.algebra.kernels.texts import valid
from bootwatch.errors import EngineError
from bootwatch.events.relative import RelativeTimeError, relative_time
from bootwatch.match import pcre
from bootwatch.match.regex import parse

MAX_VALUES: Final = 100_000
"""Values ``mvrange`` makes for one row; the rest is left out and ``notes`` says so."""
MAX_BATCH_VALUES: Final = 5_000_000
"""Values ``mvrange`` makes for a batch of rows."""
_PLAIN: Final = re.compile(r"[\w ,:;=@/<>&%~'\"!-]*")
_SPAN: Final = re.compile(r"([+-]?)(\d{1,9})([a-z]+)", re.ASCII | re.IGNORECASE)


@kernel("value_at")
def value_at(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The value at a position: list, zero-based position, negative from the end; null where there is none."""
    return [
        None if (at := _position(values, index)) is None else values[at]
        for values, index in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


@kernel("values_between")
def values_between(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The values from one position to another, both included: list, first, last; null where there are none.

    A first position outside the list gives null, a last one beyond it all that is left.
    """
    lists, firsts, lasts = (array.to_pylist() for array in arrays)
    return [_between(values, first, last) for values, first, last in zip(lists, firsts, lasts, strict=True)]


def _between(values: list[str] | None, first: float | None, last: float | None) -> list[str] | None:
    start = _position(values, first)
    if values is None or start is None or last is None or not last.is_integer():
        return None
    end = int(last) if last >= 0 else len(values) + int(last)
    return values[start : end + 1] or None if end >= 0 else None


def _position(values: list[str] | None, index: float | None) -> int | None:
    if values is None or index is None or not index.is_integer():
        return None
    at = int(index) if index >= 0 else len(values) + int(index)
    return at if 0 <= at < len(values) else None


@kernel("find_value")
def find_value(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The zero-based position of the first value a pattern of the row matches: list, pattern; null where none does."""
    lists, patterns = arrays[0].to_pylist(), arrays[1].to_pylist()
    if len(set(patterns)) == 1 and valid(patterns[0], notes):  # one written in the search: all values at once
        distinct = list(dict.fromkeys(chain.from_iterable(filter(None, lists))))  # a batch repeats its values
        hits = dict(zip(distinct, matching(distinct, parse(patterns[0]), notes), strict=True))
        return [None if values is None else _first([hits[value] for value in values]) for values in lists]
    return [
        None if values is None or pattern is None else _found(values, pattern, notes)
        for values, pattern in zip(lists, patterns, strict=True)
    ]


def _found(values: list[str], pattern: str, notes: list[str]) -> float | None:
    """For a pattern of a row: one without any sign of its own is looked for as it is."""
    if _PLAIN.fullmatch(pattern):
        return _first([pattern in value for value in values])
    if not valid(pattern, notes):
        return None
    return _first(pcre.over(values, pattern, lambda regex, text: regex.search(text) is not None, notes))


def _first(hits: Sequence[bool | None]) -> float | None:
    return float(hits.index(True)) if True in hits else None


@kernel("join_values")
def join_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The values with a delimiter of the row between them: list, delimiter; null of null."""
    return [
        None if values is None or delimiter is None else delimiter.join(values)
        for values, delimiter in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True)
    ]


@kernel("zip_values")
def zip_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Values of two lists joined pair by pair, as far as the shorter goes: list, list, delimiter; null of null."""
    lefts, rights, delimiters = (array.to_pylist() for array in arrays)
    return [
        None if None in (left, right, delimiter) else [f"{a}{delimiter}{b}" for a, b in zip(left, right, strict=False)]
        for left, right, delimiter in zip(lefts, rights, delimiters, strict=True)
    ]


@kernel("sort_values")
def sort_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The values in lexicographic order, by code point."""
    return [None if values is None else sorted(values) for values in arrays[0].to_pylist()]


@kernel("reverse_values")
def reverse_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The values from the last to the first."""
    return [None if values is None else values[::-1] for values in arrays[0].to_pylist()]


@kernel("number_range")
def number_range(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Numbers from a start to an end that is left out: start, end, step as text; null where there are none.

    A step with a unit of time such as ``7d`` is counted by the calendar. Settings: zone. Raises EngineError for more
    values than MAX_BATCH_VALUES.
    """
    zone = ZoneInfo(settings[0])
    made = 0
    found: list[list[str] | None] = []
    for start, end, step in rows(arrays):
        values = _range(start, end, step, zone, notes)
        made += len(values or ())
        if made > MAX_BATCH_VALUES:
            raise EngineError(f"mvrange makes more than {MAX_BATCH_VALUES:,} values for a batch of rows")
        found.append(values)
    return found


def _range(start: object, end: object, step: object, zone: ZoneInfo, notes: list[str]) -> list[str] | None:
    if not isinstance(start, float) or not isinstance(end, float) or not isinstance(step, str):
        return None
    if not math.isfinite(start) or not math.isfinite(end):
        return None
    values = [shown(number) for number in islice(_steps(start, end, step, zone), MAX_VALUES + 1)]
    if len(values) > MAX_VALUES:
        note = f"mvrange made more than {MAX_VALUES:,} values for a row; the rest is left out"
        if note not in notes:
            notes.append(note)
        del values[MAX_VALUES:]
    return values or None


def _steps(start: float, end: float, step: str, zone: ZoneInfo) -> Iterator[float]:
    """``start + n * step`` for n = 0, 1 … as long as it lies before the end, seen in the direction of the step."""
    span = _SPAN.fullmatch(step)
    try:
        width = float(step) if span is None else float(span[1] + span[2])
    except ValueError:
        return
    if not math.isfinite(width) or width == 0:
        return
    count, at = 0, start
    while (at < end) if width > 0 else (at > end):
        yield at
        count += 1
        if span is None:
            following = start + count * width
        else:
            try:
                following = relative_time(start, f"{span[1] or '+'}{count * int(span[2])}{span[3]}", zone)
            except RelativeTimeError:
                return
        if following == at:  # a step lost in the precision of a double would never end
            return
        at = following


@kernel("command_names")
def command_names(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The commands of a search in the order they stand, without those of its subsearches; null of null."""
    return [None if text is None else _commands(text) for text in arrays[0].to_pylist()]


_PIECE: Final = re.compile(r'"(?:\\.|[^"\\])*"?|[\[\]|]|[^"\[\]|]+', re.DOTALL)
_FIRST: Final = re.compile(r"\s*([A-Za-z_]\w*)(?=\s|\Z)", re.ASCII)


def _commands(text: str) -> list[str] | None:
    """A first stage that begins with no word of its own, such as ``index=x``, is one of the implied ``search``."""
    depth = 0
    stages = [""]
    for piece in _PIECE.findall(text):
        if piece == "|" and depth == 0:
            stages.append("")
            continue
        depth = max(0, depth + (piece == "[") - (piece == "]"))
        if depth == 0:
            stages[-1] += piece
    names = [found[1].lower() if (found := _FIRST.match(stage)) else "search" for stage in stages if stage.strip()]
    return names or None
