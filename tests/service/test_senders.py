"""Programs that people send logs with: every message they say they sent is counted by a search.

``BOOTWATCH_SENT=200000`` sends as many by each; a gate sends 20,000.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import trustme
from tests.service.serving import Serving, count, until

SENT = int(os.environ.get("BOOTWATCH_SENT", "20000"))
_UDP_RATE = 50_000
WAYS: dict[str, tuple[str, list[str]]] = {
    "loggen, UDP": ("udp", ["--inet", "--dgram", f"--rate={_UDP_RATE}"]),
    "loggen, TCP, lines": ("tcp", ["--inet", "--stream", "--rate=1000000"]),
    "loggen, TCP, counted": ("tcp", ["--inet", "--stream", "--syslog-proto", "--rate=1000000"]),
    "loggen, TLS, counted": ("tls", ["--use-ssl", "--syslog-proto", "--rate=1000000"]),
    "loggen, TLS, lines": ("tls", ["--use-ssl", "--rate=1000000"]),
}


def certificate(tmp_path: Path) -> dict[str, str]:
    """What the TLS door needs, as settings from the environment."""
    issued = trustme.CA().issue_cert("localhost", "127.0.0.1")
    path = tmp_path / "server.pem"
    path.write_bytes(b"".join(blob.bytes() for blob in (issued.private_key_pem, *issued.cert_chain_pems)))
    return {"BOOTWATCH_TLS_CERTIFICATE": str(path), "BOOTWATCH_TLS": "127.0.0.1:0"}


@pytest.mark.parametrize("way", WAYS)
def test_what_loggen_sends_is_what_a_search_counts(way: str, tmp_path: Path) -> None:
    loggen = shutil.which("loggen")
    if loggen is None:
        pytest.skip("loggen is not installed: it comes with syslog-ng-core")
    door, options = WAYS[way]
    with Serving(tmp_path / "home", env=certificate(tmp_path)) as server:
        ran = subprocess.run(
            [
                loggen,
                *options,
                f"--number={SENT}",
                "--size=200",
                "--interval=600",
                "127.0.0.1",
                str(server.doors[door]),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert ran.returncode == 0, ran.stderr
        if door == "udp":
            settled(server)
            lost = SENT - server.committed("udp")
            assert lost == server.metric("udp_kernel_drops_total")
        else:
            until(lambda: server.committed(door) == SENT)
            lost = 0
        assert count(tmp_path / "home") == SENT - lost
        assert server.stop() == 0
    assert count(tmp_path / "home") == SENT - lost
    assert lost <= SENT // 1000


def settled(server: Serving) -> None:
    """Wait until nothing more comes by datagram."""
    before = -1
    while (now := server.committed("udp")) != before:
        before = now
        time.sleep(0.5)


@pytest.mark.parametrize("way", ["udp", "tcp lines", "tcp counted"])
def test_what_logger_sends_is_what_a_search_counts(way: str, tmp_path: Path) -> None:
    logger = shutil.which("logger")
    if logger is None:
        pytest.skip("logger is not installed: it comes with bsdutils")
    sent = min(SENT, 2000) if way == "udp" else SENT  # by datagram it knows no pace, and says nothing of what it lost
    kind, _, framing = way.partition(" ")
    lines = "".join(f"message {number}\n" for number in range(sent))
    with Serving(tmp_path / "home") as server:
        subprocess.run(
            [
                *(logger, "--server", "127.0.0.1", "--port", str(server.doors[kind]), f"--{kind}"),
                *(["--octet-count"] if framing == "counted" else []),
                *("--rfc5424", "--tag", "app"),
            ],
            input=lines,
            text=True,
            check=True,
            timeout=120,
        )
        until(lambda: server.committed(kind) == sent)
        assert count(tmp_path / "home") == sent
        assert server.stop() == 0
