"""Many datagrams in one call (recvmmsg(2)): a call for each, at two hundred thousand a second, is most of the work.

Each datagram has a place of its own in one stretch of memory, as large as the largest may be; pages that nothing was
written to cost nothing.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import numpy as np

AT_ONCE: Final = 256
_PLACE: Final = 1 << 16
_NAME: Final = 28  # of an IPv6 address with its port (struct sockaddr_in6); one of IPv4 is shorter
_ADDRESS: Final = {socket.AF_INET: slice(4, 8), socket.AF_INET6: slice(8, _NAME)}
_MOST_KNOWN: Final = 10_000
_TRAILING: Final = np.array([0, 10, 13], np.uint8)
_TRAILING_USUAL: Final = 3
_VECTOR: Final = np.dtype([("base", np.uintp), ("length", np.uintp)])
_MESSAGE: Final = np.dtype(  # struct msghdr
    [
        ("name", np.uintp), ("name_length", np.uint32), ("vector", np.uintp), ("vectors", np.uintp),
        ("control", np.uintp), ("control_length", np.uintp), ("flags", np.int32),
    ],
    align=True,
)  # fmt: skip
_HEADER: Final = np.dtype([("message", _MESSAGE), ("length", np.uint32)], align=True)  # struct mmsghdr
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Datagrams:
    """What waits at a socket that does not block."""

    def __init__(self, sock: socket.socket, at_once: int = AT_ONCE) -> None:
        self._socket, self._at_once = sock, at_once
        self._address = _ADDRESS[sock.family]
        self._known: dict[bytes, str] = {}
        self._memory = mmap.mmap(-1, at_once * _PLACE)
        self._view = memoryview(self._memory)
        self._bytes = np.frombuffer(self._memory, np.uint8).reshape(at_once, _PLACE)
        self._names = np.zeros((at_once, _NAME), np.uint8)
        self._vectors = np.zeros(at_once, _VECTOR)
        self._headers = np.zeros(at_once, _HEADER)
        rows = np.arange(at_once, dtype=np.uintp)
        self._vectors["base"], self._vectors["length"] = self._bytes.ctypes.data + rows * _PLACE, _PLACE
        message = self._headers["message"]
        message["name"], message["name_length"] = self._names.ctypes.data + rows * _NAME, _NAME
        message["vector"], message["vectors"] = self._vectors.ctypes.data + rows * _VECTOR.itemsize, 1

    def receive(self) -> tuple[int, Iterator[tuple[str, list[int], bytes]]]:
        """How many there were, up to ``at_once``, and for each sender how long each is and all of them joined.

        Line ends and NULs at the end of a datagram are no part of it. Raises OSError. What is answered has to be used
        before the next call.
        """
        taken = _LIBC.recvmmsg(
            self._socket.fileno(), ctypes.c_void_p(self._headers.ctypes.data), self._at_once, socket.MSG_DONTWAIT, None
        )
        if taken < 0:
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return 0, iter(())
            raise OSError(number, os.strerror(number))
        return taken, self._by_sender(taken)

    def _by_sender(self, taken: int) -> Iterator[tuple[str, list[int], bytes]]:
        lengths = self._lengths(taken)
        names = np.ascontiguousarray(self._names[:taken, self._address])
        if taken and bool((names == names[0]).all()):
            yield self._joined(names[0].tobytes(), range(taken), lengths)
            return
        senders: dict[bytes, list[int]] = {}
        for row in range(taken):
            senders.setdefault(names[row].tobytes(), []).append(row)
        for name, rows in senders.items():
            yield self._joined(name, rows, [lengths[row] for row in rows])

    def _lengths(self, taken: int) -> list[int]:
        lengths = self._headers["length"][:taken].astype(np.int64)
        rows = np.flatnonzero(lengths)
        for _ in range(_TRAILING_USUAL):
            rows = rows[np.isin(self._bytes[rows, lengths[rows] - 1], _TRAILING)]
            lengths[rows] -= 1
            rows = rows[lengths[rows] > 0]
            if not len(rows):
                break
        for row in rows.tolist():  # whoever ends so has sent nothing else, or means harm
            start = row * _PLACE
            lengths[row] = len(bytes(self._view[start : start + int(lengths[row])]).rstrip(_TRAILING.tobytes()))
        found: list[int] = lengths.tolist()
        return found

    def _joined(self, name: bytes, rows: range | list[int], lengths: list[int]) -> tuple[str, list[int], bytes]:
        view = self._view
        starts = [row * _PLACE for row in rows]
        pieces = [view[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        return self._sender(name), lengths, b"".join(pieces)

    def _sender(self, name: bytes) -> str:
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[name] = _text(self._socket.family, name)
        return found


def _text(family: int, name: bytes) -> str:
    """An address as a socket's own calls say it: of IPv6 with the interface where it holds on one alone."""
    if family == socket.AF_INET:
        return socket.inet_ntop(family, name)
    text = socket.inet_ntop(family, name[:16])
    if interface := int.from_bytes(name[16:], "little" if np.little_endian else "big"):
        with suppress(OSError):
            return f"{text}%{socket.if_indextoname(interface)}"
    return text
