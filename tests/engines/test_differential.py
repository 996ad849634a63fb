"""Random searches over random events: the engine gives the rows of the plain evaluator in ``tests/reference``.

A search and its events follow from a seed. ``BOOTWATCH_DIFFERENTIAL`` says how many seeds are tried (240 unless said),
``BOOTWATCH_DIFFERENTIAL_FROM`` where they begin.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from tests.reference import Row, run
from tests.reference.events import Event
from tests.reference.generate import random_events, random_search

import bootwatch
from bootwatch.events.clock import Clock
from bootwatch.search.rows import Row as Found
from bootwatch.search.rows import Value, number_text

NOW: Final = Clock.of("2025-01-17T07:46:40Z")
PAGE: Final = (
    Path(__file__).resolve().parents[2]
    / "src/bootwatch/content/detections/t1601-001-patch-system-image-splunk/search.spl"
)
FIRST: Final = int(os.environ.get("BOOTWATCH_DIFFERENTIAL_FROM", "0"))
COUNT: Final = int(os.environ.get("BOOTWATCH_DIFFERENTIAL", "240"))
BLOCK: Final = 40
EVENTS: Final = 25


def searched(spl: str, events: list[Event], folder: Path) -> list[Found]:
    """Rows of the product for events read from a file of JSON lines."""
    log = folder / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return list(bootwatch.search(spl, [log], clock=NOW).rows())


def difference(spl: str, expected: list[Row], found: list[Found]) -> str | None:
    """What differs first, in words; None where rows, their order and their values agree.

    Where the search ends in ``table`` the columns stand in the same order too.
    """
    ordered = spl.rpartition("|")[2].split()[:1] == ["table"]
    for at, (wanted, got) in enumerate(zip(expected, found, strict=False)):
        names = list(wanted) == list(got) if ordered else wanted.keys() == got.keys()
        if not names or not all(same(wanted[name], got[name]) for name in wanted):
            other = sorted(
                name
                for name in wanted.keys() | got.keys()
                if name not in got or name not in wanted or not same(wanted[name], got[name])
            )
            return f"row {at}, {', '.join(other) or 'columns'}:\n  expected {wanted}\n  found    {got}"
    if len(expected) != len(found):
        return f"{len(expected)} rows expected, {len(found)} found"
    return None


def same(wanted: str | list[str], got: Value) -> bool:
    """Texts and lists alike to the letter; a number to its shown text, a fraction to twelve digits."""
    if isinstance(got, list) or isinstance(wanted, list):
        return wanted == got
    if isinstance(got, str):
        return wanted == got
    if wanted == number_text(got):
        return True
    try:
        return isinstance(got, float) and math.isclose(float(wanted), got, rel_tol=1e-12, abs_tol=1e-12)
    except ValueError:
        return False


def disagreements(seeds: Iterable[int], folder: Path) -> list[str]:
    """A paragraph for each seed whose search gives other rows on the engine, or none at all."""
    told: list[str] = []
    for seed in seeds:
        rng = random.Random(seed)
        events, spl = random_events(rng, EVENTS), random_search(rng)
        expected = run(spl, events, now=NOW.now.timestamp())
        try:
            other = difference(spl, expected, searched(spl, events, folder))
        except bootwatch.errors.Error as exc:
            other = f"refused: {exc}"
        if other is not None:
            told.append(f"seed {seed}: {spl}\n{other}")
    return told


@pytest.mark.parametrize("block", range(FIRST, FIRST + COUNT, BLOCK))
def test_engine_and_evaluator_agree(block: int, tmp_path: Path) -> None:
    told = disagreements(range(block, min(block + BLOCK, FIRST + COUNT)), tmp_path)
    assert not told, "\n\n".join((f"{len(told)} disagree", *told))


WORDS: Final = ("a", "b", "2", "20", "25", "26", "3", "0a", "x", "ab")
PARTS: Final = (*WORDS, " ", "_", ".", "%", "%", "%20", "%3b", "%3A", "%2526", "-", "--")
FORMS: Final = ('"{}"', '"{}"', "TERM({})", "CASE({})", "{}")


@pytest.mark.parametrize("seed", range(30))
def test_terms_are_cut_alike(seed: int, tmp_path: Path) -> None:
    """Literals and events of breakers, among them such of several characters that begin with a minor one."""
    rng = random.Random(seed)
    raws = ["".join(rng.choice(PARTS) for _ in range(rng.randint(1, 7))).strip() or "a" for _ in range(100)]
    events: list[Event] = [{"_time": 1_736_899_200 + at, "_raw": raw} for at, raw in enumerate(raws)]
    form = rng.choice(FORMS)
    literal = "".join(rng.choice((*PARTS, "*", "*")) for _ in range(rng.randint(1, 4)))
    if form != '"{}"':
        literal = literal.replace(" ", "") or "a"
    spl = f"{form.format(literal)} | table _time _raw"
    expected = run(spl, events, now=NOW.now.timestamp())
    told = difference(spl, expected, searched(spl, events, tmp_path))
    assert told is None, f"{spl}\n{told}"


def test_the_page_over_generated_events(tmp_path: Path) -> None:
    """The page's search as it stands: every row, column and value, and nothing that only nearly matches."""
    spl = PAGE.read_text(encoding="utf-8")
    events = random_events(random.Random(2), 3_000)
    expected = run(spl, events, now=NOW.now.timestamp())
    assert 300 < len(expected) < 2_000
    assert difference(spl, expected, searched(spl, events, tmp_path)) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_prefilter_changes_nothing(seed: int, tmp_path: Path) -> None:
    """The page's search without its scan of literals."""
    spl = PAGE.read_text(encoding="utf-8")
    log = tmp_path / "events.jsonl"
    events = random_events(random.Random(seed), 400)
    log.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    found = [list(bootwatch.search(spl, [log], clock=NOW, prefilter=on).rows()) for on in (True, False)]
    assert found[0] == found[1] != []
