"""What every door to the service has: an address, counters, and the way its messages go into the intake."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from bootwatch.errors import SettingsError
from bootwatch.service.intake import Done
from bootwatch.store.wal import LINES, Block, Context

_MOST_PEERS: Final = 10_000


class Taker(Protocol):
    """What a door needs of the intake."""

    @property
    def room(self) -> int: ...
    def offer(self, blocks: Sequence[Block], done: Done) -> None: ...


@dataclass(slots=True)
class Counts:
    """Since the start: messages that came in (``received``), that are synced, and that are lost, counted by why."""

    received: int = 0
    bytes: int = 0
    committed: int = 0
    connections: int = 0
    open: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    peers: Counter[str] = field(default_factory=Counter)
    """Messages by sender; beyond ten thousand senders the rest are counted as ``other``."""

    def came(self, peer: str, messages: int, size: int) -> None:
        self.received += messages
        self.bytes += size
        self.peers[peer if peer in self.peers or len(self.peers) < _MOST_PEERS else "other"] += messages


@dataclass(frozen=True, slots=True)
class Address:
    """``host`` may be a name, an IPv4 or an IPv6 address; ``port`` 0 takes a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, key: str) -> Address | None:
        """``HOST:PORT`` or ``[IPv6]:PORT``; None for ``off``. Raises SettingsError naming ``key``."""
        if text.strip().lower() == "off":
            return None
        host, colon, port = text.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isdigit() or int(port) > 65535:
            raise SettingsError(f"{text!r} is no address; use HOST:PORT, [IPv6]:PORT or off", key=key)
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def bound(self, kind: socket.SocketKind, key: str) -> socket.socket:
        """A socket on this address, not blocking. Raises SettingsError where it cannot be had, with why."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=kind, flags=socket.AI_PASSIVE)
            family, _, protocol, _, address = found[0]
            sock = socket.socket(family, kind, protocol)
        except OSError as exc:
            raise SettingsError(f"{self} cannot be opened: {exc.strerror or exc}", key=key) from exc
        try:
            sock.setblocking(False)
            if kind == socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            if kind == socket.SOCK_STREAM:
                sock.listen(1024)
        except OSError as exc:
            sock.close()
            hint = "; ports below 1024 need CAP_NET_BIND_SERVICE" if isinstance(exc, PermissionError) else ""
            raise SettingsError(f"{self} cannot be opened: {exc.strerror or exc}{hint}", key=key) from exc
        return sock


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def block_of(source: str, peer: str, messages: Sequence[bytes]) -> Block:
    """Messages that came from one sender just now."""
    return Block.of(Context(time.time_ns() // 1000, source, peer=peer), messages)


def lines_of(source: str, peer: str, lines: bytes) -> Block:
    """Whole lines that came from one sender just now; they are taken apart when they are sealed."""
    return Block(Context(time.time_ns() // 1000, source, peer=peer, form=LINES), (), lines)
