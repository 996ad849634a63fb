"""The heads of a batch of messages: what stands before the text, reduced to the few shapes a log really holds.

A *head* is the start of a message up to the first byte that no header contains (``%``, ``[``, a comma, a quote ...), a
*shape* is a head with every digit written as ``0``. A log of millions of lines has a few thousand shapes, so whoever
reads headers or recognises vendors decides once per shape, in plain Python, and applies the answer to all its rows by
offset. Everything that visits every row is numpy on the flat bytes of the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

WIDTH: Final = 128
"""Bytes of a message a head is looked for in. A relay that names the original address (Kiwi) gets ``_WIDE``."""

_WIDE: Final = 240
_TAIL: Final = 72
_CHUNK: Final = 2048
_HOST_ROOM: Final = 64
_NO_TIME_ROOM: Final = 40
_PERCENT, _BRACKET, _COMMA, _COLON, _SPACE, _EQUALS, _LESS = b"%[,: =<"


@dataclass(frozen=True, slots=True)
class Heads:
    """One batch: ``data`` are the bytes of all messages, message ``i`` is ``data[starts[i]:ends[i]]``.

    ``codes[i]`` is the index in ``shapes`` of the shape of message ``i``, ``cuts[i]`` its length (the byte that ended
    the head included). A null message is an empty one.
    """

    data: Bytes
    starts: Offsets
    ends: Offsets
    cuts: Offsets
    codes: Codes
    shapes: tuple[bytes, ...]

    @classmethod
    def of(cls, raw: pa.Array) -> Heads:
        """From an Arrow string or large_string array of whole messages."""
        data, starts, ends = _flat(raw)
        count = len(starts)
        table = np.zeros((count, WIDTH), np.uint8)
        cuts = np.zeros(count, np.int64)
        wide = np.zeros(count, np.bool_)
        for low in range(0, count, _CHUNK):
            part = slice(low, low + _CHUNK)
            cuts[part], wide[part] = _head(table[part], data, starts[part], ends[part] - starts[part])
        codes, shapes = distinct(table)
        if wide.any():
            rows = np.flatnonzero(wide)
            room = np.zeros((len(rows), _WIDE), np.uint8)
            cuts[rows], _ = _head(room, data, starts[rows], (ends - starts)[rows])
            more, further = distinct(room)
            codes[rows] = more + len(shapes)
            shapes = shapes + further
        return cls(data, starts, ends, cuts, codes, shapes)

    def __len__(self) -> int:
        return len(self.starts)

    def tails(self) -> tuple[Codes, tuple[bytes, ...]]:
        """What follows each head, digits as ``0``: one code per message, and the distinct tails.

        It starts at the byte that ended the head and holds the rest of its word: ``%SYS-0-CONFIG_I:``, with IOS-XR's
        blank ``%MGBL-SYS-0-CONFIG_I :``, after a process number one more (``[00000]: UI_COMMIT:``), of a CSV line the
        next four fields.
        """
        at = self.starts + np.maximum(self.cuts - 1, 0)
        table = np.empty((len(at), _TAIL), np.uint8)
        for low in range(0, len(table), _CHUNK):
            part = slice(low, low + _CHUNK)
            found = windows(self.data, at[part], _TAIL)
            zero_digits(found)
            keep(found, self.ends[part] - at[part])  # what follows is the next message, which says nothing of this one
            keep(found, _tail_size(found))
            table[part] = found
        return distinct(table)

    def text(self, begin: Offsets, end: Offsets) -> pa.Array:
        """The strings ``data[begin[i]:end[i]]``; null where ``begin`` is negative."""
        valid = begin >= 0
        size = np.where(valid, np.maximum(end - begin, 0), 0)
        at = np.where(valid, begin, 0)
        views = np.zeros((len(begin), 16), np.uint8)
        near = windows(self.data, at, 12)
        keep(near, size)
        views[:, 4:] = near
        words = views.view(np.int32)
        words[:, 0] = size
        long = size > 12
        words[long, 2] = 0
        words[long, 3] = at[long]
        mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
        buffers = [mask, pa.py_buffer(views), pa.py_buffer(self.data)]
        return pa.Array.from_buffers(pa.string_view(), len(begin), buffers).cast(pa.string())


def windows(data: Bytes, at: Offsets, width: int) -> Bytes:
    """A copy of ``width`` bytes from each offset, one row each; zero beyond the end of ``data``."""
    limit = len(data) - width
    if limit < 0:
        data = np.concatenate([data, np.zeros(width, np.uint8)])
        limit = len(data) - width
    found: Bytes = _rows(data, np.minimum(at, limit), width)
    late = np.flatnonzero(at > limit)
    if len(late):
        end = np.concatenate([data[limit:], np.zeros(width, np.uint8)])
        found[late] = _rows(end, np.minimum(at[late] - limit, width), width)
    return found


def distinct(table: Bytes) -> tuple[Codes, tuple[bytes, ...]]:
    """Distinct rows of a byte table, trailing NULs removed, and for each row the index of its own."""
    count, width = table.shape
    if count == 0:
        return np.zeros(0, np.int32), ()
    array = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(table)])
    coded = array.dictionary_encode()
    codes: Codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, tuple(value.rstrip(b"\0") for value in coded.dictionary.to_pylist())


def zero_digits(table: Bytes) -> Flags:
    """Write every digit of the table as ``0``, in place; says where there were digits."""
    above = table - np.uint8(48)
    digit = above < 10
    above *= digit
    table -= above
    return digit


def keep(table: Bytes, size: Offsets) -> None:
    """Zero the bytes of each row from ``size`` on, in place."""
    table *= np.arange(table.shape[1], dtype=np.uint8) < np.minimum(size, 255).astype(np.uint8)[:, None]


def _flat(raw: pa.Array) -> tuple[Bytes, Offsets, Offsets]:
    if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
        raw = raw.cast(pa.string())
    count = len(raw)
    if count == 0:
        return np.zeros(1, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, offset_buffer, data_buffer = raw.buffers()
    kind = np.int64 if pa.types.is_large_string(raw.type) else np.int32
    offsets = np.frombuffer(offset_buffer, kind)[raw.offset : raw.offset + count + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.frombuffer(data_buffer, np.uint8)[first:last] if data_buffer is not None else np.zeros(0, np.uint8)
    if len(data) == 0:
        data = np.zeros(1, np.uint8)
    starts, ends = offsets[:-1] - first, offsets[1:] - first
    if raw.null_count:
        ends = np.where(raw.is_null().to_numpy(zero_copy_only=False), starts, ends)
    return data, starts, ends


def _rows(data: Bytes, at: Offsets, width: int) -> Bytes:
    data = np.ascontiguousarray(data)
    view: npt.NDArray[np.void] = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return view[at].view(np.uint8).reshape(len(at), width)


def _head(table: Bytes, data: Bytes, starts: Offsets, sizes: Offsets) -> tuple[Offsets, Flags]:
    """Fill ``table`` with the shapes of these messages; answers their lengths, and who needs a wider table."""
    width = table.shape[1]
    table[:] = windows(data, starts, width)
    zero_digits(table)
    room = np.minimum(sizes, width)
    keep(table, room)
    stop = (table - np.uint8(0x22)) < 8  # " # $ % & ' ( )
    stop |= table == _COMMA
    stop |= (table - np.uint8(0x5B)) < 4  # [ \ ] ^
    stop |= (table - np.uint8(0x7B)) < 4  # { | } ~
    stop |= table < 0x20
    stop[:, -1] = True
    at = stop.argmax(1)
    cuts = np.minimum(at + 1, room)
    wide = np.zeros(len(table), np.bool_)
    if width == WIDTH:
        wide |= (table[:, 16:22] == _EQUALS).any(1) & (table[:, 3] != 0)
        wide &= (table[:, 0] == ord("O")) | (table[:, 0] == ord("<"))
    byte = table[np.arange(len(table)), at]
    other = np.flatnonzero(byte != _PERCENT)
    if len(other):
        cuts[other] = _after_time(table[other], cuts[other], byte[other] == _BRACKET)
    keep(table, cuts)
    return cuts, wide


def _after_time(table: Bytes, cuts: Offsets, structured: Flags) -> Offsets:
    """Length of a head without ``%``: up to the first byte after the first colon and blank after its last clock time.

    Without a colon there, as far as a host name may reach, or to the ``[`` that ends it (RFC 5424 structured data);
    without a clock time, the first colon and blank. Never beyond ``cuts``.
    """
    width = table.shape[1]
    column = np.arange(width, dtype=np.uint8)
    colon = table == _COLON
    clock = np.zeros_like(colon)
    clock[:, :-3] = colon[:, :-3] & colon[:, 3:] & (table[:, 1:-2] == 48) & (table[:, 2:-1] == 48)
    clock &= column < cuts.astype(np.uint8)[:, None]
    timed = clock.any(1)
    last = np.where(timed, width - 1 - clock[:, ::-1].argmax(1), -1)
    close = colon
    close[:, :-1] &= table[:, 1:] == _SPACE
    close[:, -1] = False
    close &= column >= (last + 1).astype(np.uint8)[:, None]
    closed = close.any(1)
    room = np.where(timed, last + _HOST_ROOM, _NO_TIME_ROOM)
    room = np.where(structured, width, room)
    return np.minimum(np.where(closed, np.minimum(close.argmax(1) + 3, room), room), cuts)


def _tail_size(table: Bytes) -> Offsets:
    """Length of each tail: one word, two after ``[0``, five commas after a comma; with a colon or ``<`` after it."""
    width = table.shape[1]
    space = table == _SPACE
    space[:, -1] = True
    end = space.argmax(1)
    two = np.flatnonzero((table[:, 0] == _BRACKET) & (table[:, 1] == 48))
    if len(two):
        after = space[two]
        after[np.arange(len(two)), end[two]] = False
        after[:, -1] = True
        end[two] = after.argmax(1)
    csv = np.flatnonzero(table[:, 0] == _COMMA)
    if len(csv):
        commas = np.cumsum(table[csv] == _COMMA, axis=1, dtype=np.uint8) == 5
        commas[:, -1] = True
        end[csv] = commas.argmax(1) + 1
    following = np.minimum(end + 1, width - 1)
    byte = table[np.arange(len(table)), following]
    joined = ((byte == _COLON) | (byte == _LESS)) & (end + 1 < width)
    sized: Offsets = np.where(joined, end + 2, end)
    return sized
