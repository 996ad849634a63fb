"""Which of some phrases and whole terms occur in each text of a batch, in one pass over its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick, MatchKind

from bootwatch.match.segments import BREAKERS, CODES

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.int64]

_BREAKS: Final = np.isin(np.arange(256), list(BREAKERS.encode()))
_PERCENT: Final = 0x25
_CODE_SIZES: Final = tuple({len(code) + 1 for code in CODES})


@dataclass(frozen=True, slots=True)
class Question:
    """Does ``text`` (not empty) occur? With ``whole``: as an index term, between breakers or the text's ends."""

    text: str
    whole: bool = False


def occurring(texts: pa.StringArray, questions: tuple[Question, ...]) -> Masks:
    """For each text a number whose bit ``i`` is set where the answer to ``questions[i]`` (at most 63) is yes.

    Bytes are compared, so case counts. Of a null text nothing is true.
    """
    masks = np.zeros(len(texts), np.int64)
    _, offset_buffer, data = texts.buffers()
    if data is None or len(texts) == 0:
        return masks
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    low, high = int(offsets[0]), int(offsets[-1])
    flat = np.frombuffer(data, np.uint8)[low:high]
    matches = _automaton(questions).find_matches_as_indexes(flat.data, overlapping=True)
    if not matches:
        return masks
    table = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches))
    found, starts, ends = table[0::3], table[1::3], table[2::3]
    # Matches come by their ends: those of one text are neighbours.
    edges = offsets.astype(np.int64) - low
    cuts = np.searchsorted(ends, edges, side="right")
    counts = np.diff(cuts)
    begins, stops = np.repeat(edges[:-1], counts), np.repeat(edges[1:], counts)
    # Texts lie side by side: what runs over an end occurs in neither.
    inside = np.flatnonzero(starts >= begins)
    codes = found[inside]
    held = _bits(questions, whole=False)[codes]
    terms = _bits(questions, whole=True)[codes]
    asked = np.flatnonzero(terms)
    rows = inside[asked]
    whole = _ends_right(flat, ends[rows], stops[rows])
    whole &= _begins_right(flat, starts[rows], begins[rows], _apart(questions)[codes[asked]])
    held[asked[whole]] |= terms[asked[whole]]
    bits = np.zeros(len(starts), np.int64)
    bits[inside] = held
    some = np.flatnonzero(counts)
    masks[some] = np.bitwise_or.reduceat(bits, cuts[some])
    return masks


def _ends_right(flat: Bytes, ends: Masks, stops: Masks) -> Flags:
    after = flat[np.minimum(ends, len(flat) - 1)]
    return (ends >= stops) | _BREAKS[after]


def _begins_right(flat: Bytes, starts: Masks, begins: Masks, apart: Flags) -> Flags:
    """``apart``: behind a percent sign the match may be the rest of a code, so that only a whole code parts it."""
    before = flat[np.maximum(starts - 1, 0)]
    right: Flags = (starts == begins) | (_BREAKS[before] & ~(apart & (before == _PERCENT)))
    coded = np.flatnonzero(~right)
    lead = [(flat[np.maximum(starts[coded] - size, 0)] == _PERCENT) for size in _CODE_SIZES]
    coded = coded[np.logical_or.reduce(lead)]
    if not len(coded):
        return right
    for code in CODES:
        spelled = b"%" + code.encode()
        places = coded[starts[coded] - len(spelled) >= begins[coded]]
        for step, byte in enumerate(spelled):
            seen = flat[starts[places] - len(spelled) + step]
            places = places[(seen == byte) | ((seen | 0x20) == byte) & (byte >= 0x61)]
        right[places] = True
    return right


@lru_cache(maxsize=64)
def _texts(questions: Sequence[Question]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(question.text for question in questions))


@lru_cache(maxsize=64)
def _apart(questions: Sequence[Question]) -> Flags:
    """Which of the texts may be the end of a code."""
    return np.array([text.lower().startswith(CODES) for text in _texts(questions)], np.bool_)


@lru_cache(maxsize=64)
def _automaton(questions: Sequence[Question]) -> BytesAhoCorasick:
    return BytesAhoCorasick([text.encode() for text in _texts(questions)], matchkind=MatchKind.Standard)


@lru_cache(maxsize=128)
def _bits(questions: Sequence[Question], *, whole: bool) -> Masks:
    """For each text the bits of the questions of this kind about it."""
    found = np.zeros(len(_texts(questions)), np.int64)
    for bit, question in enumerate(questions):
        if question.whole is whole:
            found[_texts(questions).index(question.text)] |= np.int64(1) << bit
    return found
