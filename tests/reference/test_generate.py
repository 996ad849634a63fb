"""The generators: their searches run on the reference, and their events hit and miss the page's search."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.reference import run
from tests.reference.generate import random_events, random_search
from tests.reference.words import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (
    REPOSITORY / "src" / "bootwatch" / "content" / "detections" / "t1601-001-patch-system-image-splunk" / "search.spl"
)
NOW = 1_737_100_000.0


@pytest.mark.parametrize("block", range(10))
def test_generated_searches_run(block: int) -> None:
    events = random_events(random.Random(block), 30)
    found = 0
    for seed in range(block * 60, block * 60 + 60):
        found += bool(run(random_search(random.Random(seed)), events, now=NOW))
    assert found > 20


def test_a_seed_gives_the_same_again() -> None:
    assert random_search(random.Random(7)) == random_search(random.Random(7))
    assert random_events(random.Random(7), 5) == random_events(random.Random(7), 5)


def test_generated_events_hit_and_miss_the_page() -> None:
    events = random_events(random.Random(1), 600)
    rows = run(PAGE.read_text(encoding="utf-8"), events, now=NOW)
    assert 60 < len(rows) < 400
    for column in ("ExtractedUser", "ExtractedCommand", "SourceTransferIP", "SyslogMnemonic"):
        assert 5 < sum(column in row for row in rows) < len(rows)
    for score in ("1", "2", "3"):
        assert any(row["SuspicionScore"] == score for row in rows)


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"bucket"}))
def test_every_command_is_generated(command: str) -> None:
    stages = [stage for seed in range(400) for stage in random_search(random.Random(seed)).split(" | ")[1:]]
    assert any(stage.split()[0] == command for stage in stages)
