"""Power fails while the service works: every acknowledged event is found exactly once, whatever the disk forgot.

``BOOTWATCH_POWER_ROUNDS=50`` plays as many rounds; a gate plays three. The disk is a file system of the kernel that
drops what was not synced (``tests/power``), so that the service runs as it is, SQLite and Arrow included.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest
from tests.power.cable import plugged
from tests.service.rounds import BUSY, acknowledged, said, sending
from tests.service.serving import Serving, found

from bootwatch.detect import state
from bootwatch.detect.habits import Habits

ROUNDS = int(os.environ.get("BOOTWATCH_POWER_ROUNDS", "3"))


def test_what_was_acknowledged_survives_a_power_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(5)
    taken: list[str] = []
    with plugged(tmp_path) as power:
        home = power.folder / "home"
        for number in range(ROUNDS):
            server = Serving(home, env=BUSY, log=tmp_path / "log")
            senders = sending(server, f"round {number}")
            time.sleep(chance.uniform(0.1, 1.5))
            power.cut(chance.randrange(1 << 32) if number % 2 else None)
            server.kill()
            taken += acknowledged(senders)
            power.on()
        with Serving(home, env=BUSY, log=tmp_path / "log") as server:
            assert server.collect("the end") == (200, 0)
            assert server.stop() == 0
        held = found(home)
    with capsys.disabled():
        sys.stdout.write(said("power cuts", ROUNDS, taken, held))
    assert [event for event in taken if held[event] != 1] == []
    assert max(held.values()) == 1
    assert len(taken) > 3 * ROUNDS
    assert any(" tcp " in event for event in taken)


def test_on_a_disk_that_does_not_sync_events_are_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The control: were this to lose nothing, the rounds above would prove nothing."""
    with plugged(tmp_path) as power:
        home = power.folder / "home"
        server = Serving(home, log=tmp_path / "log")
        power.deaf()
        senders = sending(server, "control")
        time.sleep(1.0)
        power.cut()
        server.kill()
        taken = acknowledged(senders)
        power.on()
        held = found(home)
    with capsys.disabled():
        sys.stdout.write(said("without sync", 1, taken, held))
    assert sum(held[event] for event in taken) < len(taken)


def test_what_a_detector_keeps_survives_a_power_cut(tmp_path: Path) -> None:
    seen = {"r1": {"ops": (1_774_000_000_000_000, 3)}}
    with plugged(tmp_path) as power:
        path = power.folder / "state.arrow"
        state.write(path, [], Habits(seen), window_s=1, now_s=1)
        power.cut()
        power.on()
        assert state.read(path).habits.seen == seen
