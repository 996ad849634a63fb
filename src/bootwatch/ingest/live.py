"""Messages as receivers took them, as a source of events: what is sealed from the log, and what is searched of it.

A message that names no host has its sender's address, one without a time that of its arrival. Stamps without a year are
read by the arrival of the first message. Parts of a record (Cisco ISE, ACS) become one event where the first stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.clock import Clock
from bootwatch.events.fields import HOST, INDEX, INDEXTIME, ORDER, SOURCE, SOURCETYPE, TIME
from bootwatch.events.source import EventSource, ScanReport, ScanRequest, Wrapped, shares_of
from bootwatch.events.text import decode_lossless
from bootwatch.ingest import jsonlines
from bootwatch.ingest.batch import Batches, Defaults, as_kind
from bootwatch.ingest.chunk import Chunk
from bootwatch.match.scan import Ints, Scanner, event_extents, gather
from bootwatch.syslog.parts import Part, part_of

EMPTY: Final = "empty message"

_ROWS: Final = 8192
_STRING: Final = pa.string()
PART_MARKS: Final = (b"CISE_", b"CSCOacs_")
"""A block that holds one of these may hold parts of records."""


class Context(Protocol):
    """What the receiver knew of a block; empty text where it did not."""

    @property
    def arrived_us(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def index(self) -> str: ...
    @property
    def sourcetype(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def peer(self) -> str: ...
    @property
    def form(self) -> str: ...


class Block(Protocol):
    """Messages that arrived together."""

    @property
    def context(self) -> Context: ...
    @property
    def lengths(self) -> Sequence[int]: ...
    @property
    def data(self) -> bytes: ...
    def messages(self) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Apart:
    """Messages that were taken apart already: parts of records put together."""

    context: Context
    texts: list[bytes]
    data: bytes = b""

    @property
    def lengths(self) -> list[int]:
        return [len(text) for text in self.texts]

    def messages(self) -> list[bytes]:
        return self.texts


@dataclass(frozen=True, slots=True)
class _Part:
    """What survives of one block: texts, their ordinals among all messages, and what the receiver knew."""

    context: Context
    texts: pa.StringArray
    order: Ints


class LiveSource:
    """An :class:`~bootwatch.events.source.EventSource` over blocks, which ``blocks`` gives anew for every pass.

    What a block's damage is told by belongs in ``damaged``; it is named in every report.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterable[Block]],
        zone: tzinfo = UTC,
        *,
        defaults: Defaults | None = None,
        damaged: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.report = ScanReport()
        self._blocks = blocks
        self._zone = zone
        self._defaults = defaults or Defaults()
        self._damaged = damaged

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        """All blocks as one: they are what no segment holds yet."""
        blocks = tuple(self._blocks())
        defaults, damaged = self._defaults, self._damaged
        return [LiveSource(partial(iter, blocks), self._zone, defaults=defaults, damaged=damaged)]

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        lines = (text for block in self._blocks() if block.context.form == "json" for text in block.messages())
        found = jsonlines.fields_of(lines)
        return {name: several for name, several in found.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = report = ScanReport()
        report.unreadable += self._damaged
        blocks: list[Block | _Apart] = list(self._blocks())
        if not blocks:
            return
        if any(mark in block.data for block in blocks for mark in PART_MARKS):
            blocks = list(_joined(blocks))
        arrived = datetime.fromtimestamp(blocks[0].context.arrived_us / 1e6, UTC)
        shape = Batches(request, self.own_fields(None), self._defaults, Clock(arrived, self._zone))
        scanner = Scanner(request.prefilter)
        waiting: list[_Part] = []
        rows = base = 0
        for block in blocks:
            if block.context.form == "json":
                if waiting:
                    yield from shape.of(_chunk(waiting), "", 0)
                    waiting, rows = [], 0
                chunk, count = self._objects(block, shape, base)
                passed = chunk.candidates(scanner)
                report.candidates += len(passed)
                if len(passed):
                    yield from shape.of(passed, "", 0)
            else:
                part, count = _part(block, scanner, base, report)
                if len(part.texts):
                    waiting.append(part)
                    rows += len(part.texts)
                    report.candidates += len(part.texts)
                if rows >= _ROWS:
                    yield from shape.of(_chunk(waiting), "", 0)
                    waiting, rows = [], 0
            report.events += count
            base += count
        if waiting:
            yield from shape.of(_chunk(waiting), "", 0)

    def _objects(self, block: Block | _Apart, shape: Batches, base: int) -> tuple[Chunk, int]:
        """The events of a block of JSON objects, and how many they are."""
        lines = block.messages()
        self.report.bytes += sum(map(len, lines))
        read, reasons = jsonlines.objects(lines, shape.own, shape.header_fields, self._zone)
        for reason in reasons:
            self.report.reject(reason)
        said, otherwise = _known([block.context], np.zeros(len(read), np.int64))
        given = dict(read.given)
        for name, column in said.items():
            given[name] = pc.coalesce(given[name], column) if name in given else column
        order = np.arange(base, base + len(read), dtype=np.int64)
        return Chunk(read.raw, order, None, given, read.is_message, otherwise), len(read)


def _part(block: Block | _Apart, scanner: Scanner, base: int, report: ScanReport) -> tuple[_Part, int]:
    """What survives of a block of messages, and how many it holds."""
    context = block.context
    if context.form == "lines":
        data = block.data
        every = event_extents(data, 0, len(data))
        starts, ends = every.starts, every.ends
        kept = ends > starts
    else:
        data = block.data or b"".join(block.messages())
        ends = np.cumsum(np.asarray(block.lengths, dtype=np.int64))
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1])) if len(ends) else ends
        kept = ends > starts
        if not kept.all():
            report.reject(EMPTY, int(len(kept) - kept.sum()))
    starts, ends = starts[kept], ends[kept]
    report.bytes += int((ends - starts).sum())
    order = np.arange(base, base + len(starts), dtype=np.int64)
    if scanner and context.form == "lines":
        some = np.searchsorted(starts, scanner.events(data, 0, len(data)).starts)
        some = some[some < len(starts)]
        texts = decode_lossless(gather(data, starts[some], ends[some]))
    else:
        texts = decode_lossless(gather(data, starts, ends))
        some = scanner.rows(texts)
        texts = texts.take(pa.array(some)) if len(some) < len(texts) else texts
    return _Part(context, texts, order[some]), len(order)


def _chunk(parts: Sequence[_Part]) -> Chunk:
    owners = np.repeat(np.arange(len(parts)), [len(part.texts) for part in parts])
    said, otherwise = _known([part.context for part in parts], owners)
    texts = pa.concat_arrays([part.texts for part in parts])
    return Chunk(texts, np.concatenate([part.order for part in parts]), given=said, otherwise=otherwise)


def _known(contexts: Sequence[Context], owners: Ints) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """What receivers knew of messages, and what is taken where neither they nor the text say it."""
    rows = pa.array(owners)

    def column(what: Callable[[Context], str]) -> pa.StringArray:
        return pa.array([what(one) or None for one in contexts], _STRING).take(rows)

    arrived = pa.array([one.arrived_us / 1e6 for one in contexts], pa.float64()).take(rows)
    said = {
        SOURCE: column(lambda one: one.source),
        INDEX: column(lambda one: one.index),
        SOURCETYPE: column(lambda one: one.sourcetype),
        HOST: column(lambda one: one.host),
        INDEXTIME: arrived,
    }
    return said, {HOST: column(lambda one: one.peer), TIME: arrived}


def _joined(blocks: Sequence[Block | _Apart]) -> Iterator[Block | _Apart]:
    """The blocks, the parts of a record put together where the first of them stood."""
    waiting: dict[tuple[bytes, bytes, bytes, int], dict[int, tuple[int, bytes]]] = {}
    texts: dict[int, bytes | None] = {}
    at = 0
    for block in blocks:
        for text in block.messages():
            part = _record_part(text) if block.context.form != "json" else None
            if part is not None:
                parts = waiting.setdefault(part.record, {})
                if part.number in parts:
                    parts = waiting[part.record] = {}
                parts[part.number] = (at, text)
                if len(parts) == part.total:
                    del waiting[part.record]
                    rows = [row for row, _ in parts.values()]
                    texts.update(dict.fromkeys(rows))
                    texts[min(rows)] = b"\n".join(parts[number][1] for number in sorted(parts))
            at += 1
    at = 0
    for block in blocks:
        if block.context.form == "json":
            at += len(block.messages())
            yield block
            continue
        joined = []
        for text in block.messages():
            found = texts.get(at, text)
            if found is not None:
                joined.append(found)
            at += 1
        yield _Apart(_as_text(block.context), joined)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A context whose messages are apart now."""

    arrived_us: int
    source: str
    index: str
    sourcetype: str
    host: str
    peer: str
    form: str = "text"


def _as_text(context: Context) -> Context:
    return _Taken(context.arrived_us, context.source, context.index, context.sourcetype, context.host, context.peer)


def _record_part(text: bytes) -> Part | None:
    head = text[:256].lower()
    return part_of(text) if any(mark.lower() in head for mark in PART_MARKS) else None


class After:
    """Two sources as one: the events of the first, then those of the second, in one order and one schema.

    The second begins behind ``ordinal``, which no event of the first reaches.
    """

    def __init__(self, first: EventSource, second: EventSource, ordinal: int) -> None:
        self.report = ScanReport()
        self._first, self._second, self._ordinal = first, second, ordinal

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        found = self._first.own_fields(names)
        for name, several in self._second.own_fields(names).items():
            found[name] = found.get(name, False) or several
        return found

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        own = self.own_fields(None)
        made: list[EventSource] = []
        for source, shift in ((self._first, 0), (self._second, self._ordinal)):
            made += [Alike(share, own, shift) for share in shares_of(source, count, request)]
        return made

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = ScanReport()
        schema = Batches(request, self.own_fields(None), Defaults(), Clock.of()).schema
        for source, shift in ((self._first, 0), (self._second, self._ordinal)):
            for batch in source.batches(request):
                yield _as_schema(batch, schema, shift)
            self.report.add(source.report)


class Alike(Wrapped):
    """A source as part of a whole with further fields of its own: its batches have the columns of all."""

    def __init__(self, source: EventSource, own: dict[str, bool], ordinal: int) -> None:
        super().__init__(source)
        self._own, self._ordinal = own, ordinal

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {name: several for name, several in self._own.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        schema = Batches(request, self._own, Defaults(), Clock.of()).schema
        for batch in self._source.batches(request):
            yield _as_schema(batch, schema, self._ordinal)


def _as_schema(batch: pa.RecordBatch, schema: pa.Schema, shift: int) -> pa.RecordBatch:
    columns = []
    for wanted in schema:
        at = batch.schema.get_field_index(wanted.name)
        column = as_kind(None if at < 0 else batch.column(at), wanted.type, batch.num_rows)
        columns.append(pc.add(column, shift) if wanted.name == ORDER and shift else column)
    return pa.record_batch(columns, schema=schema)
