"""Merging, retention and quarantine: a search answers as before, or says what is missing; a crash changes nothing."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.stores import ALL, RULE, load, manifest, mixed, scan, segments, sidecars, texts

from bootwatch.store import manifest as manifests
from bootwatch.store import merging, retention
from bootwatch.store.reader import SegmentSource
from bootwatch.store.verify import verify

TODAY = dt.date(2026, 3, 3)
YEARS_LATER = "2030-01-01"


def merge_all(home: Path, today: str = TODAY.isoformat()) -> int:
    """Merge until there is nothing to do; how many merges that took."""
    count = 0
    while chosen := merging.plan(manifest(home), today):
        merging.merge(home, manifest(home), chosen, [RULE])
        count += 1
    return count


def test_a_merged_store_answers_as_before(tmp_path: Path) -> None:
    for part in range(9):
        load(tmp_path, mixed(40 + part), own={"user": False} if part % 2 else {}, rules=[RULE])
    clauses = RULE.prefilter.clauses
    every, wanted = scan(tmp_path, *ALL)[0], scan(tmp_path, *ALL, clauses=clauses)[0]
    before = len(manifest(tmp_path).segments)
    old = manifest(tmp_path)
    assert merge_all(tmp_path) > 0
    assert len(manifest(tmp_path).segments) < before
    assert merge_all(tmp_path, YEARS_LATER) > 0
    assert len(manifest(tmp_path).segments) == len({(one.index, one.sourcetype) for one in old.segments})
    assert scan(tmp_path, *ALL)[0] == every
    assert scan(tmp_path, *ALL, clauses=clauses)[0] == wanted
    # A search that began before goes on, and so does one without sidecars.
    assert scan(tmp_path, *ALL, manifest=old)[0] == every
    assert scan(tmp_path, *ALL, clauses=clauses, tags_enabled=False)[0] == wanted
    manifests.clean(tmp_path, manifest(tmp_path))
    assert scan(tmp_path, *ALL, manifest=old)[0] == every
    manifests.clean(tmp_path, manifest(tmp_path), grace_s=-1)
    assert len(segments(tmp_path)) == len(manifest(tmp_path).segments)
    assert len(sidecars(tmp_path)) == sum(bool(tags.path) for tags in manifest(tmp_path).tags)
    assert scan(tmp_path, *ALL)[0] == every
    assert verify(tmp_path) == []
    manifests.rewrite(tmp_path, manifest(tmp_path), grace_s=-1)
    assert manifest(tmp_path).gone == {}
    load(tmp_path, mixed(10))
    assert scan(tmp_path, *ALL)[0][: len(every)] == every


@pytest.mark.parametrize(
    "place", ["seal:written", "seal:renamed", "merge:written", "manifest:written", "merge:recorded"]
)
def test_a_merge_that_is_killed_changes_no_answer(place: str, tmp_path: Path) -> None:
    for _ in range(8):
        load(tmp_path, mixed(30), rules=[RULE])
    every = scan(tmp_path, *ALL)[0]
    code = """
import sys
from pathlib import Path
from tests.store.test_upkeep import merge_all
merge_all(Path(sys.argv[1]))
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "BOOTWATCH_FAILPOINT": f"{place}*1"}
    killed = subprocess.run([sys.executable, "-c", code, tmp_path], env=env, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert scan(tmp_path, *ALL)[0] == every
    manifests.clean(tmp_path, manifest(tmp_path))
    merge_all(tmp_path)
    assert scan(tmp_path, *ALL)[0] == every
    assert verify(tmp_path) == []


def test_what_is_too_old_or_too_much_goes(tmp_path: Path) -> None:
    for _ in range(5):
        load(tmp_path, mixed(30), rules=[RULE])
    held = manifest(tmp_path)
    assert retention.expired(held, TODAY + dt.timedelta(days=30), keep_days=30) == []
    assert len(retention.expired(held, TODAY + dt.timedelta(days=31), keep_days=30)) == len(held.segments)
    total = sum(one.bytes for one in held.segments) + sum(one.bytes for one in held.tags)
    gone = retention.expired(held, TODAY, keep_bytes=total - 1)
    assert [one.last_n for one in gone] == [min(one.last_n for one in held.segments)]
    old = manifest(tmp_path)
    every = scan(tmp_path)[0]
    retention.give_up(tmp_path, held, gone)
    left, report = scan(tmp_path)
    assert len(left) == len(every) - gone[0].rows
    assert report.unreadable == []
    assert scan(tmp_path, manifest=old)[0] == every
    manifests.clean(tmp_path, manifest(tmp_path), grace_s=-1)
    assert not (tmp_path / gone[0].path).exists()
    load(tmp_path, mixed(3))
    assert scan(tmp_path)[0][-1]["#n"] > every[-1]["#n"]


@pytest.mark.parametrize("kind", ["flipped", "cut short", "of another store", "not there"])
def test_a_damaged_segment_is_set_aside_and_named_where_it_is_missed(kind: str, tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    load(home, mixed(90), rules=[RULE])
    every = texts(scan(home)[0])
    victim = next(one for one in manifest(home).segments if one.index == "other")
    path = home / victim.path
    whole = path.read_bytes()
    if kind == "flipped":
        path.write_bytes(whole[:9] + bytes([whole[9] ^ 1]) + whole[10:])
    elif kind == "cut short":
        path.write_bytes(whole[:-9])
    elif kind == "of another store":
        load(other, mixed(50)[::-1])
        shutil.copyfile(segments(other)[0], path)
    else:
        path.unlink()
    why = merging.mend(home, manifest(home), victim, [RULE])
    assert why
    found, report = scan(home)
    assert report.unreadable == [(str(path), f"set aside: {why}")]
    assert set(texts(found)) < set(every)
    assert scan(home, indexes=frozenset({"network"}))[1].unreadable == []
    assert not path.exists()
    aside = list((home / "quarantine").iterdir()) if (home / "quarantine").exists() else []
    assert len(aside) == (kind != "not there")
    assert verify(home) == []
    manifests.rewrite(home, manifest(home), grace_s=-1)
    assert scan(home)[1].unreadable == report.unreadable


def test_row_groups_that_are_whole_stay_searchable(tmp_path: Path) -> None:
    load(tmp_path, [{"_raw": f"text {place:05d}"} for place in range(40)])
    (one,) = manifest(tmp_path).segments
    path = tmp_path / one.path
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    rows = one.groups[0].rows
    assert merging.mend(tmp_path, manifest(tmp_path), one).startswith("row group 1 of")
    assert texts(scan(tmp_path)[0]) == [f"text {place:05d}" for place in range(rows, 40)]


def test_merging_and_mending_at_random_lose_nothing_in_silence(tmp_path: Path) -> None:
    chance = random.Random(9)
    for _ in range(12):
        load(tmp_path, mixed(25), rules=[RULE])
    every = {event["#n"]: event for event in scan(tmp_path, *ALL)[0]}
    for _ in range(6):
        path = chance.choice(segments(tmp_path))
        data = bytearray(path.read_bytes())
        data[chance.randrange(4, len(data) - 4)] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        merge_all(tmp_path)
        for one in manifest(tmp_path).segments:
            merging.mend(tmp_path, manifest(tmp_path), one, [RULE])
        found, report = scan(tmp_path, *ALL)
        assert all(every[event["#n"]] == event for event in found)
        assert report.unreadable or len(found) == len(every)
    assert SegmentSource(tmp_path).report.unreadable == []
