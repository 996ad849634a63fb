"""The whole service, killed, stopped and asked while it runs: what it acknowledged is found exactly once."""

from __future__ import annotations

import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.service.serving import Serving, found

ROUNDS = int(os.environ.get("BOOTWATCH_KILL_ROUNDS", "10"))
FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.3"}
PLACES = (
    *("append:before", "append:written", "append:synced", "seal:written", "seal:synced", "seal:renamed"),
    *("manifest:before", "manifest:written", "manifest:synced", "wal:sealed"),
)


class Sender(threading.Thread):
    """Sends numbered events by HEC until the server is gone; ``acknowledged`` are those answered with success."""

    def __init__(self, server: Serving, name: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self._server, self._name = server, name

    def run(self) -> None:
        number = 0
        while True:
            events = [f"{self._name} {number + n}" for n in range(3)]
            number += 3
            try:
                if self._server.collect(*events) == (200, 0):
                    self.acknowledged += events
            except (OSError, http.client.HTTPException):
                return


def test_killed_at_random_moments_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(11)
    acknowledged: list[str] = []
    home = tmp_path / "home"
    for number in range(ROUNDS):
        place = {} if number % 2 else {"BOOTWATCH_FAILPOINT": f"{chance.choice(PLACES)}*{chance.randint(2, 12)}"}
        server = Serving(home, env=FAST | place)
        senders = [Sender(server, f"round {number} sender {n}") for n in range(3)]
        for sender in senders:
            sender.start()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(chance.uniform(0.1, 1.2))
        server.kill()
        for sender in senders:
            sender.join(20)
            acknowledged += sender.acknowledged
    with Serving(home, env=FAST) as server:
        server.collect("the end")
        time.sleep(1.0)
    held = found(home)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{ROUNDS} rounds, {len(acknowledged)} events acknowledged, {sum(held[a] for a in acknowledged)} found\n"
        )
    assert [event for event in acknowledged if held[event] != 1] == []
    assert max(held.values()) == 1
    assert len(acknowledged) > 3 * ROUNDS


def test_it_answers_while_it_takes_in_and_stops_without_loss(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home) as server:
        with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as connection:
            for number in range(20_000):
                connection.sendall(b"<13>Mar 10 14:01:37 r1 app: message %d\n" % number)
        sender = Sender(server, "while it runs")
        sender.start()
        assert sum(found(home).values()) > 0
        assert server.ask("web", "GET", "/health")[0] == 200
        metrics = server.ask("web", "GET", "/metrics")[1].decode()
        assert 'bootwatch_messages_committed_total{door="tcp"}' in metrics
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 15  # five seconds on a quiet machine
        sender.join(20)
    held = found(home)
    assert sum(count for text, count in held.items() if "message" in text) == 20_000
    assert [event for event in sender.acknowledged if held[event] != 1] == []


def test_a_second_server_on_one_store_is_refused_and_so_is_a_writer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    log = tmp_path / "a.log"
    log.write_text("<13>Mar 10 14:01:37 r1 app: message\n")
    with Serving(home) as server:
        for command in (["serve", "--home", str(home), "--udp", "127.0.0.1:0"], ["ingest", str(log)]):
            refused = subprocess.run(
                [sys.executable, "-m", "bootwatch", *command],
                env=os.environ | {"BOOTWATCH_HOME": str(home)},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert refused.returncode == 5
            assert "store is held by process" in refused.stderr
        assert server.collect("still here") == (200, 0)


def test_a_followed_file_and_datagrams(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "a.log"
    log.write_text("<13>Mar 10 14:01:37 r1 app: from a file\n")
    with Serving(home, "--watch", str(log)) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"<13>Mar 10 14:01:37 r1 app: by datagram", ("127.0.0.1", server.doors["udp"]))
        for _ in range(100):
            if sum(found(home).values()) == 2:
                break
            time.sleep(0.1)
    assert found(home) == Counter(
        ["<13>Mar 10 14:01:37 r1 app: from a file", "<13>Mar 10 14:01:37 r1 app: by datagram"]
    )


def test_a_door_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = subprocess.run(
            [
                *(sys.executable, "-m", "bootwatch", "serve", "--home", str(tmp_path / "home")),
                *("--udp", "off", "--tcp", f"127.0.0.1:{other.getsockname()[1]}"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert refused.returncode == 2
    assert "tcp: 127.0.0.1:" in refused.stderr
    assert "cannot be opened: Address already in use" in refused.stderr


@pytest.mark.parametrize("noise", [b"\x00" * 100_000, bytes(range(256)) * 400, b"<" * 50_000 + b"\n", b"9" * 100_000])
def test_noise_on_every_door_harms_nobody(noise: bytes, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home) as server:
        for door in ("tcp", "hec", "web"):
            with socket.create_connection(("127.0.0.1", server.doors[door])) as sender:
                sender.sendall(noise)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(noise[:60_000], ("127.0.0.1", server.doors["udp"]))
        assert server.collect("still here") == (200, 0)
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
    assert found(home)["still here"] == 1
