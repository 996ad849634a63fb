"""Damage and crashes: no wrong row comes back in silence, and an ingest is there as a whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.stores import ALL, RULE, Made, load, mixed, scan, segments, sidecars, texts

from bootwatch.errors import InputError, StoreError
from bootwatch.store.ingest import Sealing, ingest
from bootwatch.store.layout import manifest_path
from bootwatch.store.verify import verify

FLIPS = 1000


def test_no_flipped_bit_gives_a_wrong_row(tmp_path: Path) -> None:
    own = {"user": False, "many": True}
    events = [
        {"_raw": f"event {place} copy tftp:", "mnemonic": f"M{place % 3}", "user": f"u{place % 4}", "many": ["a", "b"]}
        for place in range(60)
    ]
    load(tmp_path, events, own=own, sealing=Sealing(rows=40, group_rows=20))
    chance = random.Random(1601)
    fields = (*ALL, *own)
    every = {event["#n"]: event for event in scan(tmp_path, *fields)[0]}
    named = 0
    for _ in range(FLIPS):
        path = chance.choice(segments(tmp_path))
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        found, report = scan(tmp_path, *fields)
        path.write_bytes(whole)
        assert all(every[event["#n"]] == event for event in found)
        assert report.unreadable or len(found) == len(every)
        assert {name for name, _ in report.unreadable} <= {str(path)}
        named += bool(report.unreadable)
    assert named > FLIPS * 0.9  # the rest hit the magic number, or what lies between


def test_no_flipped_bit_of_a_sidecar_changes_an_answer(tmp_path: Path) -> None:
    load(tmp_path, mixed(60) * 2, rules=[RULE], sealing=Sealing())
    chance = random.Random(1601)
    clauses = RULE.prefilter.clauses
    every, report = scan(tmp_path, *ALL, clauses=clauses)
    assert report.notes == []
    for _ in range(200):
        path = chance.choice(sidecars(tmp_path))
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        found, report = scan(tmp_path, *ALL, clauses=clauses)
        path.write_bytes(whole)
        assert found == every
        assert report.notes == [f"{path}: its checksum does not hold; the segments were scanned instead"]


def test_a_missing_and_a_short_segment_are_named_and_the_rest_answers(tmp_path: Path) -> None:
    load(tmp_path, mixed(90))
    every = texts(scan(tmp_path)[0])
    missing, short, *_ = segments(tmp_path)
    missing.unlink()
    short.write_bytes(short.read_bytes()[:-20])
    events, report = scan(tmp_path)
    assert set(texts(events)) < set(every)
    assert dict(report.unreadable)[str(missing)] == "cannot be read: No such file or directory"
    assert "bytes where" in dict(report.unreadable)[str(short)]
    # A result that the damage does not touch is not marred by it.
    assert "index=other" not in f"{missing}{short}"
    assert scan(tmp_path, indexes=frozenset({"other"}))[1].unreadable == []


def test_whole_row_groups_of_a_damaged_segment_answer(tmp_path: Path) -> None:
    load(tmp_path, [{"_raw": f"text {place:05d}"} for place in range(40)], sealing=Sealing(rows=40, group_rows=10))
    (path,) = segments(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[30] ^= 1
    path.write_bytes(damaged)
    events, report = scan(tmp_path)
    assert texts(events) == [f"text {place:05d}" for place in range(10, 40)]
    ((name, why),) = report.unreadable
    assert name == str(path)
    assert why.startswith("row group 1 of 4: the checksum of bytes 4 to ")


def test_everything_is_checked_when_asked(tmp_path: Path) -> None:
    load(tmp_path, mixed(60), rules=[RULE])
    assert verify(tmp_path) == []
    flipped, missing, *_ = segments(tmp_path)
    sidecar, *_ = sidecars(tmp_path)
    for path in (flipped, sidecar):
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 4
        path.write_bytes(damaged)
    missing.unlink()
    assert set(verify(tmp_path)) == {
        (str(flipped), "its checksum does not hold"),
        (str(missing), "cannot be read: No such file or directory"),
        (str(sidecar), "its checksum does not hold"),
    }


def test_a_store_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    load(tmp_path, [{"_raw": "a"}])
    segments(tmp_path)[0].unlink()
    with pytest.raises(InputError, match=r"parquet: cannot be read: No such file or directory"):
        scan(tmp_path)


def test_an_ingest_that_breaks_off_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    load(tmp_path, mixed(30), rules=[RULE])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(at: int) -> None:
        if at >= 100:
            raise StoreError("the source broke")

    with pytest.raises(StoreError, match="the source broke"):
        ingest(Made(mixed(200), before=fail), tmp_path, rules=[RULE], sealing=Sealing(rows=20))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_ingest_that_is_killed_leaves_nothing_to_see_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    load(tmp_path, mixed(30))
    kept = set(segments(tmp_path))
    code = """
import os, signal, sys
from pathlib import Path
from tests.store.stores import RULE, Made, mixed
from bootwatch.store.ingest import Sealing, ingest
from bootwatch.store.layout import manifest_path
from bootwatch.store.verify import verify

def die(at):
    if at >= 150:
        os.kill(os.getpid(), signal.SIGKILL)

ingest(Made(mixed(200), before=die), Path(sys.argv[1]), rules=[RULE], sealing=Sealing(rows=20))
"""
    path = os.pathsep.join(filter(None, sys.path))
    killed = subprocess.run([sys.executable, "-c", code, tmp_path], env=os.environ | {"PYTHONPATH": path}, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = set(segments(tmp_path)) - kept
    assert left
    assert texts(scan(tmp_path)[0]) == texts(mixed(30))
    load(tmp_path, mixed(5))
    assert not left & set(segments(tmp_path))
    assert texts(scan(tmp_path)[0]) == texts(mixed(30) + mixed(5))


def test_what_cannot_be_written_is_an_error_and_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    load(tmp_path, mixed(10))
    before = manifest_path(tmp_path).read_bytes()
    (tmp_path / "tags").write_text("a file where a folder has to be")
    with pytest.raises(StoreError, match="cannot be written: Not a directory"):
        load(tmp_path, mixed(10), rules=[RULE])
    assert manifest_path(tmp_path).read_bytes() == before
    assert len(scan(tmp_path)[0]) == 10


@pytest.mark.parametrize("limit_bytes", [4000, 20_000])
def test_a_file_that_may_not_grow_is_an_error_and_leaves_the_store_as_it_was(tmp_path: Path, limit_bytes: int) -> None:
    """The limit of a process stands for a full disk; the larger one is only met by the manifest."""
    load(tmp_path, mixed(50), sealing=Sealing(rows=25))
    before = manifest_path(tmp_path).read_bytes()
    assert len(before) > 4000
    code = f"""
import resource, sys
from pathlib import Path
from tests.store.stores import load, mixed
from bootwatch.errors import StoreError
from bootwatch.store.ingest import Sealing

resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))
try:
    load(Path(sys.argv[1]), mixed(150), sealing=Sealing(rows=25))
except StoreError as exc:
    print(exc)
"""
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path], env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True
    )
    assert run.stdout.endswith(b"cannot be written: File too large\n")
    assert manifest_path(tmp_path).read_bytes() == before
    assert len(scan(tmp_path)[0]) == 50
