"""PAN-OS records: comma-separated, behind a BSD or IETF header or none; the device's name and time stand in fields.

Field orders: PAN-OS Administrator's Guide, "Syslog Field Descriptions" (7.1 to 11.1). Counted from 0: 1 receive time,
2 serial, 3 type, 6 time generated; the device's name and the high-resolution time stand where the type puts them. An
audit log is shorter: 0 serial, 1 time generated, 2 type, no name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Flags, Heads, Offsets, distinct, gather, keep, windows, zero_digits
from bootwatch.match.rowbits import flagged
from bootwatch.syslog import stamps

TYPE: Final = 3
_GENERATED: Final = 6
_DEVICE_NAME: Final = {
    b"SYSTEM": 22, b"CONFIG": 21, b"TRAFFIC": 52, b"THREAT": 59, b"HIPMATCH": 24, b"USERID": 25, b"CORRELATION": 13,
    b"DECRYPTION": 108, b"AUTHENTICATION": 29, b"AUTH": 29, b"GLOBALPROTECT": 47, b"IPTAG": 23,
}  # fmt: skip
_PRECISE: Final = {b"SYSTEM": 25, b"CONFIG": 25, b"AUTHENTICATION": 33, b"AUTH": 33, b"GLOBALPROTECT": 36}
_AUDIT: Final = b"audit"
_WITH_DETAIL: Final = 2
_STAMP_ROOM: Final = 36


@dataclass(frozen=True, slots=True)
class Records:
    """For each row asked for: its time, and the span of its device's name (-1: none).

    ``timed`` is false where the row is no PAN-OS record or has no time; ``zoned`` says that the time carried its zone.
    """

    seconds: npt.NDArray[np.float64]
    timed: Flags
    zoned: Flags
    name_begin: Offsets
    name_end: Offsets


def read(heads: Heads, rows: Offsets, begin: Offsets, clock: Clock) -> Records:
    """The records of ``rows``, whose first fields begin at the offsets ``begin`` into the batch's bytes."""
    if not len(rows):
        none, never = np.zeros(0, np.int64), np.zeros(0, np.bool_)
        return Records(np.zeros(0), never, never, none, none)
    commas = _Commas(heads, rows, begin)
    kind_begin, kind_end = commas.field(np.full(len(rows), TYPE))
    table = windows(heads.data, np.maximum(kind_begin, 0), 16)
    size = np.where(kind_begin >= 0, np.minimum(kind_end - kind_begin, 16), 0)
    keep(table, size)
    codes, kinds = distinct(table)
    known = np.array([kind in _DEVICE_NAME for kind in kinds])[codes]

    def column(places: dict[bytes, int]) -> Offsets:
        found: Offsets = np.array([places.get(kind, 0) for kind in kinds], np.int64)[codes]
        return found

    detail = np.array([kind == b"CONFIG" for kind in kinds])[codes]
    flags_begin, flags_end = commas.field(np.full(len(rows), 15))
    plain = heads.data.take(np.maximum(flags_begin, 0) + 1, mode="clip") == ord("x")
    shift = np.where(detail & ~(plain & (flags_end - flags_begin > 2)), _WITH_DETAIL, 0)
    name = column(_DEVICE_NAME)
    name_begin, name_end = commas.field(name + shift)
    # Names are letters, digits, dots, dashes and underscores; anything else is not a name but a shifted column.
    named = known & (name > 0) & (name_end > name_begin) & (name_end - name_begin < 64)
    named &= heads.data.take(np.maximum(name_begin, 0), mode="clip") != ord('"')
    audit_begin, audit_end = commas.field(np.full(len(rows), TYPE - 1))
    table = windows(heads.data, np.maximum(audit_begin, 0), len(_AUDIT))
    audit = (table == np.frombuffer(_AUDIT, np.uint8)).all(axis=1) & (audit_end - audit_begin == len(_AUDIT))
    known |= audit
    seconds, timed = _times(heads, *commas.field(np.where(audit, 1, _GENERATED)), clock)
    precise = column(_PRECISE)
    zoned = np.zeros(len(rows), np.bool_)
    if (precise > 0).any():
        place = commas.field(precise + shift)
        better, is_better = _times(heads, *place, clock)
        is_better &= precise > 0
        seconds, timed, zoned = np.where(is_better, better, seconds), timed | is_better, is_better
    return Records(seconds, timed & known, zoned, np.where(named, name_begin, -1), np.where(named, name_end, -1))


class _Commas:
    """Where the fields of some rows begin and end; a comma between double quotes separates nothing."""

    def __init__(self, heads: Heads, rows: Offsets, begin: Offsets) -> None:
        self._begin, self._ends = begin, heads.ends[rows]
        data, first = heads.data, begin
        if 2 * int((self._ends - begin).sum()) < len(data):  # most of the batch is not ours: look at a copy of what is
            sizes = self._ends - begin
            data = gather(data, begin, self._ends)
            first = np.cumsum(sizes) - sizes
        moved = begin - first
        commas = np.flatnonzero(data == ord(","))
        commas = _unquoted(commas, flagged(data == ord('"')), first)
        self._commas, self._moved = commas, moved
        self._first = np.searchsorted(commas, first)
        self._count = np.searchsorted(commas, self._ends - moved) - self._first

    def field(self, index: Offsets) -> tuple[Offsets, Offsets]:
        """Spans of one field per row, counted from 0; -1 and -1 where the record is shorter."""
        there = index <= self._count
        if not len(self._commas):
            begin, end = self._begin, self._ends
        else:
            last = len(self._commas) - 1
            left = self._commas[np.clip(self._first + index - 1, 0, last)] + 1 + self._moved
            right = self._commas[np.clip(self._first + index, 0, last)] + self._moved
            begin = np.where(index == 0, self._begin, left)
            end = np.where(index == self._count, self._ends, right)
        return np.where(there, begin, -1), np.where(there, end, -1)


def _times(heads: Heads, begin: Offsets, end: Offsets, clock: Clock) -> tuple[npt.NDArray[np.float64], Flags]:
    table = windows(heads.data, np.maximum(begin, 0), _STAMP_ROOM)
    size = np.where(begin >= 0, np.minimum(end - begin, _STAMP_ROOM), 0)
    keep(table, size)
    zero_digits(table)
    codes, shapes = distinct(table)
    rows = np.array([_layout(shape) for shape in shapes], np.int32)
    return stamps.seconds(heads.data, np.maximum(begin, 0), rows, codes, clock)


@lru_cache(maxsize=1 << 14)
def _layout(shape: bytes) -> tuple[int, ...]:
    stamp = stamps.find(shape.decode("latin-1"), 0)
    return stamp.row() if stamp else stamps.NO_STAMP


def _unquoted(commas: Offsets, quotes: Offsets, first: Offsets) -> Offsets:
    """The commas outside double quotes; ``first`` is where each record begins. A pair ends with its record at last."""
    if not len(quotes):
        return commas
    row = np.searchsorted(first, quotes, "right") - 1
    mine = row >= 0
    quotes, row = quotes[mine], row[mine]
    opens = (np.arange(len(quotes)) - np.searchsorted(quotes, first)[row]) % 2 == 0
    begin = np.searchsorted(commas, quotes[opens])
    following, follower = np.append(quotes[1:], 0)[opens], np.append(row[1:], -1)[opens]
    limits = np.append(first[1:], np.iinfo(np.int64).max)[row[opens]]
    end = np.searchsorted(commas, np.where(follower == row[opens], following, limits))
    inside = np.flatnonzero(end > begin)
    if not len(inside):
        return commas
    begin, size = begin[inside], (end - begin)[inside]
    outside = np.ones(len(commas), np.bool_)
    outside[np.repeat(begin - np.cumsum(size) + size, size) + np.arange(int(size.sum()))] = False
    return commas[outside]
