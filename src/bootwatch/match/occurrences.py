"""Which of some phrases occur in each text of a batch, in one pass over its bytes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick, MatchKind

Masks = npt.NDArray[np.int64]


def occurring(texts: pa.StringArray, phrases: tuple[str, ...]) -> Masks:
    """For each text a number whose bit ``i`` is set where ``phrases[i]`` (not empty, at most 63) occurs in it.

    Bytes are compared, so case counts. A null text has no phrase.
    """
    masks = np.zeros(len(texts), np.int64)
    _, offset_buffer, data = texts.buffers()
    if data is None or len(texts) == 0:
        return masks
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    low, high = int(offsets[0]), int(offsets[-1])
    flat = np.frombuffer(data, np.uint8)[low:high]
    matches = _automaton(phrases).find_matches_as_indexes(flat.data, overlapping=True)
    if not matches:
        return masks
    table = np.array(matches, np.int64)
    rows = np.searchsorted(offsets, table[:, 1] + low, side="right") - 1
    # Texts lie side by side: what runs over an end occurs in neither.
    inside = table[:, 2] + low <= offsets[rows + 1]
    np.bitwise_or.at(masks, rows[inside], np.left_shift(np.int64(1), table[inside, 0]))
    return masks


@lru_cache(maxsize=64)
def _automaton(phrases: tuple[str, ...]) -> BytesAhoCorasick:
    return BytesAhoCorasick([phrase.encode() for phrase in phrases], matchkind=MatchKind.Standard)
