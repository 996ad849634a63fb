"""Event batches as the columns of a segment, and back.

Stored are Splunk's fields, the header's, the line and ordinal, and the input's own fields. Times are timestamps in
microseconds. ``message_text`` is nearly always the end of ``_raw``, and then only the byte it begins at is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import (
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
from bootwatch.match.scan import Ints, gather
from bootwatch.store.layout import KNOWN, LINE_NUMBER, MESSAGE_START, N, own_column

MESSAGE_TEXT: Final = "message_text"
_PLAIN: Final = frozenset({"sequence", MESSAGE_TEXT})
"""Header fields of which nearly every value is another."""

DICTIONARIES: Final = (HOST, SOURCE, SOURCETYPE, INDEX, *(name for name in HEADER_FIELDS if name not in _PLAIN))
_TEXTS: Final = (HOST, SOURCE, SOURCETYPE, INDEX)
_STAMP: Final = pa.timestamp("us", tz="UTC")
_STRING: Final = pa.string()
_LIST: Final = pa.list_(_STRING)

Read = Callable[[pa.StringArray, frozenset[str]], Mapping[str, pa.Array]]
"""What messages say in their text of some of ``READ_FIELDS``; one value each, null where they do not."""


def to_stored(events: pa.RecordBatch, own: Mapping[str, bool], first_n: int) -> pa.RecordBatch:
    """The stored columns of a batch that has every header field, ``#line`` and the ``own`` fields.

    ``first_n`` is added to its order.
    """
    raw = events.column(RAW)
    columns: dict[str, pa.Array] = {
        RAW: raw,
        TIME: _stamps(events.column(TIME)),
        INDEXTIME: _stamps(events.column(INDEXTIME)),
    }
    for name in DICTIONARIES:
        columns[name] = pc.dictionary_encode(events.column(name))
    columns["sequence"] = events.column("sequence")
    columns[MESSAGE_START], columns[MESSAGE_TEXT] = _message(raw, events.column(MESSAGE_TEXT))
    columns[N] = pc.add(events.column(ORDER), first_n)
    columns[LINE_NUMBER] = events.column(LINE)
    columns[KNOWN] = events.column(RECOGNISED)
    for name in own:
        columns[own_column(name)] = events.column(name)
    return pa.record_batch(columns)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns one scan reads, and the schema it answers with."""

    schema: pa.Schema
    stored: tuple[str, ...]
    """``_raw`` first."""
    texts: frozenset[str] = frozenset()
    """The fields that are not stored, but read in ``_raw``."""
    read: Read | None = None

    @classmethod
    def by(cls, request: ScanRequest, own: Mapping[str, bool], read: Read | None = None) -> Wanted:
        """``own``: the store's further fields, true where multivalue; without ``read`` those of the texts are null."""
        asked = tuple(dict.fromkeys(request.fields))
        header = [name for name in asked if name in HEADER_FIELDS]
        mine = [name for name in asked if name in own and name not in EVENT_FIELDS and name not in HEADER_FIELDS]
        fields = [pa.field(RAW, _STRING), pa.field(TIME, pa.float64()), pa.field(INDEXTIME, pa.float64())]
        fields += [pa.field(name, _STRING) for name in _TEXTS]
        fields += [pa.field(ORDER, pa.int64()), pa.field(RECOGNISED, pa.bool_())]
        fields += [pa.field(name, _STRING) for name in header]
        texts = [name for name in asked if name in READ_FIELDS and not (request.own_only and name in mine)]
        fields += [pa.field(name, _LIST if name in TAG_FIELDS else _STRING) for name in texts if name not in mine]
        fields += [pa.field(name, _LIST if own[name] else _STRING) for name in mine]
        stored = [RAW, TIME, INDEXTIME, *_TEXTS, N, KNOWN, *header, *map(own_column, mine)]
        if MESSAGE_TEXT in header:
            stored.append(MESSAGE_START)
        if LINE in asked:
            fields.append(pa.field(LINE, pa.int64()))
            stored.append(LINE_NUMBER)
        if request.folded:
            fields.append(pa.field(FOLDED, _STRING))
        return cls(pa.schema(fields), tuple(stored), frozenset(texts), read)

    def events(self, stored: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """The batch of these stored columns; an own field that they lack is null."""
        said = {} if self.read is None or not self.texts else self.read(stored[RAW], self.texts)
        return pa.record_batch([self._column(field, stored, said) for field in self.schema], schema=self.schema)

    def _column(self, field: pa.Field, stored: Mapping[str, pa.Array], said: Mapping[str, pa.Array]) -> pa.Array:
        raw = stored[RAW]
        match field.name:
            case "_time" | "_indextime":
                return pc.divide(stored[field.name].cast(pa.int64()).cast(pa.float64()), 1e6)
            case "#n":
                return stored[N]
            case "#recognised":
                return stored[KNOWN]
            case "#line":
                return stored[LINE_NUMBER]
            case "#folded":
                return pc.utf8_lower(raw)
            case "message_text":
                return _message_text(raw, stored[MESSAGE_START], stored[MESSAGE_TEXT])
            case name if name in EVENT_FIELDS or name in HEADER_FIELDS:
                return _plain(stored[name])
            case name:
                own = _as_kind(stored.get(own_column(name)), field.type, len(raw))
                # What an input said itself comes first; a tag of its own that has one value is left alone.
                if name not in said or (field.type == _STRING and name in TAG_FIELDS):
                    return own
                return pc.coalesce(own, _as_kind(said[name], field.type, len(raw)))


def _stamps(seconds: pa.DoubleArray) -> pa.Array:
    return pc.round(pc.multiply(seconds, 1e6)).cast(pa.int64()).cast(_STAMP)


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _message(raw: pa.StringArray, text: pa.StringArray) -> tuple[pa.Int32Array, pa.StringArray]:
    """Where each text begins in its ``_raw``, if it is its end; and the texts that are not."""
    sizes = _sizes(raw)
    starts = sizes - _sizes(text)
    possible = (starts >= 0) & text.is_valid().to_numpy(zero_copy_only=False)
    starts = np.where(possible, starts, sizes)
    same = possible & pc.fill_null(pc.equal(_ends(raw, starts), text), False).to_numpy(zero_copy_only=False)
    begins = pa.array(starts.astype(np.int32), mask=~same)
    return begins, pc.if_else(pa.array(same), pa.scalar(None, _STRING), text)


def _message_text(raw: pa.StringArray, begins: pa.Int32Array, text: pa.StringArray) -> pa.StringArray:
    starts = pc.coalesce(begins, pc.binary_length(raw)).to_numpy(zero_copy_only=False).astype(np.int64)
    return pc.if_else(begins.is_valid(), _ends(raw, starts), _plain(text))


def _sizes(values: pa.StringArray) -> Ints:
    sizes: Ints = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def _ends(raw: pa.StringArray, starts: Ints) -> pa.StringArray:
    """Each text from byte ``starts`` on; both ends of that lie between characters."""
    _, offset_buffer, data = raw.buffers()
    if data is None or len(raw) == 0:
        return pa.array([""] * len(raw), _STRING)
    offsets = np.frombuffer(offset_buffer, np.int32)[raw.offset : raw.offset + len(raw) + 1].astype(np.int64)
    return gather(data, offsets[:-1] + starts, offsets[1:]).view(_STRING)


def _as_kind(values: pa.Array | None, kind: pa.DataType, size: int) -> pa.Array:
    """A segment may lack a field, or have one value each where others have several."""
    if values is None:
        return pa.nulls(size, kind)
    values = _plain(values)
    if values.type == kind:
        return values
    if pa.types.is_list(values.type) and pa.types.is_list(kind):  # the name of the items differs
        return values.cast(kind)
    lists = pa.ListArray.from_arrays(pa.array(range(size + 1), pa.int32()), values)
    return pc.if_else(pc.is_valid(values), lists, pa.scalar(None, kind))
