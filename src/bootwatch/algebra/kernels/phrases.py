"""Phrases and terms found in texts, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.match.occurrences import Question, occurring


# Volatile: an engine that moved it into the predicate would run it again for every phrase asked about.
@kernel("occurring", volatile=True)
def find(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object] | pa.Array:
    """A number whose bit ``i`` answers the ``i``-th setting; null for a null text.

    Settings: ``=phrase``, does it occur, or ``|term``, does it stand whole.
    """
    del notes
    texts = arrays[0]
    questions = tuple(Question(setting[1:], whole=setting[0] == "|") for setting in settings)
    masks = pa.array(occurring(texts, questions)).cast(pa.float64())
    return masks if texts.null_count == 0 else _nulled(masks, texts)


def _nulled(masks: pa.Array, texts: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.if_else(pc.is_valid(texts), masks, None)
