"""Values split into several, and rows counted against a limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel
from bootwatch.errors import EngineError
from bootwatch.match import pcre


@kernel("split_values")
def split_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The pieces of every value of a list; null of none. Settings: delimiter, 'empty' to keep empty pieces."""
    delimiter, empty = settings[0], settings[1] == "empty"
    return [
        None if values is None else [p for value in values for p in value.split(delimiter) if p or empty] or None
        for values in arrays[0].to_pylist()
    ]


@kernel("token_values")
def token_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The first group of every match in every value; a list without a match stays.

    Settings: pattern, 'empty' to keep empty groups.
    """
    empty = settings[1] == "empty"
    found: list[object] = []
    for values in arrays[0].to_pylist():
        tokens = pcre.over(values or [], settings[0], lambda regex, text: pcre.all_groups(regex, text, 1, 0), notes)
        kept = [token for group in tokens for token in group or () if token or empty]
        found.append(kept or values)
    return found


@kernel("within")
def within(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """Whether a number is at most a limit; one that is not leaves a message. Settings: limit, message."""
    inside = arrays[0].to_numpy(zero_copy_only=False) <= float(settings[0])
    if not inside.all() and settings[1] not in notes:
        notes.append(settings[1])
    return pa.array(np.asarray(inside, dtype=bool))


@kernel("ascending")
def ascending(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """A number that is nowhere below the one before it: number, the one before. Settings: what to say if it is."""
    if pc.any(pc.less(arrays[0], arrays[1])).as_py():
        raise EngineError(settings[0])
    return arrays[0]
