"""Interleaved stretches of arrival come out in one order, whatever their borders."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.store.merge import InOrder


@given(owners=st.lists(st.integers(0, 4), max_size=60), rows=st.integers(1, 9), data=st.data())
def test_batches_that_overlap_come_out_in_order(owners: list[int], rows: int, data: st.DataObject) -> None:
    stretches: list[list[int]] = []
    for owner in range(5):
        mine = [place for place, whose in enumerate(owners) if whose == owner]
        while mine:
            size = data.draw(st.integers(1, len(mine)))
            stretches.append(mine[:size])
            mine = mine[size:]
    stretches.sort()
    merge = InOrder(rows)
    out: list[int] = []
    for number, stretch in enumerate(stretches):
        merge.add(pa.record_batch({"#n": pa.array(stretch, pa.int64())}))
        following = stretches[number + 1][0] if number + 1 < len(stretches) else None
        for batch in merge.before(following):
            assert 0 < batch.num_rows <= rows
            out += batch.column("#n").to_pylist()
    assert out == list(range(len(owners)))
