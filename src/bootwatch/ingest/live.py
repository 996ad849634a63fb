"""Messages as receivers took them, as a source of events: what is sealed from the log, and what is searched of it.

A message that names no host has its sender's address, one without a time that of its arrival. Stamps without a year are
read by the arrival of the first message. Parts of a record (Cisco ISE, ACS) become one event where the first stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.clock import Clock
from bootwatch.events.fields import HOST, INDEX, INDEXTIME, ORDER, SOURCE, SOURCETYPE, TIME
from bootwatch.events.source import EventSource, ScanReport, ScanRequest
from bootwatch.events.text import decode_lossless
from bootwatch.ingest import jsonlines
from bootwatch.ingest.batch import Batches, Defaults, as_kind
from bootwatch.ingest.chunk import Chunk
from bootwatch.match.scan import Scanner
from bootwatch.syslog.parts import MARKS, Part, part_of

EMPTY: Final = "empty message"

_ROWS: Final = 8192
_STRING: Final = pa.string()
_PART_MARKS: Final = tuple(mark.encode() for mark in MARKS)


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
    def messages(self) -> list[bytes]: ...


@dataclass(slots=True)
class _Messages:
    """Neighbouring messages of one form, each with the block it is from."""

    form: str
    texts: list[bytes] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)


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

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        lines = (text for block in self._blocks() if block.context.form == "json" for text in block.messages())
        found = jsonlines.fields_of(lines)
        return {name: several for name, several in found.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = report = ScanReport()
        report.unreadable += self._damaged
        scanner = Scanner(request.prefilter)
        own = self.own_fields(None)
        shape: Batches | None = None
        base = 0
        for group in _groups(_joined(list(self._blocks())), report):
            if shape is None:
                arrived = datetime.fromtimestamp(group.contexts[0].arrived_us / 1e6, UTC)
                shape = Batches(request, own, self._defaults, Clock(arrived, self._zone))
            chunk = self._chunk(group, shape, report)
            report.events += len(chunk)
            passed = chunk.candidates(scanner)
            report.candidates += len(passed)
            if len(passed):
                yield from shape.of(passed, "", base)
            base += len(group.texts)

    def _chunk(self, group: _Messages, shape: Batches, report: ScanReport) -> Chunk:
        contexts = group.contexts
        said = {
            SOURCE: _column(contexts, lambda one: one.source),
            INDEX: _column(contexts, lambda one: one.index),
            SOURCETYPE: _column(contexts, lambda one: one.sourcetype),
            HOST: _column(contexts, lambda one: one.host),
            INDEXTIME: pa.array([one.arrived_us / 1e6 for one in contexts], pa.float64()),
        }
        otherwise = {HOST: _column(contexts, lambda one: one.peer), TIME: said[INDEXTIME]}
        if group.form == "text":
            texts = decode_lossless(pa.array(group.texts, pa.binary()))
            return Chunk(texts, np.arange(len(group.texts), dtype=np.int64), given=said, otherwise=otherwise)
        read, reasons = jsonlines.objects(group.texts, shape.own, shape.header_fields, self._zone)
        for reason in reasons:
            report.reject(reason)
        rows = pa.array(read.order)
        given = dict(read.given)
        for name, column in said.items():
            given[name] = pc.coalesce(given[name], column.take(rows)) if name in given else column.take(rows)
        rest = {name: column.take(rows) for name, column in otherwise.items()}
        return Chunk(read.raw, read.order, None, given, read.is_message, rest)


def _column(contexts: Sequence[Context], what: Callable[[Context], str]) -> pa.StringArray:
    return pa.array([what(context) or None for context in contexts], _STRING)


def _groups(messages: Iterable[tuple[Context, bytes]], report: ScanReport) -> Iterator[_Messages]:
    group = _Messages("")
    for context, text in messages:
        report.bytes += len(text)
        if not text:
            report.reject(EMPTY)
            continue
        if group.texts and (context.form != group.form or len(group.texts) >= _ROWS):
            yield group
            group = _Messages("")
        if not group.texts:
            group.form = context.form
        group.texts.append(text)
        group.contexts.append(context)
    if group.texts:
        yield group


def _joined(blocks: Sequence[Block]) -> Iterator[tuple[Context, bytes]]:
    """All messages in order, the parts of a record put together."""
    waiting: dict[tuple[bytes, bytes, bytes, int], dict[int, tuple[int, bytes]]] = {}
    texts: dict[int, bytes | None] = {}
    at = 0
    for block in blocks:
        if block.context.form != "text":
            at += len(block.messages())
            continue
        for text in block.messages():
            part = _part(text)
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
        for text in block.messages():
            joined = texts.get(at, text)
            if joined is not None:
                yield block.context, joined
            at += 1


def _part(text: bytes) -> Part | None:
    head = text[:256].lower()
    return part_of(text) if any(mark in head for mark in _PART_MARKS) else None


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

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = ScanReport()
        schema = Batches(request, self.own_fields(None), Defaults(), Clock.of()).schema
        for source, shift in ((self._first, 0), (self._second, self._ordinal)):
            for batch in source.batches(request):
                yield _as_schema(batch, schema, shift)
            self.report.add(source.report)


def _as_schema(batch: pa.RecordBatch, schema: pa.Schema, shift: int) -> pa.RecordBatch:
    columns = []
    for wanted in schema:
        at = batch.schema.get_field_index(wanted.name)
        column = as_kind(None if at < 0 else batch.column(at), wanted.type, batch.num_rows)
        columns.append(pc.add(column, shift) if wanted.name == ORDER and shift else column)
    return pa.record_batch(columns, schema=schema)
