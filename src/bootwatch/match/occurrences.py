"""Which of some phrases and whole terms occur in each text of a batch, in one pass over its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    found, starts, ends = np.array(matches, np.int64).T
    rows = np.searchsorted(offsets, starts + low, side="right") - 1
    begins, stops = offsets[rows] - low, offsets[rows + 1] - low
    # Texts lie side by side: what runs over an end occurs in neither.
    inside = ends <= stops
    apart = [code for code, text in enumerate(_texts(questions)) if text.lower().startswith(CODES)]
    whole = inside & _ends_right(flat, ends, stops) & _begins_right(flat, starts, begins, np.isin(found, apart))
    for held, bits in ((inside, _bits(questions, whole=False)), (whole, _bits(questions, whole=True))):
        np.bitwise_or.at(masks, rows[held], bits[found[held]])
    return masks


def _ends_right(flat: Bytes, ends: Masks, stops: Masks) -> Flags:
    after = flat[np.minimum(ends, len(flat) - 1)]
    return (ends >= stops) | _BREAKS[after]


def _begins_right(flat: Bytes, starts: Masks, begins: Masks, apart: Flags) -> Flags:
    """``apart``: behind a percent sign the match may be the rest of a code, so that only a whole code parts it."""
    before = flat[np.maximum(starts - 1, 0)]
    right: Flags = (starts == begins) | (_BREAKS[before] & ~(apart & (before == _PERCENT)))
    for code in CODES:
        spelled = b"%" + code.encode()
        places = np.flatnonzero(~right & (starts - len(spelled) >= begins))
        for step, byte in enumerate(spelled):
            seen = flat[starts[places] - len(spelled) + step]
            places = places[(seen == byte) | ((seen | 0x20) == byte) & (byte >= 0x61)]
        right[places] = True
    return right


@lru_cache(maxsize=64)
def _texts(questions: Sequence[Question]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(question.text for question in questions))


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
