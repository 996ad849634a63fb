"""Rows that already have columns, from CSV or Parquet, as chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import EVENT_FIELDS, INDEXTIME, RAW, TIME
from bootwatch.events.source import ScanReport
from bootwatch.ingest.chunk import Chunk, blank_rows, rows_where
from bootwatch.ingest.values import epoch_of, text_column
from bootwatch.match.scan import Scanner

NO_RAW: Final = "event with an empty _raw"


def chunk_of(
    columns: Mapping[str, pa.Array],
    first_row: int,
    own: Mapping[str, bool],
    extra: frozenset[str],
    zone: tzinfo,
    scanner: Scanner,
    report: ScanReport,
) -> Iterator[Chunk]:
    """The surviving rows of one batch, none or one chunk. A row without ``_raw`` is counted and left out."""
    raw = text_column(columns[RAW])
    report.lines += len(raw)
    present = rows_where(pc.invert(blank_rows(raw)))
    if len(present) < len(raw):
        report.reject(NO_RAW, len(raw) - len(present))
    report.events += len(present)
    index = pa.array(present)
    # Only the texts are looked at until it is known which rows survive.
    rows = present[scanner.rows(raw.take(index))]
    report.candidates += len(rows)
    if len(rows) == 0:
        return
    index = pa.array(rows)
    given: dict[str, pa.Array] = {}
    for name, column in columns.items():
        if name == RAW:
            continue
        values = column.take(index)
        if name in (TIME, INDEXTIME):
            given[name] = epoch_of(values, zone)
        elif name in EVENT_FIELDS or name in extra or name in own:
            given[name] = _several(values) if own.get(name, False) else _one(values)
    yield Chunk(raw=raw.take(index), order=np.int64(first_row) + rows, given=given)


def _several(values: pa.Array) -> pa.Array:
    return values.cast(pa.list_(pa.string()))


def _one(values: pa.Array) -> pa.StringArray:
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        values = pc.list_element(values, 0)
    texts = text_column(values)
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)
