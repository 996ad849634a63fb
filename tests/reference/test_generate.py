"""The generators: their searches run on the reference, and their events hit and miss the page's search."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.reference import run
from tests.reference.generate import random_events, random_search

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


def test_every_command_is_generated() -> None:
    text = "\n".join(random_search(random.Random(seed)) for seed in range(600))
    for command in [
        "search",
        "eval",
        "where",
        "rex",
        "regex",
        "table",
        "fields",
        "rename",
        "sort",
        "head",
        "tail",
        "reverse",
        "dedup",
        "stats",
    ]:
        assert f"| {command} " in text or command in ("search", "reverse")
    for command in ("| reverse", "| eventstats", "| fillnull", "| bin", "| top", "| rare", "| makeresults", "| search"):
        assert command in text
