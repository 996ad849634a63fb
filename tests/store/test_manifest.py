"""The manifest: torn ends, damaged lines, other versions; and one writer at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.store.stores import load, manifest, mixed, scan, segments, texts

from bootwatch.errors import StoreError
from bootwatch.store import manifest as manifests
from bootwatch.store.layout import manifest_path
from bootwatch.store.lock import WriteLock
from bootwatch.store.records import Commit


def test_a_manifest_torn_anywhere_in_its_last_ingest_is_the_one_before_it(tmp_path: Path) -> None:
    load(tmp_path, mixed(50))
    path = manifest_path(tmp_path)
    before = path.read_bytes()
    load(tmp_path, mixed(50))
    whole = path.read_bytes()
    first = manifest(tmp_path).segments
    for size in {*range(len(before), len(whole) - 1, 37), len(before), len(whole) - 2}:
        path.write_bytes(whole[:size])
        found = manifest(tmp_path)
        assert found.segments == first[: len(found.segments)]
        assert (len(found.segments), found.damaged, found.end) == (len(first) // 2, [], len(before))
    path.write_bytes(whole[:-1])  # only the line end is missing
    assert manifest(tmp_path).segments == first


def test_what_a_torn_ingest_left_is_removed_by_the_next(tmp_path: Path) -> None:
    load(tmp_path, mixed(50))
    kept = set(segments(tmp_path))
    size = manifest_path(tmp_path).stat().st_size
    load(tmp_path, mixed(50))
    with manifest_path(tmp_path).open("r+b") as file:
        file.truncate(size + 700)
    assert len(scan(tmp_path)[0]) == 50
    assert len(segments(tmp_path)) == 2 * len(kept)
    load(tmp_path, [{"_raw": "last"}])
    assert len(segments(tmp_path)) == len(kept) + 1
    assert texts(scan(tmp_path)[0]) == [*texts(mixed(50)), "last"]


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_no_damaged_byte_of_a_manifest_loses_events_unnoticed(tmp_path: Path, bit: int) -> None:
    load(tmp_path, mixed(2))
    load(tmp_path, mixed(2))
    path = manifest_path(tmp_path)
    whole = path.read_bytes()
    every = texts(scan(tmp_path)[0])
    for place in range(0, len(whole), 29):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        events, report = scan(tmp_path)
        assert set(texts(events)) <= set(every)
        assert len(events) == len(every) or report.unreadable
    path.write_bytes(whole[: whole.index(b"}\n")] + b"!" + whole[whole.index(b"}\n") + 1 :])
    assert manifest(tmp_path).damaged == ["line 1 is damaged; the events it records cannot be found"]
    load(tmp_path, [{"_raw": "more"}])
    assert len(segments(tmp_path)) == len({segment.path for segment in manifest(tmp_path).segments}) + 1
    assert "more" in texts(scan(tmp_path)[0])


def test_a_damaged_last_line_end_loses_nothing(tmp_path: Path) -> None:
    load(tmp_path, mixed(12))
    path = manifest_path(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"\x0b")
    assert len(scan(tmp_path)[0]) == 12
    load(tmp_path, [{"_raw": "more"}])
    assert len(scan(tmp_path)[0]) == 13
    assert manifest(tmp_path).damaged == []


def test_another_format_version_is_refused_by_name(tmp_path: Path) -> None:
    load(tmp_path, mixed(3))
    path = manifest_path(tmp_path)
    with path.open("ab") as file:
        file.write(manifests.line_of(Commit("x", 0, 0, "", v=7)))
    with pytest.raises(StoreError) as refused:
        scan(tmp_path)
    assert str(refused.value) == f"{path}: line 5 has format version 7; this bootwatch reads version 1"


def test_every_line_is_json(tmp_path: Path) -> None:
    load(tmp_path, mixed(12))
    lines = manifest_path(tmp_path).read_bytes().splitlines()
    kinds = [msgspec.json.decode(line)["kind"] for line in lines]
    assert kinds == ["segment"] * (len(lines) - 1) + ["commit"]


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    load(tmp_path, mixed(3))
    with WriteLock(tmp_path):
        with pytest.raises(StoreError, match=r"store is held by process \d+$"):
            load(tmp_path, mixed(3))
        assert len(scan(tmp_path)[0]) == 3
    load(tmp_path, mixed(3))


def test_a_lock_is_free_at_once_when_its_holder_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from bootwatch.store.lock import WriteLock;"
        "lock = WriteLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=f"store is held by process {holder.pid}"):
            WriteLock(tmp_path)
        holder.kill()
    began = time.monotonic()
    WriteLock(tmp_path).close()
    assert time.monotonic() - began < 1
