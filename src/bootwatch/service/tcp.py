"""Syslog over TCP (RFC 6587) and TLS (RFC 5425): frames per connection, senders held back while there is no room.

TCP has no acknowledgement of its own: a message counts as taken once ``committed`` counts it. What was read and cannot
be written (a full disk) is kept and tried again, and meanwhile its sender is not read.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from pathlib import Path
from typing import Final

from bootwatch.errors import SettingsError, StoreError
from bootwatch.service.doors import Address, Counts, Taker, block_of, lines_of, port_of
from bootwatch.service.intake import Busy
from bootwatch.store.wal import Block
from bootwatch.syslog.framing import Framer

MOST_CONNECTIONS: Final = 4096
_OUTSTANDING_BYTES: Final = 4 << 20
_AGAIN_S: Final = 0.05
_AGAIN_AFTER_FAILURE_S: Final = 0.5
_HANDSHAKE_S: Final = 15.0
_LOG: Final = logging.getLogger("bootwatch.tcp")


class Tcp:
    """One TCP door, with TLS where a context is given. Opening raises SettingsError."""

    def __init__(
        self, address: Address, intake: Taker, *, tls: ssl.SSLContext | None = None, most: int = MOST_CONNECTIONS
    ) -> None:
        self.counts = Counts()
        self.intake = intake
        self.tls = tls
        self.connections: set[_Connection] = set()
        self._most = most
        self._socket = address.bound(socket.SOCK_STREAM, "tls" if tls else "tcp")
        self.port = port_of(self._socket)
        self.source = f"{'tls' if tls else 'tcp'}:{self.port}"
        self._handshakes: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def close(self, within_s: float = 2.0) -> None:
        """Take no more, and wait for what was read to be synced; a sender that goes on sending is cut off."""
        self._accepting.cancel()
        self._socket.close()
        for connection in list(self.connections):
            connection.stop_reading()
        deadline = asyncio.get_running_loop().time() + within_s
        while any(one.unfinished for one in self.connections) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.end()
        for task in self._handshakes:
            task.cancel()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(self._socket)
            except OSError as exc:  # out of file descriptors: those that are open go on
                self.counts.dropped[f"connection refused: {exc.strerror}"] += 1
                await asyncio.sleep(0.2)
                continue
            if len(self.connections) + len(self._handshakes) >= self._most:
                self.counts.dropped[f"connection refused: {self._most} are open"] += 1
                sock.close()
                continue
            task = loop.create_task(self._welcome(sock))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _welcome(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        peer = "unknown"
        try:
            peer = sock.getpeername()[0]
            await loop.connect_accepted_socket(
                lambda: _Connection(self, peer),
                sock,
                ssl=self.tls,
                ssl_handshake_timeout=_HANDSHAKE_S if self.tls else None,
            )
        except (OSError, ssl.SSLError, ConnectionError, TimeoutError) as exc:
            why = getattr(exc, "reason", None) or getattr(exc, "strerror", None) or str(exc)
            self.counts.dropped[f"handshake failed: {why}"] += 1
            _LOG.warning("%s: handshake with %s failed: %s", self.source, peer, why)
            sock.close()


class _Connection(asyncio.Protocol):
    """One sender. ``_held`` are blocks that found no room, in order."""

    def __init__(self, door: Tcp, peer: str) -> None:
        self._door, self._peer = door, peer
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._held: deque[Block] = deque()
        self._outstanding = 0
        self._retrying = False
        self._stopped = False

    @property
    def unfinished(self) -> bool:
        return bool(self._held or self._outstanding)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream's transport is one
        self._transport = transport
        self._door.connections.add(self)
        self._door.counts.connections += 1
        self._door.counts.open += 1

    def data_received(self, data: bytes) -> None:
        lines = self._framer.lines_of(data)
        if lines is None:
            self._take(self._framer.feed(data))
        elif lines:
            self._hold(lines_of(self._door.source, self._peer, lines))

    def eof_received(self) -> bool:
        self._take(self._framer.end())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._take(self._framer.end())
        self._transport = None
        counts = self._door.counts
        counts.open -= 1
        for reason, count in (("too long", self._framer.oversized), ("cut off", self._framer.torn)):
            if count:
                counts.dropped[f"message {reason}"] += count
        if not self.unfinished:
            self._door.connections.discard(self)

    def stop_reading(self) -> None:
        self._stopped = True
        if self._transport is not None:
            self._transport.pause_reading()
        self._take(self._framer.end())

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take(self, messages: list[bytes]) -> None:
        if not messages:
            return
        self._hold(block_of(self._door.source, self._peer, messages))

    def _hold(self, block: Block) -> None:
        self._door.counts.came(self._peer, block.count, len(block.data))
        self._held.append(block)
        if not self._retrying:
            self._offer()

    def _offer(self) -> None:
        self._retrying = False
        while self._held:
            block = self._held[0]
            try:
                self._door.intake.offer([block], self._done(block))
            except Busy:
                self._again(_AGAIN_S)
                break
            self._held.popleft()
            self._outstanding += len(block.data) + 1
        self._pace()

    def _done(self, block: Block) -> _Done:
        return _Done(asyncio.get_running_loop(), self, block)

    def settled(self, block: Block, failed: StoreError | None) -> None:
        self._outstanding -= len(block.data) + 1
        if failed is None:
            self._door.counts.committed += block.count
        else:
            self._held.appendleft(block)
            self._again(_AGAIN_AFTER_FAILURE_S)
        self._pace()
        if self._transport is None and not self.unfinished:
            self._door.connections.discard(self)

    def _again(self, after_s: float) -> None:
        if not self._retrying:
            self._retrying = True
            asyncio.get_running_loop().call_later(after_s, self._offer)

    def _pace(self) -> None:
        """Read only while there is room for what is read."""
        if self._transport is None or self._stopped or self._transport.is_closing():
            return
        full = bool(self._held) or self._outstanding > _OUTSTANDING_BYTES
        if full and self._transport.is_reading():
            self._transport.pause_reading()
        elif not full and not self._transport.is_reading():
            self._transport.resume_reading()


class _Done:
    """Called from the intake's thread: hands the outcome to the connection in its event loop."""

    __slots__ = ("_block", "_connection", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: _Connection, block: Block) -> None:
        self._loop, self._connection, self._block = loop, connection, block

    def __call__(self, failed: StoreError | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._connection.settled, self._block, failed)
        except RuntimeError:  # the loop has ended
            return


def tls_context(
    certificate: Path,
    key: Path | None,
    *,
    clients: Path | None = None,
    required: bool = False,
    revoked: Path | None = None,
) -> ssl.SSLContext:
    """The server's side of TLS, 1.2 or later. Raises SettingsError.

    ``clients`` are the authorities that client certificates are checked against, ``required`` whether one has to be
    shown, ``revoked`` a certificate revocation list.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, certificate, key)
    if required and clients is None:
        raise SettingsError("client certificates are required, but no authority is named", key="tls.client_ca")
    if clients is not None:
        try:
            context.load_verify_locations(clients)
            if revoked is not None:
                context.load_verify_locations(revoked)
                context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        except (OSError, ssl.SSLError) as exc:
            raise SettingsError(f"{clients}: cannot be used: {exc}", key="tls.client_ca") from exc
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def load_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Use a certificate for handshakes from now on; open connections go on with the old one. Raises SettingsError."""
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as exc:
        raise SettingsError(f"{certificate}: cannot be used: {exc}", key="tls.certificate") from exc
