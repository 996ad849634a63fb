"""The disk that loses power, by itself: what POSIX promises is there, and nothing else has to be."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.power.cable import plugged
from tests.power.disk import Disk

from bootwatch.store.durable import make_folder, sync_folder, write_file


def synced(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def without_sync(folder: Path) -> None:
    (folder / "a").write_bytes(b"x" * 10_000)


def without_folder_sync(folder: Path) -> None:
    synced(folder / "a", b"x" * 10_000)


def durably(folder: Path) -> None:
    write_file(folder / "a", b"x" * 10_000)


def in_a_new_folder(folder: Path) -> None:
    write_file(folder / "new" / "deep" / "a", b"x")


def appended(folder: Path) -> None:
    write_file(folder / "a", b"first ")
    synced(folder / "a", b"second ")
    with (folder / "a").open("ab") as file:
        file.write(b"third")


def renamed(folder: Path) -> None:
    write_file(folder / "a", b"x")
    (folder / "a").rename(folder / "b")


def moved(folder: Path) -> None:
    make_folder(folder / "to")
    write_file(folder / "a", b"x")
    (folder / "a").rename(folder / "to" / "b")
    sync_folder(folder)


def removed(folder: Path) -> None:
    write_file(folder / "a", b"x")
    (folder / "a").unlink()


def cut_short(folder: Path) -> None:
    write_file(folder / "a", b"first second")
    os.truncate(folder / "a", 5)


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (without_sync, {}),
        (without_folder_sync, {}),
        (durably, {"a": b"x" * 10_000}),
        (in_a_new_folder, {"new/deep/a": b"x"}),
        (appended, {"a": b"first second "}),
        (renamed, {"a": b"x"}),
        (moved, {"to/b": b"x"}),
        (removed, {"a": b"x"}),
        (cut_short, {"a": b"first second"}),
    ],
)
def test_what_was_synced_is_there_and_the_rest_is_not(
    act: Callable[[Path], None], left: dict[str, bytes], tmp_path: Path
) -> None:
    with plugged(tmp_path) as power:
        act(power.folder)
        power.cut()
        with pytest.raises(OSError, match="Input/output error"):
            (power.folder / "later").write_bytes(b"")
        power.on()
        assert {
            str(path.relative_to(power.folder)): path.read_bytes() for path in power.folder.rglob("*") if path.is_file()
        } == left


def test_what_was_not_synced_may_be_there_in_part() -> None:
    kept = set()
    for seed in range(60):
        disk = Disk()
        file = disk.make(disk.root, b"a", 0o100644)
        disk.sync(disk.root)
        disk.write(file, 0, b"a" * 1000)
        disk.sync(file)
        disk.write(file, 1000, b"b" * 1000)
        disk.write(file, 2000, b"c" * 1000)
        disk.cut(random.Random(seed))
        content = bytes(disk.named(disk.root, b"a").content)
        assert content == (b"a" * 1000 + b"b" * 1000 + b"c" * 1000)[: len(content)]
        kept.add(len(content))
    assert min(kept) == 1000
    assert {2000, 3000} < kept
