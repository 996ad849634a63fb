"""A file or a stream cut into blocks at event borders, so that blocks can be worked on apart.

A line is ended by LF, or CR LF. A line that begins with one of ``continued`` belongs to the event before it, and no cut
is made there. An event above :data:`MAX_EVENT_BYTES` is left out and counted, so that memory stays
bounded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bootwatch.errors import InputError
from bootwatch.ingest.compressed import Reader
from bootwatch.match.scan import Starts

BLOCK_BYTES: Final = 1 << 21
"""Folding and scanning are fastest where a block and its folded copy stay in the second-level cache."""

MAX_EVENT_BYTES: Final = 64 << 20
"""The longest event that is read; a syslog message is rarely above 8 KiB."""

_TAIL_BYTES: Final = 1 << 13


@dataclass(frozen=True, slots=True)
class Block:
    """Whole events: ``data[begin:end]``, which stands at byte ``offset`` of the (unpacked) file.

    ``oversized`` counts events that were left out behind it for their length, ``skipped_lines`` the lines they had.
    """

    data: bytes | bytearray
    begin: int
    end: int
    offset: int
    oversized: int = 0
    skipped_lines: int = 0


@dataclass(frozen=True, slots=True)
class Cutter:
    """How blocks are cut; the sizes are parameters for the tests."""

    continued: Starts = ()
    block_bytes: int = BLOCK_BYTES
    max_event_bytes: int = MAX_EVENT_BYTES

    def count(self, size: int) -> int:
        """Number of blocks of a plain file of ``size`` bytes."""
        return -(-size // self.block_bytes)

    def at(self, number: int, descriptor: int, size: int, buffer: bytearray) -> Block:
        """Block ``number`` of a plain file: the events that begin in its share of the bytes, each whole.

        Independent of the other blocks. ``buffer`` is used again where it is large enough, so the block is valid until
        the next call with it. A file that has become shorter meanwhile just ends earlier.
        """
        low = number * self.block_bytes
        high = min(low + self.block_bytes, size)
        base = max(low - 1, 0)  # one byte back, to see whether a line ends there
        wanted = min(high - base + _TAIL_BYTES, size - base)
        if len(buffer) < wanted:
            buffer.extend(bytes(wanted - len(buffer)))
        have = _fill(descriptor, buffer, 0, wanted, base)
        share = min(high - base, have)
        at_end = have < wanted or base + have >= size
        begin = 0 if low == 0 else self._start_after(buffer, 0, have, at_end)
        if begin < 0 or begin >= share:
            return Block(buffer, 0, 0, base)
        end = self._start_after(buffer, share - 1, have, at_end)
        if end < 0 and at_end:
            end = have
        if end < 0:
            return self._extended(buffer, begin, share, have, base, descriptor, size)
        return self._checked(buffer, begin, end, base)

    def of(self, reader: Reader) -> Iterator[Block]:
        """The blocks of a stream, each with its own memory. What was read before an InputError comes before it."""
        rest = bytearray()  # begins with an event, or in the middle of one that is being skipped
        offset = 0
        searched = 0  # no event begins in rest after its first byte and before this one
        skipping = False
        skipped_lines = 0
        broken: InputError | None = None
        while True:
            try:
                more = reader.read(self.block_bytes)
            except InputError as exc:
                broken = exc
                break
            if not more:
                break
            rest += more
            if skipping:
                start = self._start_after(rest, 0, len(rest), False)
                drop = start if start >= 0 else max(len(rest) - self._sight, 0)
                skipped_lines += rest.count(b"\n", 0, drop)
                offset += drop
                del rest[:drop]
                if start < 0:
                    continue
                yield Block(rest, 0, 0, offset, skipped_lines=skipped_lines)
                skipping, searched = False, 0
            if len(rest) < self.block_bytes:
                continue
            cut = self._last_start(rest, max(searched - self._sight, 0), len(rest), len(rest))
            if cut > self.max_event_bytes:
                # The event that filled all reads so far goes alone, as it may be too long.
                first = self._start_after(rest, max(searched - self._sight - 1, 0), len(rest), False)
                block, rest = rest, rest[first:]
                yield self._checked(block, 0, first, offset)
                offset += first
                cut -= first
            if cut > 0:
                block, rest = rest, rest[cut:]
                yield self._checked(block, 0, cut, offset)
                offset += cut
            searched = len(rest)
            if len(rest) > self.max_event_bytes + 1 + self._sight:
                yield Block(rest, 0, 0, offset, oversized=1)
                skipping = True
                drop = len(rest) - self._sight
                skipped_lines = rest.count(b"\n", 0, drop)
                offset += drop
                rest = rest[drop:]
        if skipping:
            start = self._start_after(rest, 0, len(rest), True)
            drop = start if start >= 0 else len(rest)
            skipped_lines += rest.count(b"\n", 0, drop) + (start < 0 and not rest.endswith(b"\n"))
            offset += drop
            rest = rest[drop:]
            yield Block(rest, 0, 0, offset, skipped_lines=skipped_lines)
        first = self._start_after(rest, 0, len(rest), True) if len(rest) > self.max_event_bytes else -1
        if first > 0:
            yield self._checked(rest, 0, first, offset)
            offset += first
            rest = rest[first:]
        if rest:
            yield self._checked(rest, 0, len(rest), offset)
        if broken is not None:
            raise broken

    def _extended(
        self, buffer: bytearray, begin: int, share: int, have: int, base: int, descriptor: int, size: int
    ) -> Block:
        """The last event runs past the tail that was read: read on until it ends or is too long."""
        last = max(self._last_start(buffer, begin, share, have), begin)
        limit = last + self.max_event_bytes + 1 + self._sight
        data = bytearray(buffer[:have])
        searched = have
        while have < limit and base + have < size:
            wanted = min(max(2 * have, 1 << 16), limit, size - base)
            data.extend(bytes(wanted - have))
            got = _fill(descriptor, data, have, wanted, base)
            at_end = got < wanted or base + got >= size
            end = self._start_after(data, max(searched - self._sight - 1, share - 1), got, at_end)
            if end >= 0:
                return self._checked(data, begin, end, base)
            searched, have = got, got
            if got < wanted:
                break
        if have < limit:
            return self._checked(data, begin, have, base)
        return Block(data, begin, last, base, oversized=1, skipped_lines=1)

    def _checked(self, data: bytearray, begin: int, end: int, offset: int) -> Block:
        """Only the last event can be too long, as no other is as long as a block."""
        if end - begin > self.max_event_bytes:
            last = max(self._last_start(data, begin, end, end + self._sight), begin)
            text_end = end - 1 if data[end - 1] == 0x0A else end
            if text_end - last > self.max_event_bytes:
                return Block(
                    data, begin, last, offset, oversized=1, skipped_lines=data.count(b"\n", last, text_end) + 1
                )
        return Block(data, begin, end, offset)

    def _start_after(self, data: bytearray, position: int, end: int, at_end: bool) -> int:
        """The first event start after a line end at or after ``position``, -1 if none is in sight before ``end``.

        Unless the file ends there (``at_end``), a start too near to ``end`` may yet turn out a continuation.
        """
        while True:
            newline = data.find(b"\n", position, end)
            start = newline + 1
            if newline < 0 or start >= end:
                return -1
            if not self._continues(data, start, end):
                return start if at_end or start + self._sight <= end else -1
            position = start

    def _last_start(self, data: bytearray, begin: int, end: int, known: int) -> int:
        """The last event start above ``begin`` and before ``end`` that is surely one, -1 if there is none.

        ``known`` bytes of ``data`` may be looked at for that.
        """
        stop = min(end, known - self._sight + 1) - 1
        while stop > begin:
            newline = data.rfind(b"\n", begin, stop)
            if newline < 0:
                return -1
            if not self._continues(data, newline + 1, known):
                return newline + 1
            stop = newline
        return -1

    def _continues(self, data: bytearray, start: int, end: int) -> bool:
        return bool(self.continued) and data.startswith(self.continued, start, end)

    @property
    def _sight(self) -> int:
        """How many bytes of a line tell whether it continues the one before."""
        return max(map(len, self.continued), default=1)


def _fill(descriptor: int, buffer: bytearray, have: int, wanted: int, base: int) -> int:
    """Read bytes ``base + have`` to ``base + wanted`` of the file into ``buffer``; how many bytes it then holds."""
    view = memoryview(buffer)
    try:
        while have < wanted:
            got = os.preadv(descriptor, [view[have:wanted]], base + have)
            if got == 0:
                break
            have += got
    finally:
        view.release()
    return have
