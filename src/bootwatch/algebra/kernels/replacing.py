"""Values of a list replaced by other values."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.match import pcre


@kernel("replace_values")
def replace_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Each value of a list by the first pattern that matches it. Settings: pattern, replacement, for each in turn."""
    lists = arrays[0].to_pylist()
    flat: list[str | None] = [value for values in lists for value in values or ()]
    changed: list[str | None] = [None] * len(flat)
    for pattern, template in zip(settings[::2], settings[1::2], strict=True):
        waiting = [value if new is None else None for value, new in zip(flat, changed, strict=True)]
        made = _matching(waiting, f"(?s){pattern}", template, notes)
        changed = [old if new is None else new for old, new in zip(changed, made, strict=True)]
    result = iter([value if new is None else new for value, new in zip(flat, changed, strict=True)])
    return [None if values is None else [next(result) for _ in values] for values in lists]


def _matching(values: list[str | None], pattern: str, template: str, notes: list[str]) -> Sequence[str | None]:
    """The new value of each text that matches, null for any other."""
    hits = pcre.over(values, pattern, lambda regex, text: regex.search(text) is not None, notes)
    chosen = [value if hit else None for value, hit in zip(values, hits, strict=True)]
    return pcre.over(chosen, pattern, lambda regex, text: pcre.substitute(regex, text, template, 0), notes)
