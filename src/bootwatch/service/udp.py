"""Syslog over UDP (RFC 5426): a datagram is a message; what the kernel drops is counted.

The socket is drained until it is empty each time it is ready: a callback for every datagram loses most of a burst.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Final

from bootwatch.errors import StoreError
from bootwatch.service.doors import Address, Counts, Taker, block_of, port_of
from bootwatch.service.intake import Busy

BUFFER_BYTES: Final = 64 << 20
_LARGEST: Final = 65_535
_AT_ONCE: Final = 1024
"""Datagrams taken before other doors have their turn."""

_SO_RCVBUFFORCE: Final = 33
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")  # the last is how many datagrams the kernel dropped (linux/sock_diag.h)


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
        asyncio.get_running_loop().add_reader(self._socket, self._drain)

    @property
    def buffer_bytes(self) -> int:
        """What the kernel holds for this door; it keeps half of what it says for its own notes."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

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
        groups: dict[str, list[bytes]] = {}
        count = 0
        receive = self._socket.recvfrom
        try:
            while count < _AT_ONCE:
                data, sender = receive(_LARGEST)
                count += 1
                group = groups.get(sender[0])
                if group is None:
                    groups[sender[0]] = [data]
                else:
                    group.append(data)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.counts.dropped["the socket failed"] += 1
        if groups:
            self._take(groups)
        return count

    def _take(self, groups: dict[str, list[bytes]]) -> None:
        blocks = []
        for peer, datagrams in groups.items():
            messages = [data.rstrip(b"\r\n\0") for data in datagrams]
            self.counts.came(peer, len(messages), sum(map(len, messages)))
            blocks.append(block_of(self.source, peer, messages))
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
