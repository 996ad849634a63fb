"""Certificates that must not be taken, on either side of a TLS door: nobody gets in by one, and it is said which."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from tests.service.test_doors import LOOPBACK, intake, until, written

from bootwatch.service.tcp import Tcp, tls_context

_NOW = dt.datetime.now(dt.UTC)


def expired(authority: trustme.CA, name: str) -> trustme.LeafCert:
    return authority.issue_cert(name, not_before=_NOW - dt.timedelta(days=9), not_after=_NOW - dt.timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key, as files."""

    certificate: Path
    key: Path


def saved(folder: Path, name: str, issued: trustme.LeafCert) -> Pair:
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    pair.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    pair.key.write_bytes(issued.private_key_pem.bytes())
    return pair


def revocations(folder: Path, authority: trustme.CA, revoked: Pair) -> Path:
    """A list of the authority on which one certificate stands."""
    certificate = x509.load_pem_x509_certificate(revoked.certificate.read_bytes())
    own = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(_NOW).build()
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(own.subject)
        .last_update(_NOW - dt.timedelta(hours=1))
        .next_update(_NOW + dt.timedelta(days=1))
        .add_revoked_certificate(entry)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]  # the kind of key is the authority's
    )
    path = folder / "revoked.pem"
    path.write_bytes(listed.public_bytes(serialization.Encoding.PEM))
    return path


CLIENTS: dict[str, Callable[[trustme.CA], trustme.LeafCert | None]] = {
    "none": lambda _: None,
    "expired": lambda ours: expired(ours, "device"),
    "of an authority nobody knows": lambda _: trustme.CA().issue_cert("device"),
    "revoked": lambda ours: ours.issue_cert("device"),
}


@pytest.mark.parametrize("case", CLIENTS)
def test_a_sender_with_a_wrong_certificate_delivers_nothing(case: str, tmp_path: Path) -> None:
    ours = trustme.CA()
    server, good = (saved(tmp_path, name, ours.issue_cert("localhost")) for name in ("server", "good"))
    ca = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(ca)
    wrong = CLIENTS[case](ours)
    wrong_pair = None if wrong is None else saved(tmp_path, "wrong", wrong)
    crl = revocations(tmp_path, ours, wrong_pair) if case == "revoked" and wrong_pair else None

    async def run() -> None:
        async with intake(tmp_path) as taker:
            tls = tls_context(server.certificate, server.key, clients=ca, required=True, revoked=crl)
            door = Tcp(LOOPBACK, taker, tls=tls)

            async def send(pair: Pair | None, text: bytes) -> None:
                context = ssl.create_default_context(cafile=str(ca))
                if pair is not None:
                    context.load_cert_chain(pair.certificate, pair.key)
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", door.port, ssl=context, server_hostname="localhost"
                )
                writer.write(text)
                writer.close()
                await writer.wait_closed()

            with suppress(ssl.SSLError, ConnectionError):  # TLS 1.3: the client may learn it only when it reads
                await send(wrong_pair, b"<13>no\n")
            await until(lambda: sum(door.counts.dropped.values()) == 1)
            (reason,) = door.counts.dropped
            assert reason.startswith("handshake failed: ")
            await send(good, b"<13>yes\n")
            await until(lambda: door.counts.committed == 1)
            await door.close()

    asyncio.run(run())
    assert written(tmp_path) == [b"<13>yes"]


SERVERS: dict[str, Callable[[trustme.CA], trustme.LeafCert]] = {
    "expired": lambda ours: expired(ours, "localhost"),
    "of another name": lambda ours: ours.issue_cert("elsewhere.example.org"),
    "of an authority nobody knows": lambda _: trustme.CA().issue_cert("localhost"),
}


@pytest.mark.parametrize("case", SERVERS)
def test_a_sender_that_refuses_our_certificate_is_counted(case: str, tmp_path: Path) -> None:
    ours = trustme.CA()
    server = saved(tmp_path, "server", SERVERS[case](ours))
    ca = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(ca)

    async def run() -> None:
        async with intake(tmp_path) as taker:
            door = Tcp(LOOPBACK, taker, tls=tls_context(server.certificate, server.key))
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "127.0.0.1",
                    door.port,
                    ssl=ssl.create_default_context(cafile=str(ca)),
                    server_hostname="localhost",
                )
            await until(lambda: sum(door.counts.dropped.values()) == 1)
            await door.close()

    asyncio.run(run())
    assert written(tmp_path) == []
