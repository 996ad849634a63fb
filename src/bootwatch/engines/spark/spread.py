"""A source whose events the workers read: what asks for events gets the candidates, share by share."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from bootwatch.engines.spark import files, tasks
from bootwatch.engines.spark.engine import SparkEngine
from bootwatch.engines.spark.tasks import Unit
from bootwatch.engines.spark.telling import Telling
from bootwatch.events.source import EventSource, ScanRequest, Wrapped, Wrapper, as_it_is, files_of, shares_of


class Spread(Wrapped):
    """Reads a source by the workers of a cluster; only what the request's prefilter lets through comes here."""

    def __init__(self, source: EventSource, engine: SparkEngine) -> None:
        super().__init__(source)
        self._engine = engine

    def wrapper(self, request: ScanRequest) -> Wrapper:
        del request
        return as_it_is

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        from pyspark import StorageLevel

        session, width = self._engine.session, 2 * self._engine.width
        telling = Telling.on(session)
        telling.into([], self._source)
        fetched = files_of(self._source, request)
        if fetched is not None:
            brought = files.found(session, fetched, request, width)
            df, reader = brought.df, tasks.events((), brought.opener, request, telling.told)
        else:
            shares = shares_of(self._source, width, request)
            df = session.range(0, len(shares), 1, len(shares))
            reader = tasks.events(tuple(Unit(source=share) for share in shares), None, request, telling.told)
        df = df.mapInArrow(reader, tasks.PACKED)
        df = df.persist(StorageLevel.MEMORY_AND_DISK)  # read by all workers at once, fetched one partition at a time
        try:
            telling.run(df.count)
            for row in telling.each(df.toLocalIterator):
                yield from tasks.unpacked(row.bytes)
        finally:
            telling.tell()
            df.unpersist()
