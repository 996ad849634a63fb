"""Chunks of any input format become record batches of the one shape a scan answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.clock import Clock
from bootwatch.events.fields import (
    DEFAULT_INDEX,
    DEFAULT_SOURCETYPE,
    EVENT_FIELDS,
    FOLDED,
    HEADER_FIELDS,
    HOST,
    INDEX,
    INDEXTIME,
    LINE,
    ORDER,
    RAW,
    READ_FIELDS,
    RECOGNISED,
    SOURCE,
    SOURCETYPE,
    TAG_FIELDS,
    TIME,
)
from bootwatch.events.source import ScanRequest
from bootwatch.ingest import headers
from bootwatch.ingest.chunk import HIDDEN, Chunk

UNKNOWN_HOST: Final = "unknown"
"""The host of an event that neither its input nor its text names one for."""

MAX_BATCH_ROWS: Final = 1 << 16
_FUTURE_S: Final = 86_400.0
"""Device clocks run ahead; a stamp more than a day ahead is worth a word."""

_STRING: Final = pa.string()
_LIST: Final = pa.list_(_STRING)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the user said about raw files; None: ``network``, and what each message says itself."""

    index: str | None = None
    sourcetype: str | None = None
    host: str | None = None


class Batches:
    """Builds the batches of one scan, all of one schema, and counts events whose time is in the future.

    Safe to use from several threads at once.
    """

    def __init__(self, request: ScanRequest, own: Mapping[str, bool], defaults: Defaults, clock: Clock) -> None:
        wanted = tuple(dict.fromkeys(request.fields))
        self.header_fields = frozenset(name for name in wanted if name in HEADER_FIELDS)
        self.own = {
            name: own[name]
            for name in wanted
            if name in own and name not in EVENT_FIELDS and name not in HEADER_FIELDS and name not in HIDDEN
        }
        self.vendor_fields = READ_FIELDS.intersection(wanted)
        if request.own_only:
            self.vendor_fields -= self.own.keys()
        self.numbers_lines = LINE in wanted
        self.in_future = 0
        self._counting = Lock()
        self._defaults = defaults
        self._headers = headers.Reader(clock)
        self._now_s = clock.now.timestamp()
        fields = [pa.field(RAW, _STRING), pa.field(TIME, pa.float64()), pa.field(INDEXTIME, pa.float64())]
        fields += [pa.field(name, _STRING) for name in (HOST, SOURCE, SOURCETYPE, INDEX)]
        fields += [pa.field(ORDER, pa.int64()), pa.field(RECOGNISED, pa.bool_())]
        fields += [pa.field(name, _STRING) for name in wanted if name in self.header_fields]
        read = [name for name in wanted if name in self.vendor_fields and name not in self.own]
        fields += [pa.field(name, _LIST if name in TAG_FIELDS else _STRING) for name in read]
        fields += [pa.field(name, _LIST if several else _STRING) for name, several in self.own.items()]
        if self.numbers_lines:
            fields.append(pa.field(LINE, pa.int64()))
        if request.folded:
            fields.append(pa.field(FOLDED, _STRING))
        self.schema = pa.schema(fields)

    def of(self, chunk: Chunk, source: str, base: int) -> list[pa.RecordBatch]:
        """The events of a chunk. ``base`` is added to its order, so that it ascends over the whole scan."""
        return [
            self._one(chunk if len(chunk) <= MAX_BATCH_ROWS else _part(chunk, at), source, base)
            for at in range(0, len(chunk), MAX_BATCH_ROWS)
        ]

    def _one(self, chunk: Chunk, source: str, base: int) -> pa.RecordBatch:
        size = len(chunk)
        given = chunk.given
        read = self._read(chunk)
        unsaid = pa.nulls(size, _STRING)
        named = given.get(SOURCETYPE, unsaid)
        plain = chunk.otherwise.get(SOURCETYPE, unsaid)
        told = self._defaults.sourcetype is not None
        recognised = _every(False, size) if told else pc.and_(pc.is_null(named), pc.is_null(plain))
        now = pa.scalar(self._now_s)
        time = _first(given.get(TIME), read.get(TIME), chunk.otherwise.get(TIME), now)
        ahead = pc.sum(pc.greater(time, self._now_s + _FUTURE_S)).as_py() or 0
        with self._counting:
            self.in_future += ahead
        columns: dict[str, pa.Array] = {
            RAW: chunk.raw,
            TIME: time,
            INDEXTIME: _first(given.get(INDEXTIME, pa.nulls(size, pa.float64())), now),
            HOST: _first(
                given.get(HOST, unsaid), self._defaults.host, read.get(HOST), chunk.otherwise.get(HOST), UNKNOWN_HOST
            ),
            SOURCE: _first(given.get(SOURCE, unsaid), source),
            SOURCETYPE: _first(named, self._defaults.sourcetype, plain, read.get(SOURCETYPE), DEFAULT_SOURCETYPE),
            INDEX: _first(given.get(INDEX, unsaid), self._defaults.index, DEFAULT_INDEX),
            ORDER: pa.array(chunk.order + base, type=pa.int64()),
            RECOGNISED: recognised,
            LINE: chunk.line if chunk.line is not None else pa.nulls(size, pa.int64()),
        }
        for name in self.header_fields:
            columns[name] = _first(given.get(name, unsaid), read.get(name))
        for name in self.vendor_fields:
            columns[name] = read[name]
        for name, several in self.own.items():
            kind = _LIST if several else _STRING
            columns[name] = as_kind(given.get(name), kind, size)
            if name in self.vendor_fields and (several or name not in TAG_FIELDS):  # its own word comes first
                columns[name] = _first(columns[name], as_kind(read[name], kind, size))
        if FOLDED in self.schema.names:
            columns[FOLDED] = pc.utf8_lower(chunk.raw)
        return pa.record_batch([columns[name] for name in self.schema.names], schema=self.schema)

    def _read(self, chunk: Chunk) -> Mapping[str, pa.Array]:
        """What the messages' own text says, where anybody needs it."""
        given = chunk.given
        needs = {TIME, HOST, SOURCETYPE}
        needs -= {name for name in needs if name in given and given[name].null_count == 0}
        if self._defaults.host is not None:
            needs.discard(HOST)
        if self._defaults.sourcetype is not None:
            needs.discard(SOURCETYPE)
        if not needs and not self.header_fields and not self.vendor_fields:
            return {}
        texts = chunk.raw if chunk.is_message is None else pc.if_else(chunk.is_message, chunk.raw, None)
        return self._headers.read(texts, self.header_fields | self.vendor_fields | needs)


def _first(*choices: pa.Array | pa.Scalar | str | None) -> pa.Array:
    """Per row the first value that is not null; a choice may be one value for all rows, or absent."""
    return pc.coalesce(*(choice for choice in choices if choice is not None))


def as_kind(column: pa.Array | None, kind: pa.DataType, size: int) -> pa.Array:
    """A column as text or as lists of it, nulls where there is none.

    An input that never had several values for a field meets a scan where another one had.
    """
    if column is None:
        return pa.nulls(size, kind)
    if column.type == kind:
        return column
    offsets = pa.array(range(size + 1), type=pa.int32())
    lists = pa.ListArray.from_arrays(offsets, column)
    return pc.if_else(pc.is_valid(column), lists, pa.scalar(None, kind))


def _every(value: bool, size: int) -> pa.BooleanArray:
    return pa.array([value] * size, type=pa.bool_())


def _part(chunk: Chunk, at: int) -> Chunk:
    return Chunk(
        raw=chunk.raw.slice(at, MAX_BATCH_ROWS),
        order=chunk.order[at : at + MAX_BATCH_ROWS],
        line=None if chunk.line is None else chunk.line.slice(at, MAX_BATCH_ROWS),
        given={name: column.slice(at, MAX_BATCH_ROWS) for name, column in chunk.given.items()},
        is_message=None if chunk.is_message is None else chunk.is_message.slice(at, MAX_BATCH_ROWS),
        otherwise={name: column.slice(at, MAX_BATCH_ROWS) for name, column in chunk.otherwise.items()},
    )
