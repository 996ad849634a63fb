"""Intake, log, sealing and search together: what was acknowledged is found, once, at every moment."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest
from tests.service.serving import Full

from bootwatch import app
from bootwatch.app import Scope
from bootwatch.errors import StoreError
from bootwatch.service.intake import Busy, Intake
from bootwatch.service.sealing import Sealer
from bootwatch.store import manifest, wal
from bootwatch.store.lock import WriteLock
from bootwatch.store.wal import Block, Context, Disk, Log

ARRIVED = 1_773_151_320_000_000


def block(*messages: bytes, arrived_us: int = ARRIVED) -> Block:
    return Block.of(Context(arrived_us, "tcp:5514", peer="192.0.2.1"), messages)


def found(home: Path) -> Counter[str]:
    scope = Scope(home=home)
    result = app.search("*", app.store(scope), scope)
    return Counter(str(row["_raw"]) for row in result.rows())


def taken(intake: Intake, one: Block) -> None:
    """Offered and synced."""
    done = threading.Event()
    intake.offer([one], lambda _: done.set())
    assert done.wait(10)


class Slow(Disk):
    """A disk whose sync waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.syncs = 0

    def sync(self, descriptor: int) -> None:
        self.go.wait(10)
        self.syncs += 1
        super().sync(descriptor)


def test_what_arrives_during_one_sync_shares_the_next(tmp_path: Path) -> None:
    disk = Slow()
    intake = Intake(Log(tmp_path, sealed=0, disk=disk))
    done: list[StoreError | None] = []
    for number in range(100):
        intake.offer([block(b"%d" % number)], done.append)
    assert done == []
    disk.go.set()
    intake.close()
    assert done == [None] * 100
    assert disk.syncs <= 4  # the file's header, the first block, all the others
    assert intake.counts.messages == 100


def test_beyond_its_room_a_block_is_refused_and_not_written(tmp_path: Path) -> None:
    disk = Slow()
    intake = Intake(Log(tmp_path, sealed=0, disk=disk), limit_bytes=1000)
    done: list[StoreError | None] = []
    refused = 0
    for _ in range(20):
        try:
            intake.offer([block(b"x" * 100)], done.append)
        except Busy:
            refused += 1
    disk.go.set()
    intake.close()
    with pytest.raises(Busy, match="closing"):
        intake.offer([block(b"late")], done.append)
    assert intake.counts.messages == len(done)
    assert intake.counts.refused == refused + 1 > 2


def test_waiting_for_the_sync_in_an_event_loop(tmp_path: Path) -> None:
    async def run() -> None:
        intake = Intake(Log(tmp_path, sealed=0))
        await asyncio.gather(*(intake.take([block(b"%d" % number)]) for number in range(50)))
        assert intake.counts.messages == 50
        intake.close()

    asyncio.run(run())


def test_a_full_disk_refuses_and_goes_on_when_there_is_space_again(tmp_path: Path) -> None:
    async def run() -> None:
        disk = Full()
        intake = Intake(Log(tmp_path, sealed=0, disk=disk))
        await intake.take([block(b"before")])
        disk.full = True
        with pytest.raises(StoreError, match="No space left on device"):
            await intake.take([block(b"refused")])
        failures.append(intake.failure)
        disk.full = False
        await intake.take([block(b"after")])
        failures.append(intake.failure)
        intake.close()

    failures: list[str | None] = []
    asyncio.run(run())
    assert failures == [f"{tmp_path}/wal: cannot be written: No space left on device", None]
    assert found(tmp_path) == Counter(["before", "after"])


def test_every_event_is_found_once_while_files_are_sealed(tmp_path: Path) -> None:
    with WriteLock(tmp_path) as held:
        intake = Intake(Log(tmp_path, sealed=0, roll_bytes=2000))
        sealer = Sealer(tmp_path, held, intake, list, after_s=0.5)
        wanted: Counter[str] = Counter()
        for number in range(60):
            message = f"<189>{number}: r1: Mar 10 14:01:37.215: %SYS-5-CONFIG_I: message {number} " + "x" * 100
            taken(intake, block(message.encode()))
            wanted[message] += 1
            if number % 5 == 0:
                assert found(tmp_path) == wanted
        sealer.close()
        intake.close()
        assert found(tmp_path) == wanted
        assert sealer.counts.files > 1
        assert sealer.failure is None
    log = Log(tmp_path, sealed=app_log(tmp_path))
    assert [number for number in wal.numbers(tmp_path) if number in log.waiting] == log.waiting
    assert found(tmp_path) == wanted


def app_log(home: Path) -> int:
    loaded = manifest.load(home)
    return 0 if loaded is None else loaded.log


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    with WriteLock(tmp_path):
        intake = Intake(Log(tmp_path, sealed=0))
        taken(intake, block(b"one"))
        with pytest.raises(StoreError, match="store is held by process"):
            WriteLock(tmp_path)
        assert found(tmp_path) == Counter(["one"])
        intake.close()
