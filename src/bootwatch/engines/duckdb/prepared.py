"""A query that stays prepared, for a search that runs again and again: a run of it only reads its events.

Reading and binding the query of a detection takes the database 20 to 60 ms, which is more than a run over few events
takes. The rows of such a run are all taken before the first is given, so that the next run may begin at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.session import failures
from bootwatch.engines.duckdb.tables import Stream
from bootwatch.engines.engine import Again, Answer
from bootwatch.events.source import EventSource

if TYPE_CHECKING:
    from bootwatch.engines.duckdb.engine import DuckDbEngine, Running, Scans


@dataclass(slots=True)
class Prepared:
    """The running search whose session holds the query, the query, its columns, and what it reads of a source."""

    running: Running
    statement: str
    fields: dict[str, FieldType]
    scans: Scans
    own: Mapping[str, bool]
    """The fields that the source carried itself: another one's query may be another."""
    streams: dict[str, Stream] = field(default_factory=dict)
    is_ready: bool = False
    """Whether the database has prepared it for the tables as they are."""

    def fits(self, engine: DuckDbEngine, source: EventSource) -> bool:
        """Whether the query is also that of this engine over this source."""
        return engine == self.running.engine and source.own_fields(None) == self.own

    def answer(self, source: EventSource, again: Again) -> Answer:
        """Run it. Raises as a search does; it is of no more use then."""
        try:
            found, messages = self._run(source)
        except BaseException:
            self.close()
            raise
        again.leave(self)
        return Answer(self.fields, iter(found), messages)

    def _run(self, source: EventSource) -> tuple[list[pa.RecordBatch], list[str]]:
        running, session, names = self.running, self.running.session, list(self.fields)
        running.begin(source)
        for table, reader in running.opened(self.scans):
            stream = self.streams.get(table)
            if stream is None or stream.schema != reader.schema:
                self.is_ready = False
                stream = self.streams[table] = Stream(reader.schema)
                session.register(table, stream)
            stream.reader = reader
        try:
            if not self.is_ready:
                session.prepare(self.statement)
                self.is_ready = True
            batches = list(session.prepared())
        except failures() as exc:
            raise running.translated(exc) from exc
        found = [pa.RecordBatch.from_arrays(batch.columns[: len(names)], names=names) for batch in batches]
        return found, list(session.messages)

    def close(self) -> None:
        self.running.close()
