"""The cable of a disk: plugged in, pulled out while something runs on it, plugged in again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Power:
    """A disk of its own process, mounted on ``folder``."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._process = process

    def deaf(self) -> None:
        """From now on a sync is answered and not done."""
        self._do("deaf")

    def cut(self, seed: int | None = None) -> None:
        """Power is gone, and with it all that was not synced; with a ``seed`` some of it may be there, by chance."""
        self._do("cut" if seed is None else f"cut {seed}")

    def on(self) -> None:
        """Power is back. Nobody may have a file of before open."""
        self._do("on")

    def _do(self, said: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{said}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer == said.partition(" ")[0], answer


@contextmanager
def plugged(tmp_path: Path) -> Iterator[Power]:
    """A disk to lose power; the test is skipped where nobody may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.power.fuse", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        if said != "mounted" and "BOOTWATCH_POWER_ROUNDS" in os.environ:
            pytest.fail(f"rounds were asked for, and FUSE is not to be had here: {said or 'the server ended'}")
        if said != "mounted":
            pytest.skip(f"FUSE is not to be had here: {said or 'the server ended'}")
        try:
            yield Power(folder, process)
        finally:
            process.stdin.close()
            process.wait(20)
