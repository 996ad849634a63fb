"""The heads of a batch of messages: what stands before the text, reduced to the few shapes a log really holds.

A *head* is the start of a message up to the first byte that no header contains (``%``, ``[``, a comma, a quote ...), a
*shape* is a head with every digit written as ``0``. A log of millions of lines has a few thousand shapes, so whoever
reads headers or recognises vendors decides once per shape, in plain Python, and applies the answer to all its rows by
offset. Everything that visits every row is numpy on the flat bytes of the batch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bootwatch.match import rowbits

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

TAIL: Final = 64
"""Bytes of a tail; a longer one is cut."""

TOKEN_ROOM: Final = 128
"""Bytes of the longest token that counts as a mnemonic."""

WIDTH: Final = 128
"""Bytes of a message a head is looked for in. A relay that names the original address (Kiwi) gets ``_WIDE``."""

_NARROW: Final = 64
"""Most heads end within this; only the others are looked at again, wider."""

_WIDE: Final = 256
_CHUNK: Final = 2048
_HOST_ROOM: Final = 64
_NO_TIME_ROOM: Final = 40
_PROSE: Final = re.compile(rb"(?:[a-z]{2,} [a-z]{3,} |- - [a-z]+ )[^%]*%$")
"""A head that runs into words: somebody's text, where a header has names and numbers."""
_NAMES: Final = re.compile(rb"(?:<0+>)?(?:0 )?0000-00-00T\S+ \S+ \S+(?= )")
"""Stamp, host and application of RFC 5424: names, also where they look like words."""
_REPEATED: Final = re.compile(rb" message repeated 0+ times: \[$")
"""What rsyslog puts around a message that came several times."""
_KEYED: Final = (b"date=0000-00-00", b'date="0000-00-00', b"devname=", b'devid="F', b"devid=F", b"logver=")
"""What the head of a FortiOS record holds; which kind it is stands behind fields whose length varies."""
_TYPE_ROOM: Final = 384
_PERCENT, _BRACKET, _COMMA, _COLON, _SPACE, _EQUALS, _LESS, _DOLLAR, _TAB = b"%[,: =<$\t"


@dataclass(frozen=True, slots=True)
class Heads:
    """One batch: ``data`` are the bytes of all messages, message ``i`` is ``data[starts[i]:ends[i]]``.

    ``codes[i]`` is the index in ``shapes`` of the shape of message ``i``, ``cuts[i]`` its length (the byte that ended
    the head included). A null message is an empty one.

    ``tail_codes[i]`` is the index in ``tails`` of what follows the head, the byte that ended it included. Behind ``%``
    that is a token as written, up to the first byte no mnemonic contains, ``token_sizes[i]`` bytes (else 0), and the
    colon behind it, with IOS-XR's blank (``%SYS-5-CONFIG_I:``, ``%MGBL-SYS-5-CONFIG_I :``, ``%$``). Otherwise digits
    are ``0``. Of a FortiOS record it is the value of its type (`` type="event"``), of a line with tabs the tabs, four
    at most; else the rest of the word: after a process number one more (``[00000]: UI_COMMIT:``), of a CSV line the
    next four fields. Behind words of a text (``bad user %SYS-5-RELOAD:``) a ``%`` begins no token: the head ends before
    them, and the tail is empty.
    """

    data: Bytes
    starts: Offsets
    ends: Offsets
    cuts: Offsets
    codes: Codes
    shapes: tuple[bytes, ...]
    tail_codes: Codes
    tails: tuple[bytes, ...]
    token_sizes: Offsets

    @classmethod
    def of(cls, raw: pa.Array) -> Heads:
        """From an Arrow string or large_string array of whole messages."""
        data, starts, ends = _flat(raw)
        count = len(starts)
        cuts = np.zeros(count, np.int64)
        codes, shapes = np.zeros(count, np.int32), tuple[bytes, ...]()
        rows = np.arange(count)
        for width in (_NARROW, WIDTH, _WIDE):
            here = slice(None) if len(rows) == count else rows
            table, cuts[here], further = _heads(data, starts[here], ends[here], width)
            found, more = distinct(table)
            codes[here] = found + len(shapes)
            shapes += more
            rows = rows[further]
            if not len(rows):
                break
        tail_codes, tails, sizes = _tails(data, starts + np.maximum(cuts - 1, 0), ends)
        limits = np.array([_prose(shape) for shape in shapes] or [_WIDE])
        if (limits < _WIDE).any():
            rows = np.flatnonzero(limits[codes] < _WIDE)
            tail_codes = tail_codes.copy()
            cuts[rows], tail_codes[rows], sizes[rows] = limits[codes[rows]], len(tails), 0
            shapes, tails = tuple(shape[:limit] for shape, limit in zip(shapes, limits, strict=True)), (*tails, b"")
        repeats = np.array([_REPEATED.search(shape) is not None for shape in shapes] or [False])
        if repeats.any():
            rows = np.flatnonzero(repeats[codes])
            at = starts[rows] + cuts[rows]
            at += data.take(at, mode="clip") == _SPACE
            rows, at = rows[data.take(at, mode="clip") == _PERCENT], at[data.take(at, mode="clip") == _PERCENT]
            found, more, some = _tails(data, at, ends[rows])
            tail_codes = tail_codes.copy()
            cuts[rows], tail_codes[rows], sizes[rows] = at + 1 - starts[rows], found + len(tails), some
            tails += more
        keyed = np.array([any(key in shape for key in _KEYED) for shape in shapes] or [False])
        if keyed.any():
            rows = np.flatnonzero(keyed[codes])
            found, more = distinct(_types(data, starts[rows], ends[rows]))
            tail_codes = tail_codes.copy()
            tail_codes[rows], sizes[rows] = found + len(tails), 0
            tails += more
        return cls(data, starts, ends, cuts, codes, shapes, tail_codes, tails, sizes)

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, begin: Offsets, end: Offsets) -> pa.Array:
        """The strings ``data[begin[i]:end[i]]``; null where ``begin`` is negative."""
        valid = begin >= 0
        every = bool(valid.all())
        size = np.maximum(end - begin, 0)
        if not every:
            size, begin = np.where(valid, size, 0), np.where(valid, begin, 0)
        views = np.empty((len(begin), 16), np.uint8)
        near = windows(self.data, begin, 12)
        keep(near, np.minimum(size, 12))
        views[:, 4:] = near
        words = views.view(np.int32)
        words[:, 0] = size
        long = np.flatnonzero(size > 12)
        if len(long):
            words[long, 2] = 0
            words[long, 3] = begin[long]
        mask = None if every else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
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


def gather(data: Bytes, begin: Offsets, end: Offsets) -> Bytes:
    """The bytes of the ascending, disjoint ranges ``data[begin[i]:end[i]]``, one after the other."""
    if not len(begin):
        return data[:0]
    edges = np.empty(2 * len(begin), np.int32)
    edges[0::2], edges[1::2] = begin, end
    # Wanted and unwanted ranges take turns as values of one array over the same memory; the wanted are taken out.
    turns = pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(data)])
    return np.frombuffer(turns.take(pa.array(np.arange(0, len(edges) - 1, 2, dtype=np.int32))).buffers()[2], np.uint8)


def distinct(table: Bytes) -> tuple[Codes, tuple[bytes, ...]]:
    """Distinct rows of a byte table, trailing NULs removed, and for each row the index of its own."""
    count, width = table.shape
    if count == 0:
        return np.zeros(0, np.int32), ()
    array = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(table)])
    coded = array.dictionary_encode()
    codes: Codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return codes, tuple(value.rstrip(b"\0") for value in coded.dictionary.to_pylist())


def zero_digits(table: Bytes) -> Flags:
    """Write every digit of the table as ``0``, in place; says where there were digits."""
    above = table - np.uint8(48)
    digit = above < 10
    above *= digit
    table -= above
    return digit


def keep(table: Bytes, size: Offsets) -> None:
    """Zero the bytes of each row from ``size`` (0 to the width) on, in place."""
    rowbits.keep(table, size)


def is_token_end(table: Bytes) -> Flags:
    """Which bytes no mnemonic contains. The first byte of a row is the ``%`` and does not count."""
    stop = table < 0x2D
    stop |= table == _COLON
    stop |= table > ord("z")
    stop |= (table - np.uint8(0x5B)) < 4
    stop[:, 0] = False
    return stop


def token_sizes(data: Bytes, places: Offsets, ends: Offsets) -> Offsets:
    """Length of the token that begins with ``%`` at each place, up to a byte that no mnemonic contains or its end."""
    sizes: Offsets = np.zeros(len(places), np.int64)
    rows = np.arange(len(places))
    for width in (TAIL, TOKEN_ROOM):
        found = rowbits.first(rowbits.of(is_token_end(windows(data, places[rows], width))))
        sizes[rows] = np.minimum(found, ends[rows] - places[rows])
        rows = rows[sizes[rows] == width]
    return sizes


@lru_cache(maxsize=1 << 16)
def _prose(shape: bytes) -> int:
    """Where words of a text begin in a shape that ends with ``%``; beyond any head where none do."""
    names = _NAMES.match(shape)
    found = _PROSE.search(shape, names.end() if names else 0)
    return found.start() if found else _WIDE


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


def _heads(data: Bytes, starts: Offsets, ends: Offsets, width: int) -> tuple[Bytes, Offsets, Offsets]:
    """The shapes of these messages, their lengths, and the rows whose heads need a wider table."""
    count = len(starts)
    table, cuts = np.empty((count, width), np.uint8), np.empty(count, np.int64)
    further = [np.zeros(0, np.int64)]
    for low in range(0, count, _CHUNK):
        part = slice(low, low + _CHUNK)
        cuts[part], wider = _head(table[part], data, starts[part], ends[part] - starts[part])
        further.append(wider + low)
    return table, cuts, np.concatenate(further)


def _head(table: Bytes, data: Bytes, starts: Offsets, sizes: Offsets) -> tuple[Offsets, Offsets]:
    """Fill ``table`` with the shapes of these messages; answers their lengths, and who needs a wider table."""
    width = table.shape[1]
    table[:] = windows(data, starts, width)
    room = np.minimum(sizes, width)
    at = np.minimum(rowbits.first(rowbits.of(_is_end(table))), room)
    zero_digits(table)
    cuts = np.minimum(at + 1, room)
    wider = _unended(table, at, sizes)
    byte = data.take(starts + np.minimum(at, width - 1), mode="clip")
    byte[at == sizes] = 0
    other = np.flatnonzero(byte != _PERCENT)
    if len(other):
        some = table if len(other) == len(table) else table[other]
        cuts[other] = _after_time(some, cuts[other], room[other], byte[other] == _BRACKET)
    cuts[wider] = 0
    keep(table, cuts)
    return cuts, wider


def _is_end(table: Bytes) -> Flags:
    """Which bytes end a head: no header contains them."""
    stop = (table - np.uint8(0x22)) < 8  # " # $ % & ' ( )
    stop |= table == _COMMA
    stop |= ((table & np.uint8(0xDF)) - np.uint8(0x5B)) < 4  # [ \ ] ^ and { | } ~
    stop |= table < 0x20
    return stop


def _unended(table: Bytes, at: Offsets, sizes: Offsets) -> Offsets:
    """Rows without an end in this table that are looked at again in a wider one."""
    width = table.shape[1]
    rows = np.flatnonzero((at == width) & (sizes > width))
    if width == WIDTH and len(rows):
        some = table[rows]
        wide = (some[:, 16:22] == _EQUALS).any(1) & ((some[:, 0] == ord("O")) | (some[:, 0] == _LESS))
        rows = rows[wide]
    return rows[:0] if width == _WIDE else rows


def _after_time(table: Bytes, cuts: Offsets, room: Offsets, structured: Flags) -> Offsets:
    """Length of a head without ``%``: up to the first byte after the first colon and blank after its last clock time.

    Without a colon there, as far as a host name may reach, or to the ``[`` that ends it (RFC 5424 structured data);
    without a clock time, the first colon and blank. Never beyond ``cuts``. The messages are ``room`` bytes long here.
    """
    width = table.shape[1]
    inside = rowbits.below(width, room)
    colon, space, zero = (rowbits.of(table == byte) & inside for byte in (_COLON, _SPACE, ord("0")))
    clock = colon & rowbits.moved(colon, 3) & rowbits.moved(zero, 1) & rowbits.moved(zero, 2)
    last = rowbits.last(clock & rowbits.below(width, cuts))
    close = rowbits.first(colon & rowbits.moved(space, 1) & ~rowbits.below(width, last + 1))
    reach = np.where(last >= 0, last + _HOST_ROOM, _NO_TIME_ROOM)
    reach = np.where(structured, width, reach)
    size: Offsets = np.minimum(np.minimum(np.where(close < width, close + 3, reach), reach), cuts)
    return size


def _tails(data: Bytes, at: Offsets, ends: Offsets) -> tuple[Codes, tuple[bytes, ...], Offsets]:
    count = len(at)
    table, sizes = np.empty((count, TAIL), np.uint8), np.zeros(count, np.int64)
    percent = (data.take(at, mode="clip") == _PERCENT) & (at < ends)
    for low in range(0, count, _CHUNK):
        part = slice(low, low + _CHUNK)
        found = windows(data, at[part], TAIL)
        word, room = np.flatnonzero(~percent[part]), ends[part] - at[part]
        words = found if len(word) == len(found) else found[word]
        _words(words, room[word])
        tabbed = np.flatnonzero(words[:, 0] == _TAB)
        if len(tabbed):
            words[tabbed] = _tabs(data, at[part][word][tabbed], room[word][tabbed])
        if len(word) < len(found):
            sizes[part] = _tokens(found, data, at[part], room)
            found[word] = words
        table[part] = found
    sizes[~percent] = 0
    codes, tails = distinct(table)
    return codes, tails, sizes


def _tokens(table: Bytes, data: Bytes, at: Offsets, room: Offsets) -> Offsets:
    """Cut each row behind its token and what may follow it; answers the lengths of the tokens alone."""
    size = np.minimum(rowbits.first(rowbits.of(is_token_end(table))), room)
    here, following = data.take(at + size, mode="clip"), data.take(at + size + 1, mode="clip")
    more = ((here == _COLON) | ((here == _DOLLAR) & (size == 1))).astype(np.int64)
    more += np.where((here == _SPACE) & (following == _COLON), 2, 0)
    keep(table, np.minimum(np.minimum(size + more, room), TAIL))
    long = np.flatnonzero((size == TAIL) & (data.take(at, mode="clip") == _PERCENT))
    if len(long):
        size[long] = token_sizes(data, at[long], at[long] + room[long])
    return size


def _types(data: Bytes, starts: Offsets, ends: Offsets) -> Bytes:
    """`` type=`` and its value, up to the next blank, of each FortiOS record; empty where there is none."""
    table = np.zeros((len(starts), TAIL), np.uint8)
    for low in range(0, len(starts), _CHUNK):
        part = slice(low, low + _CHUNK)
        text = windows(data, starts[part], _TYPE_ROOM)
        bits = rowbits.of((text == _SPACE) | (text == _COMMA))
        for place, byte in enumerate(b"type=", 1):
            bits &= rowbits.moved(rowbits.of(text == byte), place)
        begin = rowbits.first(bits)
        at = starts[part] + begin
        found = windows(data, at, TAIL)
        blank = rowbits.of((found == _SPACE) | (found == _COMMA))
        blank[:, 0] &= ~np.uint64(1)
        size = np.minimum(rowbits.first(blank), ends[part] - at)
        keep(found, np.where(begin < _TYPE_ROOM, np.clip(size, 0, TAIL), 0))
        table[part] = found
    return table


def _tabs(data: Bytes, at: Offsets, room: Offsets) -> Bytes:
    """As many tabs as follow, four at most: what tells a record of TACACS+ accounting, whatever its fields hold."""
    tabs = rowbits.of(windows(data, at, _WIDE) == _TAB) & rowbits.below(_WIDE, np.minimum(room, _WIDE))
    count = np.minimum(np.bitwise_count(tabs).sum(axis=1), 4)
    return np.where(np.arange(TAIL) < count[:, None], np.uint8(_TAB), np.uint8(0))


def _words(table: Bytes, room: Offsets) -> None:
    """Cut each row behind its word, two after ``[0``, five commas after a comma; with a colon or ``<`` after it."""
    zero_digits(table)
    keep(table, np.minimum(room, TAIL))
    space = rowbits.of(table == _SPACE)
    end = np.minimum(rowbits.first(space), TAIL - 1)
    two = np.flatnonzero((table[:, 0] == _BRACKET) & (table[:, 1] == 48))
    if len(two):
        after = space[two] & ~rowbits.below(TAIL, end[two] + 1)
        end[two] = np.minimum(rowbits.first(after), TAIL - 1)
    csv = np.flatnonzero(table[:, 0] == _COMMA)
    if len(csv):
        fifth = rowbits.of(table[csv] == _COMMA)
        for _ in range(4):
            fifth &= fifth - np.uint64(1)
        end[csv] = np.minimum(rowbits.first(fifth), TAIL - 1) + 1
    following = np.minimum(end + 1, TAIL - 1)
    byte = table[np.arange(len(table)), following]
    joined = ((byte == _COLON) | (byte == _LESS)) & (end + 1 < TAIL)
    keep(table, np.where(joined, end + 2, end))
