"""The whole service, killed, stopped and asked while it runs: what it acknowledged is found exactly once.

``BOOTWATCH_KILL_ROUNDS=200`` kills it as often; a gate does ten times.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.service.rounds import BUSY, Sender, acknowledged, at_a_place, said, sending
from tests.service.serving import Serving, found

ROUNDS = int(os.environ.get("BOOTWATCH_KILL_ROUNDS", "10"))


def test_killed_at_random_moments_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(11)
    taken: list[str] = []
    by_itself = 0
    home = tmp_path / "home"
    for number in range(ROUNDS):
        place = {} if number % 2 else {"BOOTWATCH_FAILPOINT": at_a_place(chance)}
        try:
            server = Serving(home, env=BUSY | place)
        except AssertionError:
            assert place  # it was killed while it sealed what was left from before
            by_itself += 1
            continue
        senders = sending(server, f"round {number}")
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(15 if place else chance.uniform(0.1, 1.2))
            by_itself += 1
        server.kill()
        taken += acknowledged(senders)
    with Serving(home, env=BUSY) as server:
        server.collect("the end")
        time.sleep(1.0)
    held = found(home)
    with capsys.disabled():
        sys.stdout.write(said(f"kill -9, {by_itself} times at a chosen place", ROUNDS, taken, held))
    assert [event for event in taken if held[event] != 1] == []
    assert max(held.values()) == 1
    assert len(taken) > 3 * ROUNDS
    assert any(" tcp " in event for event in taken)
    assert by_itself > ROUNDS // 4


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
