"""Batches of overlapping stretches of arrival put into one ascending order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

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
        if not ready:
            return
        merged = ready[0]
        if len(ready) > 1:
            ready.sort(key=lambda batch: int(batch.column(ORDER)[0].as_py()))
            merged = pa.concat_batches(ready)
            if any(
                before.column(ORDER)[-1].as_py() > after.column(ORDER)[0].as_py() for before, after in pairwise(ready)
            ):
                merged = merged.take(pc.sort_indices(merged.column(ORDER)))
        for at in range(0, merged.num_rows, self._rows):
            yield merged.slice(at, self._rows)
