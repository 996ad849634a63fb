"""What happens to servers, done to one in a process of its own: nothing acknowledged is lost, nothing crashes."""

from __future__ import annotations

import asyncio
import base64
import errno
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.service.serving import Serving, found, until

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore
from bootwatch.service.intake import Intake
from bootwatch.service.sealing import Sealer
from bootwatch.store.lock import WriteLock
from bootwatch.store.wal import Block, Context, Log

FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.3"}
IDLE, SLOW = 1000, 200


@dataclass(frozen=True, slots=True)
class Disk:
    """A place for a store that can be filled and emptied."""

    folder: Path
    fill: Callable[[Serving], None]
    free: Callable[[Serving], None]


@contextmanager
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 24 MB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}; the limit of the process stands for it")
    ballast = folder / "ballast"

    def fill(_: Serving) -> None:
        with ballast.open("wb") as file:
            room = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            os.posix_fallocate(file.fileno(), 0, room - (1 << 20))

    try:
        yield Disk(folder, fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def small_files(tmp_path: Path) -> Iterator[Disk]:
    """No file of the process may grow beyond 1 MB: as good as a full disk, and allowed to everybody."""

    def limit(size: int) -> Callable[[Serving], None]:
        def set_(server: Serving) -> None:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        return set_

    yield Disk(tmp_path, limit(1 << 20), limit(resource.RLIM_INFINITY))


@pytest.mark.parametrize("kind", [small_disk, small_files])
def test_a_disk_that_fills_and_empties_costs_no_restart_and_no_event(
    kind: Callable[[Path], AbstractContextManager[Disk]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(6)
    acknowledged: list[str] = []
    with kind(tmp_path) as disk, Serving(disk.folder / "home", env=FAST, log=tmp_path / "log") as it:

        def send() -> tuple[int, int]:
            events = [f"{len(acknowledged) + n} {base64.b64encode(chance.randbytes(700)).decode()}" for n in range(200)]
            answer = it.collect(*events)
            if answer == (200, 0):
                acknowledged.extend(events)
            return answer

        assert send() == (200, 0)
        disk.fill(it)
        refused = next((answer for _ in range(60) if (answer := send()) != (200, 0)), None)
        assert refused == (503, 9)
        full = len(acknowledged)
        assert it.ask("web", "GET", "/health")[0] == 503
        assert sum(found(disk.folder / "home").values()) == full
        with socket.create_connection(("127.0.0.1", it.doors["tcp"])) as sender:
            sender.sendall(b"".join(b"<13>held back %d\n" % number for number in range(500)))
            disk.free(it)
            until(lambda: send() == (200, 0))
            until(lambda: it.committed("tcp") == 500)
        until(lambda: it.ask("web", "GET", "/health")[0] == 200)
        assert it.stop() == 0
        held = found(disk.folder / "home")
    with capsys.disabled():
        sys.stdout.write(
            f"\n{kind.__name__}: {full} events acknowledged before it was full, {len(acknowledged)} in all,"
            f" {sum(held[event] for event in acknowledged)} found\n"
        )
    assert [event for event in acknowledged if held[event] != 1] == []
    assert sum(count for text, count in held.items() if "held back" in text) == 500
    assert os.strerror(errno.ENOSPC) in it.errors() or os.strerror(errno.EFBIG) in it.errors()


def test_a_thousand_idle_and_two_hundred_slow_connections(tmp_path: Path) -> None:
    with Serving(tmp_path / "home") as server, ExitStack() as open_:

        def connected() -> socket.socket:
            return open_.enter_context(socket.create_connection(("127.0.0.1", server.doors["tcp"])))

        for _ in range(IDLE):
            connected()
        slow = [connected() for _ in range(SLOW)]
        texts = [b"<13>slow %d\n" % number for number in range(SLOW)]
        for place in range(max(map(len, texts))):
            for sender, text in zip(slow, texts, strict=True):
                sender.send(text[place : place + 1])
            if place == 5:
                assert server.collect("meanwhile") == (200, 0)
        until(lambda: server.committed("tcp") == SLOW)
        assert server.stop() == 0
    held = found(tmp_path / "home")
    assert [held[text.decode().strip()] for text in texts] == [1] * SLOW
    assert held["meanwhile"] == 1


def test_a_message_of_ten_megabytes_between_two_others(tmp_path: Path) -> None:
    large = "<13>large " + "x" * 10_000_000
    with Serving(tmp_path / "home") as server:
        for texts in (["<13>first", large, "<13>last"],):
            with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as lines:
                lines.sendall("".join(f"{text}\n" for text in texts).encode())
            with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as counted:
                counted.sendall("".join(f"{len(text)} {text}" for text in texts).encode())
        until(lambda: server.committed("tcp") == 6)
        assert server.stop() == 0
    assert found(tmp_path / "home") == dict.fromkeys(texts, 2)


def test_a_pack_edited_into_nonsense_is_not_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    (folder / "detections").mkdir(parents=True)
    with Serving(tmp_path / "home", env=FAST | {"BOOTWATCH_DETECT_CONTENT": str(folder)}) as server:
        broken = folder / "detections" / "broken"
        broken.mkdir()
        (broken / "detection.yaml").write_text("title: [what\n")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "content was not taken up, what ran before goes on" in server.errors())
        assert server.collect("still here") == (200, 0)
        with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as sender:
            for sample in app.samples():
                sender.sendall(sample.read_bytes())
        alerts = AlertStore(tmp_path / "home")
        until(lambda: bool(alerts.every()))
        alerts.close()
        shutil.rmtree(broken)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "content was taken up again" in server.errors())
        assert server.stop() == 0
    assert "detection.yaml" in server.errors()


def test_a_clock_that_steps_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Messages that arrived, by the clock of the server, in any order of years."""
    day_us = 86_400_000_000
    start_us = 1_773_160_000_000_000
    steps_us = (0, day_us, -day_us, 400 * day_us, -400 * day_us, 1, -start_us, 0)
    with WriteLock(tmp_path) as lock:
        intake = Intake(Log(tmp_path, sealed=0))
        sealer = Sealer(tmp_path, lock, intake, tuple, after_s=3600)
        for number, step_us in enumerate(steps_us):
            context = Context(start_us + step_us, "udp:514", peer="192.0.2.1")
            asyncio.run(intake.take([Block.of(context, [b"<13>step %d" % number])]))
            if number % 3 == 2:
                intake.roll()
                until(lambda: not intake.waiting() and not intake.has_unsealed())
        sealer.close()
        intake.close()
    assert found(tmp_path) == {f"<13>step {number}": 1 for number in range(len(steps_us))}
