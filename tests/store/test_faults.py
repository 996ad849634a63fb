"""Every call by which a segment and the manifest reach the disk fails once: the store is as before, and goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.store.stores import ALL, RULE, load, manifest, mixed, scan

from bootwatch.errors import StoreError
from bootwatch.store import merging
from bootwatch.store.verify import verify

CALLS: dict[str, tuple[type | Any, str]] = {
    "write": (os, "write"),
    "fsync": (os, "fsync"),
    "rename": (Path, "rename"),
    "truncate": (os, "ftruncate"),
}


class Failing:
    """A call of the system that fails the ``at``-th time; the process's own, as a full or broken disk has it."""

    def __init__(self, call: Callable[..., Any], at: int, number: int) -> None:
        self.call, self.at, self.number, self.count = call, at, number, 0

    def __call__(self, *given: Any) -> Any:
        self.count += 1
        if self.count == self.at:
            raise OSError(self.number, os.strerror(self.number))
        return self.call(*given)


def broken(name: str, at: int, number: int, patch: pytest.MonkeyPatch) -> Failing:
    room, call = CALLS[name]
    failing = Failing(getattr(room, call), at, number)
    patch.setattr(room, call, (lambda *given: failing(*given)) if room is Path else failing)
    return failing


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("what", ["seal", "merge"])
def test_a_call_that_fails_leaves_the_store_as_it_was(
    what: str, name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        load(tmp_path, mixed(6), rules=[RULE])
    every = scan(tmp_path, *ALL)[0]
    more = 0
    said = os.strerror(number)
    for at in range(1, 100):
        with monkeypatch.context() as patch:
            failing = broken(name, at, number, patch)
            try:
                if what == "seal":
                    load(tmp_path, mixed(6), rules=[RULE])
                    more = 6
                else:
                    merging.merge(tmp_path, held, chosen, [RULE]) if (
                        chosen := merging.plan(held := manifest(tmp_path), "2026-03-03")
                    ) else None
            except StoreError as exc:
                said = str(exc)
        found = scan(tmp_path, *ALL)[0]
        assert os.strerror(number) in said
        if failing.count < at:  # it went through
            assert len(found) == len(every) + more
            break
        assert len(found) == len(every) + more  # what fails without an error (the lock's note) did its work
        assert found[: len(every)] == every
        every, more = found, 0
    else:
        raise AssertionError("it never went through")
    assert at > 1
    assert verify(tmp_path) == []


def test_writes_that_take_only_a_part_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, memoryview(data)[: len(data) // 2 + 1]))
        load(tmp_path, mixed(60), rules=[RULE])
    assert len(scan(tmp_path)[0]) == 60
    assert verify(tmp_path) == []
