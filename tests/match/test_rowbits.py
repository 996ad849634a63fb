"""Sets of columns as bits say what a loop over the columns says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.match import rowbits

Flags = npt.NDArray[np.bool_]


@st.composite
def tables(draw: st.DrawFn) -> Flags:
    width = draw(st.sampled_from((64, 128, 256)))
    rows = draw(st.lists(st.sets(st.integers(0, width - 1), max_size=6), min_size=1, max_size=5))
    table = np.zeros((len(rows), width), np.bool_)
    for row, columns in enumerate(rows):
        table[row, list(columns)] = True
    return table


@given(tables())
def test_first_and_last(table: Flags) -> None:
    width = table.shape[1]
    bits = rowbits.of(table)
    columns = [np.flatnonzero(row).tolist() for row in table]
    assert rowbits.first(bits).tolist() == [min(found, default=width) for found in columns]
    assert rowbits.last(bits).tolist() == [max(found, default=-1) for found in columns]


@given(tables(), st.integers(1, 63))
def test_moved(table: Flags, by: int) -> None:
    expected = np.zeros_like(table)
    expected[:, :-by] = table[:, by:]
    assert (rowbits.moved(rowbits.of(table), by) == rowbits.of(expected)).all()


@given(tables(), st.data())
def test_below_and_keep(table: Flags, data: st.DataObject) -> None:
    width = table.shape[1]
    size = np.array(data.draw(st.lists(st.integers(0, width), min_size=len(table), max_size=len(table))))
    expected = table & (np.arange(width) < size[:, None])
    assert (rowbits.of(table) & rowbits.below(width, size) == rowbits.of(expected)).all()
    kept = table.astype(np.uint8) * np.uint8(200)
    rowbits.keep(kept, size)
    assert (kept == expected * 200).all()


@given(st.lists(st.booleans(), max_size=300), st.integers(0, 200))
def test_flagged(flags: list[bool], blanks: int) -> None:
    array = np.array([*flags, *[False] * blanks], np.bool_)
    assert rowbits.flagged(array).tolist() == np.flatnonzero(array).tolist()
