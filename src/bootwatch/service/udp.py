"""Syslog over UDP (RFC 5426): a datagram is a message; what the kernel drops is counted.

The socket is drained until it is empty each time it is ready, many datagrams a call: a callback for every datagram
loses most of a burst.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from typing import Final

from bootwatch.errors import StoreError
from bootwatch.service.datagrams import AT_ONCE, Datagrams
from bootwatch.service.doors import Address, Counts, Taker, port_of
from bootwatch.service.intake import Busy
from bootwatch.store.wal import Block, Context

BUFFER_BYTES: Final = 64 << 20
_AT_ONCE: Final = 1024
"""Datagrams taken before other doors have their turn."""

_SO_RCVBUFFORCE: Final = 33
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct(
    "9I"
)  # linux/sock_diag.h: bytes that wait, of how many; the last is what the kernel dropped


class Udp:
    """One UDP door. Opening raises SettingsError."""

    def __init__(self, address: Address, intake: Taker, *, buffer_bytes: int = BUFFER_BYTES) -> None:
        self.counts = Counts()
        self._intake = intake
        self._socket = address.bound(socket.SOCK_DGRAM, "udp")
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
        except OSError:  # that needs CAP_NET_ADMIN; without it the kernel caps at net.core.rmem_max
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.port = port_of(self._socket)
        self.source = f"udp:{self.port}"
        self._datagrams = Datagrams(self._socket)
        asyncio.get_running_loop().add_reader(self._socket, self._drain)

    @property
    def buffer_bytes(self) -> int:
        """What the kernel holds for this door; it keeps half of what it says for its own notes."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    @property
    def pressed(self) -> bool:
        """Whether so much waits in the kernel that others should leave the processor to this door."""
        try:
            held = _MEMINFO.unpack(self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))
        except OSError:  # it is closed
            return False
        return bool(held[0] > held[1] // 16)

    def kernel_drops(self) -> int:
        """How many datagrams the kernel dropped because nobody took them in time."""
        drops: int = _MEMINFO.unpack(self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[-1]
        return drops

    def close(self) -> None:
        """Take what waits, then close."""
        for _ in range(64):
            if not self._drain():
                break
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _drain(self) -> int:
        count = 0
        blocks: list[Block] = []
        try:
            while count < _AT_ONCE:
                taken, found = self._datagrams.receive()
                for peer, lengths, data in found:
                    self.counts.came(peer, len(lengths), len(data))
                    blocks.append(Block(Context(time.time_ns() // 1000, self.source, peer=peer), lengths, data))
                count += taken
                if taken < AT_ONCE:
                    break
        except OSError:
            self.counts.dropped["the socket failed"] += 1
        if blocks:
            self._take(blocks)
        return count

    def _take(self, blocks: list[Block]) -> None:
        total = sum(block.count for block in blocks)

        def done(failed: StoreError | None) -> None:
            if failed is None:
                self.counts.committed += total
            else:
                self.counts.dropped["the log could not be written"] += total

        try:
            self._intake.offer(blocks, done)
        except Busy:
            self.counts.dropped["the queue was full"] += total
