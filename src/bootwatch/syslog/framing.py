"""Where one message ends and the next begins in a stream: RFC 6587, octet counting and non-transparent framing.

Which of the two a sender uses is decided anew at every frame: a length, one blank and ``<`` begin a counted frame
(3.4.1), everything else is a line that ends with a line feed or a NUL (3.4.2); relays mix them. Framing is indifferent
to how the network cuts the stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

LARGEST: Final = 16 << 20
"""A longer message is dropped and counted: nothing on the way to the store holds more of one."""

_LF, _NUL, _BLANK, _PRI = 0x0A, 0x00, 0x20, 0x3C
_DIGITS: Final = frozenset(b"0123456789")
_MOST_DIGITS: Final = 10
_COUNTED: Final = re.compile(rb"\n[1-9]")
"""A line that may begin a counted frame."""


@dataclass(slots=True)
class Framer:
    """The frames of one connection. ``oversized`` and ``torn`` count messages that were dropped: too long, cut off.

    ``counted`` and ``lines`` count frames of each kind.
    """

    largest: int = LARGEST
    oversized: int = 0
    torn: int = 0
    counted: int = 0
    lines: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    """Bytes of an oversized counted frame still to come; -1 while an oversized line has not ended."""

    def lines_of(self, data: bytes) -> bytes | None:
        """The complete lines as they are, each with its end, where these bytes hold nothing but lines.

        None where they may hold something else, or where what came before is not finished: then :meth:`feed` says.
        What follows the last line end waits, here as there.
        """
        if self._skip:
            return None
        buffer = self._buffer
        whole = bytes(buffer) + data if buffer else data
        if b"\0" in whole or b"\r" in whole:
            return None
        if whole[0] in _DIGITS or _COUNTED.search(whole) is not None:
            return None
        end = whole.rfind(b"\n") + 1
        if len(whole) - end > self.largest or (end and end > self.largest):
            return None
        buffer[:] = whole[end:]
        self.lines += whole.count(b"\n", 0, end)
        return whole[:end]

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now, without their framing; blank lines are none."""
        self._buffer += data
        return [message for message in self._frames() if message]

    def end(self) -> list[bytes]:
        """At the end of the stream: a line needs no end then, a counted frame that is not whole is dropped."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if self._skip:
            self._skip = 0
            return []
        if not rest:
            return []
        if self._length(rest)[0] is not None:
            self.torn += 1
            return []
        self.lines += 1
        line = rest.rstrip(b"\r\n\0")
        return [line] if line else []

    def _frames(self) -> Iterator[bytes]:
        buffer = bytes(self._buffer)
        at = 0
        size = len(buffer)
        while at < size:
            if self._skip:
                at = self._skipped(buffer, at)
                continue
            if buffer[at] in _DIGITS:
                length, begin = self._length(buffer[at : at + _MOST_DIGITS + 2])
                if length is None and begin == 0:
                    break  # a length, perhaps, whose rest has not come
                if length is not None:
                    start = at + begin
                    if length > self.largest:
                        self.oversized += 1
                        self._skip = length
                        at = start
                        continue
                    if start + length > size:
                        break
                    self.counted += 1
                    yield buffer[start : start + length].rstrip(b"\r\n\0")
                    at = start + length
                    continue
            end = self._line_end(buffer, at)
            if end < 0:
                if size - at > self.largest:
                    self.oversized += 1
                    self._skip = -1
                    at = size
                break
            if end - at > self.largest:
                self.oversized += 1
            else:
                self.lines += 1
                yield buffer[at:end].rstrip(b"\r")
            at = end + 1
        del self._buffer[:at]

    def _skipped(self, buffer: bytes, at: int) -> int:
        if self._skip > 0:
            step = min(self._skip, len(buffer) - at)
            self._skip -= step
            return at + step
        end = self._line_end(buffer, at)
        if end < 0:
            return len(buffer)
        self._skip = 0
        return end + 1

    @staticmethod
    def _line_end(buffer: bytes, at: int) -> int:
        feed = buffer.find(b"\n", at)
        nul = buffer.find(b"\0", at, feed if feed >= 0 else len(buffer))
        # A NUL inside a line is the sender's text; one that ends a frame is followed by the next frame, once it comes.
        if 0 <= nul < len(buffer) - 1 and buffer[nul + 1] == _PRI:
            return nul
        return feed

    @staticmethod
    def _length(head: bytes) -> tuple[int | None, int]:
        """The length that begins a counted frame, and where its message starts.

        ``(None, 0)`` where that cannot be said yet, ``(None, 1)`` where none does.
        """
        at = 0
        while at < len(head) and at <= _MOST_DIGITS and head[at] in _DIGITS:
            at += 1
        if at == len(head):
            return (None, 0) if at <= _MOST_DIGITS and head[:1] != b"0" else (None, 1)
        if at > _MOST_DIGITS or head[at] != _BLANK or head[:1] == b"0":
            return None, 1
        if at + 1 == len(head):
            return None, 0
        return (int(head[:at]), at + 1) if head[at + 1] == _PRI else (None, 1)
