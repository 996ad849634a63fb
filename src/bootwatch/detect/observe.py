"""Where the events behind a search's rows were read: what a search's ``table`` drops and evidence needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.rows import EventKey, Origin
from bootwatch.events.fields import HOST, LINE, RAW, SOURCE, SOURCETYPE, TIME
from bootwatch.events.source import EventSource, ScanRequest, Wrapped

_KEPT: Final = (TIME, HOST, RAW, SOURCE, SOURCETYPE, LINE, "os_family")
_LIMIT_BYTES: Final = 128 * 2**20


class Observed(Wrapped):
    """An event source that passes another one's batches on and remembers where their events were read.

    What is remembered is bounded; events beyond the bound have no known origin.
    """

    def __init__(self, source: EventSource) -> None:
        super().__init__(source)
        self._kept: list[pa.RecordBatch] = []
        self._bytes = 0

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        wider = replace(request, fields=tuple(dict.fromkeys((*request.fields, *_KEPT))))
        for batch in self._source.batches(wider):
            if self._bytes < _LIMIT_BYTES:
                kept = batch.select([name for name in _KEPT if name in batch.schema.names])
                self._kept.append(kept)
                self._bytes += kept.nbytes
            yield batch

    def origins(self, rows: Iterable[Mapping[str, object]]) -> dict[EventKey, Origin]:
        """The origin of every remembered event whose text one of the rows holds."""
        texts = pa.array(sorted({text for row in rows if isinstance(text := row.get(RAW), str)}), pa.string())
        found: dict[EventKey, Origin] = {}
        if not len(texts):
            return found
        for batch in self._kept:
            for row in batch.filter(pc.is_in(batch.column(RAW), value_set=texts)).to_pylist():
                key = (row.get(HOST) or "", row.get(TIME) or 0.0, row[RAW])
                origin = Origin(row.get(SOURCE), row.get(LINE), row.get(SOURCETYPE), row.get("os_family"))
                found.setdefault(key, origin)
        return found
