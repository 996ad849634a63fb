"""Rows counted against a limit, rows that must come in an order, and what every row has alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel
from bootwatch.errors import EngineError


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


@kernel("constant_values")
def constant_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> pa.Array:
    """The settings as a list in every row; the argument only says how many rows there are."""
    count, width = len(arrays[0]), len(settings)
    offsets = pa.array(np.arange(0, (count + 1) * width, width, dtype=np.int32)[: count + 1])
    return pa.ListArray.from_arrays(offsets, pa.array(list(settings) * count, pa.string()))
