"""Tables from outside as the database reads them: their columns, and streams that a prepared query reads again."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from bootwatch.events.fields import FOLDED, LINE, ORDER, RECOGNISED, TAG_FIELDS
from bootwatch.events.source import ScanRequest


class Stream:
    """A table whose rows are another reader's each time it is read."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.reader: pa.RecordBatchReader | None = None

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        reader, self.reader = self.reader, None
        if reader is None:
            reader = pa.RecordBatchReader.from_batches(self.schema, [])
        return reader.__arrow_c_stream__(requested_schema)


def numbered(table: pa.Table) -> pa.Table:
    """A table from outside with columns called by their position and an ordinal."""
    columns = [*table.columns, pa.array(range(table.num_rows), pa.int64())]
    return pa.table(columns, names=[*(f"c{position}" for position in range(table.num_columns)), ORDER])


def empty(request: ScanRequest, own: Mapping[str, bool]) -> pa.RecordBatch:
    """No events, with the columns a scan promises; ``own`` says which fields of the inputs are multivalue."""
    names: dict[str, pa.DataType] = {name: pa.string() for name in request.fields}
    names |= {name: pa.float64() for name in ("_time", "_indextime") if name in names}
    several = {name for name in TAG_FIELDS if name not in own}.union(name for name, many in own.items() if many)
    names |= {name: pa.list_(pa.string()) for name in several if name in names}
    names[ORDER] = pa.int64()
    names[RECOGNISED] = pa.bool_()
    if LINE in names:
        names[LINE] = pa.int64()
    if request.folded:
        names[FOLDED] = pa.string()
    schema = pa.schema(list(names.items()))
    return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)
