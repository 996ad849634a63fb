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
from tests.service.serving import TOKEN, Serving, found, until

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore
from bootwatch.service.intake import Intake
from bootwatch.service.sealing import Sealer
from bootwatch.store.lock import WriteLock
from bootwatch.store.wal import Block, Context, Log

FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.3"}
IDLE, SLOW = 1000, 200
FUZZED = 1500


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


def fuzzed(chance: random.Random, number: int) -> bytes:
    """A message by the grammar of syslog, of which any part may be missing, doubled or wrong."""
    parts = [
        ["<13>", "<189>", "<0>", "<191>", "<192>", "<999999>", "<>", "<-1>", "<13", ""],
        ["1 ", "0 ", "99 ", "", "", ""],
        ["Mar 10 14:01:37", "*Mar 10 2026 14:01:37.123 UTC:", "2026-03-10T14:01:37Z", "2026-13-40T25:61:61+99:99",
         "Feb 30 00:00:00", "-", "", "\u0661\u0662", "99999999999999999999"],
        ["r1", "192.0.2.1", "fe80::1%eth0", "r" * 300, "-", "", "\u2028", "r1:"],
        ["123:", "000123:", "-", "", "9" * 40 + ":"],
        ["%SYS-5-CONFIG_I:", "%SYS-9-:", "%-:", "%%%", "%A-B-C-D-7-E:", "app[1]:", "app[", "[a@1 b=\"\\\"]", "-", ""],
        ["Configured from console", "\x01\x02", "\ufeff", "\ud83d\ude00".encode("utf-16", "surrogatepass").hex(),
         "\x1b[31m", "a" * 5000, "\r", "\t\t", ""],
    ]  # fmt: skip
    chosen = [chance.choice(part).encode("utf-8", "surrogatepass") for part in parts]
    if chance.random() < 0.2:
        chance.shuffle(chosen)
    if chance.random() < 0.2:
        place = chance.randrange(len(chosen))
        chosen[place] = chance.randbytes(20).replace(b"\n", b"")
    return b" ".join(chosen) + b" number=%d." % number


@pytest.mark.parametrize("door", ["udp", "tcp lines", "tcp counted", "hec"])
def test_fuzzed_syslog_is_kept_message_by_message(door: str, tmp_path: Path) -> None:
    chance = random.Random(door)
    texts = [fuzzed(chance, number) for number in range(FUZZED)]
    with Serving(tmp_path / "home", env=FAST) as server:
        if door == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for at in range(0, FUZZED, 100):
                    for text in texts[at : at + 100]:
                        sender.sendto(text, ("127.0.0.1", server.doors["udp"]))
                    until(lambda upto=at + 100: server.committed("udp") == upto)  # type: ignore[misc]
        elif door == "hec":
            body = b"\n".join(texts)
            answer = server.ask("hec", "POST", "/services/collector/raw", body, {"Authorization": f"Splunk {TOKEN}"})
            assert answer[0] == 200
        else:
            with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as stream:
                framed = [b"<13>" + text for text in texts]  # without it a count is no count
                lines = door == "tcp lines"
                stream.sendall(b"".join(b"%b\n" % one if lines else b"%d %b" % (len(one), one) for one in framed))
                until(lambda: server.committed("tcp") == FUZZED)
        assert server.collect("the end") == (200, 0)
        until(lambda: server.metric("sealed_files_total") > 0 and server.metric("log_files_waiting") == 0)
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
    held = "\n".join(found(tmp_path / "home").elements())
    assert [number for number in range(FUZZED) if held.count(f"number={number}.") != 1] == []
    assert "the end" in held


def test_noise_by_datagram_is_no_harm(tmp_path: Path) -> None:
    chance = random.Random(13)
    with Serving(tmp_path / "home", env=FAST) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(300):
                sender.sendto(chance.randbytes(chance.randrange(2000)), ("127.0.0.1", server.doors["udp"]))
                if number % 50 == 49:
                    until(lambda upto=number + 1: server.committed("udp") == upto)  # type: ignore[misc]
        assert server.collect("still here") == (200, 0)
        until(lambda: server.metric("sealed_files_total") > 0 and server.metric("log_files_waiting") == 0)
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
    assert found(tmp_path / "home")["still here"] == 1


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
