"""Values split into several."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
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
