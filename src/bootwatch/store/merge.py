"""Batches of overlapping stretches of arrival put into one ascending order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import ORDER


class InOrder:
    """Takes batches that ascend in ``#n`` by themselves; gives their rows in one ascending order.

    What is held are rows behind the point up to which nothing further can arrive.
    """

    def __init__(self, batch_rows: int) -> None:
        self._rows = batch_rows
        self._held: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._held.append(batch)

    def before(self, limit: int | None) -> Iterator[pa.RecordBatch]:
        """The held rows with an ordinal below ``limit`` (None: all), when no batch to come has one of those."""
        ready: list[pa.RecordBatch] = []
        rest: list[pa.RecordBatch] = []
        for batch in self._held:
            count = batch.num_rows
            if limit is not None:
                count = int(np.searchsorted(batch.column(ORDER).to_numpy(), limit))
            if count:
                ready.append(batch.slice(0, count))
            if count < batch.num_rows:
                rest.append(batch.slice(count))
        self._held = rest
        yield from _merged(ready, self._rows)


def _merged(batches: list[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of several batches in one order, a batch of ``rows`` at a time: only so many are ever copied."""
    orders = [batch.column(ORDER).to_numpy() for batch in batches]
    if len(batches) == 1:
        ends = orders[0][rows - 1 :: rows]
    else:
        ends = np.sort(np.concatenate(orders))[rows - 1 :: rows] if batches else np.empty(0, np.int64)
    at = [0] * len(batches)
    for end in (*ends, None):
        parts = []
        for number, (batch, order) in enumerate(zip(batches, orders, strict=True)):
            stop = len(order) if end is None else int(np.searchsorted(order, end, side="right"))
            if stop > at[number]:
                parts.append(batch.slice(at[number], stop - at[number]))
            at[number] = stop
        if len(parts) == 1:
            yield parts[0]
        elif parts:
            joined = pa.concat_batches(parts)
            yield joined.take(pc.sort_indices(joined.column(ORDER)))
