"""Doors on loopback with real sockets and certificates: what is sent is committed, once, and losses are counted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import trustme
from tests.service.serving import Full

from bootwatch.errors import SettingsError
from bootwatch.service.datagrams import Datagrams
from bootwatch.service.doors import Address
from bootwatch.service.intake import Intake
from bootwatch.service.tcp import Tcp, load_certificate, tls_context
from bootwatch.service.udp import Udp
from bootwatch.store import wal
from bootwatch.store.wal import Disk, Log

LOOPBACK = Address("127.0.0.1", 0)


@asynccontextmanager
async def intake(home: Path, disk: Disk | None = None, limit_bytes: int = 1 << 20) -> AsyncIterator[Intake]:
    taker = Intake(Log(home, sealed=0, disk=disk), limit_bytes=limit_bytes)
    try:
        yield taker
    finally:
        taker.close()


def written(home: Path) -> list[bytes]:
    return [
        message
        for number in wal.numbers(home)
        for block in wal.read(home, number)
        if isinstance(block, wal.Block)
        for message in block.messages()
    ]


async def until(done: Callable[[], bool]) -> None:
    for _ in range(2000):
        if done():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to pass")


def test_addresses() -> None:
    assert Address.parse("0.0.0.0:514", "udp") == Address("0.0.0.0", 514)
    assert str(Address.parse("[::1]:514", "udp")) == "[::1]:514"
    assert Address.parse("off", "udp") is None
    for wrong in ("514", "host:", "host:99999", ":514"):
        with pytest.raises(SettingsError, match="is no address; use HOST:PORT"):
            Address.parse(wrong, "udp")


def test_an_address_that_is_taken_is_said() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(SettingsError, match="cannot be opened: Address already in use"),
    ):
        Address("127.0.0.1", other.getsockname()[1]).bound(socket.SOCK_STREAM, "tcp")


def test_datagrams_are_messages(tmp_path: Path) -> None:
    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Udp(LOOPBACK, taker)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for number in range(500):
                    sender.sendto(b"<13>message %d\n" % number, ("127.0.0.1", door.port))
                sender.sendto(b"", ("127.0.0.1", door.port))
            await until(lambda: door.counts.committed == 501)
            assert door.kernel_drops() == 0
            assert door.counts.peers == Counter({"127.0.0.1": 501})
            door.close()

    asyncio.run(run())
    assert [message for message in written(tmp_path) if message] == [b"<13>message %d" % n for n in range(500)]


def test_datagrams_of_several_senders_and_sizes(tmp_path: Path) -> None:
    largest = b"x" * 65_507
    sent = {"127.0.0.1": [b"a\r\n\0", largest, b"\n", b"mid\ndle\n"], "127.0.0.2": [b"b", b"c\n\n"]}

    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Udp(LOOPBACK, taker)
            for peer, texts in sent.items():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.bind((peer, 0))
                    for text in texts:
                        sender.sendto(text, ("127.0.0.1", door.port))
            assert not door.pressed
            await until(lambda: door.counts.committed == 6)
            assert door.counts.peers == Counter({"127.0.0.1": 4, "127.0.0.2": 2})
            door.close()
            assert not door.pressed

    asyncio.run(run())
    assert Counter(written(tmp_path)) == Counter([b"a", largest, b"", b"mid\ndle", b"b", b"c"])


def test_a_datagram_of_nothing_but_ends_costs_no_more_than_another(tmp_path: Path) -> None:
    """Whoever sends those may not hold up all others: the bytes are looked at together, not one by one."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it,
    ):
        here.bind(("127.0.0.1", 0))
        here.setblocking(False)
        for text in (b"\0" * 65_507, b"\r\n" * 32_000, b"x" + b"\n" * 65_000):
            it.sendto(text, here.getsockname())
        whole = Datagrams(here)
        with pytest.MonkeyPatch.context() as patch:
            counted = Mock(side_effect=np.isin)
            patch.setattr(np, "isin", counted)
            taken, found = whole.receive()
            lengths = [length for _, some, _ in found for length in some]
    assert taken == 3
    assert lengths == [0, 0, 1]
    assert counted.call_count < 10


def test_datagrams_over_ipv6(tmp_path: Path) -> None:
    async def run() -> None:
        async with intake(tmp_path) as taker:
            try:
                door = Udp(Address("::1", 0), taker)
            except SettingsError as exc:
                pytest.skip(str(exc))
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>six", ("::1", door.port))
            await until(lambda: door.counts.committed == 1)
            assert door.counts.peers == Counter({"::1": 1})
            door.close()

    asyncio.run(run())


def test_a_door_that_cannot_keep_up_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Udp(LOOPBACK, taker, buffer_bytes=64 << 10)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(100):  # nobody takes them before this gives way to the loop
                    sender.sendto(b"x" * 500, ("127.0.0.1", door.port))
            assert door.pressed
            await until(lambda: door.counts.committed > 0 and not door.pressed)
            door.close()

    asyncio.run(run())


@pytest.mark.parametrize("counted", [False, True])
def test_streams_of_both_framings(counted: bool, tmp_path: Path) -> None:
    messages = [b"<13>message %d" % number for number in range(5000)]

    async def run() -> None:
        async with intake(tmp_path, limit_bytes=20_000) as taker:  # so small that the sender is held back
            door = Tcp(LOOPBACK, taker)
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            for message in messages:
                writer.write(b"%d %b" % (len(message), message) if counted else message + b"\n")
            await writer.drain()
            writer.close()
            await until(lambda: door.counts.committed == len(messages))
            await door.close()

    asyncio.run(run())
    assert written(tmp_path) == messages


def test_a_full_disk_holds_senders_back_and_loses_nothing(tmp_path: Path) -> None:
    messages = [b"<13>message %d " % number + b"x" * 100 for number in range(200)]

    async def run() -> None:
        disk = Full()
        async with intake(tmp_path, disk) as taker:
            door = Tcp(LOOPBACK, taker)
            disk.full = True
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.writelines([message + b"\n" for message in messages])
            await until(lambda: taker.counts.failed > 0)
            assert door.counts.committed == 0
            disk.full = False
            await until(lambda: door.counts.committed == len(messages))
            writer.close()
            await door.close()

    asyncio.run(run())
    assert Counter(written(tmp_path)) == Counter(messages)


def test_many_idle_and_slow_connections(tmp_path: Path) -> None:
    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Tcp(LOOPBACK, taker, most=300)
            idle = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(200)]
            slow = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(40)]
            for byte in b"<13>slow\n":
                for _, writer in slow:
                    writer.write(bytes([byte]))
                await asyncio.sleep(0)
            await until(lambda: door.counts.committed == 40)
            assert door.counts.open == 240
            for _, writer in idle + slow:
                writer.close()
            await until(lambda: door.counts.open == 0)
            await door.close()

    asyncio.run(run())


def test_beyond_the_most_a_connection_is_refused_and_counted(tmp_path: Path) -> None:
    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Tcp(LOOPBACK, taker, most=1)
            first = await asyncio.open_connection("127.0.0.1", door.port)
            await until(lambda: door.counts.open == 1)
            reader, second = await asyncio.open_connection("127.0.0.1", door.port)
            assert await reader.read() == b""
            assert door.counts.dropped == Counter({"connection refused: 1 are open": 1})
            second.close()
            first[1].close()
            await door.close()

    asyncio.run(run())


def pem(tmp_path: Path, authority: trustme.CA, name: str) -> tuple[Path, Path]:
    issued = authority.issue_cert(name)
    certificate, key = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_tls_with_and_without_client_certificates(tmp_path: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    certificate, key = pem(tmp_path, ours, "localhost")
    ca = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(ca)

    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Tcp(LOOPBACK, taker, tls=tls_context(certificate, key, clients=ca, required=True))

            async def send(context: ssl.SSLContext, text: bytes) -> None:
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", door.port, ssl=context, server_hostname="localhost"
                )
                writer.write(text)
                writer.close()
                await writer.wait_closed()

            good = trusting(ours)
            good.load_cert_chain(*pem(tmp_path, ours, "client"))
            await send(good, b"6 <13>ok")
            await until(lambda: door.counts.committed == 1)
            foreign = trusting(ours)
            foreign.load_cert_chain(*pem(tmp_path, theirs, "stranger"))
            for refused in (trusting(ours), foreign):
                with suppress(ssl.SSLError, ConnectionError):  # TLS 1.3: the client may learn it only when it reads
                    await send(refused, b"<13>no\n")
            with pytest.raises(ssl.SSLError):  # a client that does not trust us
                await send(ssl.create_default_context(), b"<13>no\n")
            await until(lambda: sum(door.counts.dropped.values()) == 3)
            assert all(reason.startswith("handshake failed: ") for reason in door.counts.dropped)
            assert door.counts.committed == 1
            await door.close()

    asyncio.run(run())


def test_a_certificate_is_renewed_without_a_restart(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    context = tls_context(*pem(tmp_path, old, "localhost"))

    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Tcp(LOOPBACK, taker, tls=context)
            for authority in (old, new):
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", door.port, ssl=trusting(authority), server_hostname="localhost"
                )
                writer.close()
                load_certificate(context, *pem(tmp_path, new, "localhost"))
            await door.close()

    asyncio.run(run())


def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be used"):
        tls_context(tmp_path / "none.pem", None)
    certificate, key = pem(tmp_path, trustme.CA(), "localhost")
    with pytest.raises(SettingsError, match="required, but no authority is named"):
        tls_context(certificate, key, required=True)
