"""The commands that are measured against each other, and where each of them is found."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import generate, rules
from bench.process import Command

ROOT = Path(__file__).resolve().parent.parent
DETECTION = "t1601-001-patch-system-image-splunk"
PAGE = ROOT / "src/bootwatch/content/detections" / DETECTION / "search.spl"
RIPGREP_AT_LEAST = 15


@dataclass(frozen=True, slots=True)
class Product:
    """bootwatch as a command. ``work`` is a scratch folder; rows go to a file in it."""

    argv: Sequence[str]
    work: Path

    @property
    def rows(self) -> Path:
        return self.work / "rows.jsonl"

    def search_text(self, spl: Path, log: Path) -> Command:
        """A search over a raw file."""
        return self._command("search", "-f", str(spl), *self._output(), str(log))

    def ingest(self, log: Path, home: Path) -> Command:
        """Load a file into the store ``home``."""
        return self._command("ingest", "--now", generate.NOW, str(log), home=home)

    def search_store(self, spl: Path, home: Path) -> Command:
        """A search over the store: no path."""
        return self._command("search", "-f", str(spl), *self._output(), home=home)

    def scan_text(self, log: Path, *, whole_log: bool) -> Command:
        """Every detection of the pack over a raw file; with or without the rules that read all of it."""
        rules = () if whole_log else ("--no-whole-log",)
        return self._command("scan", *rules, *self._output(), str(log))

    def tagged(self, home: Path) -> Command:
        """The scheduled form: the registered detection over the store, from the tags written at ingest."""
        return self._command("scan", "--detection", DETECTION, *self._output(), home=home)

    def scheduled(self, home: Path, rounds: int) -> Command:
        """The same as a running service does it: repeated in one process, which says how long each round took."""
        argv = [sys.executable, "-m", "bench.scheduled", str(home), str(rounds)]
        path = os.pathsep.join(filter(None, (str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
        return Command("bootwatch scheduled", argv, {"PYTHONPATH": path})

    def help(self) -> Command:
        return self._command("--help")

    def _output(self) -> tuple[str, ...]:
        return ("--now", generate.NOW, "--format", "jsonl", "--output", str(self.rows))

    def _command(self, *arguments: str, home: Path | None = None) -> Command:
        env = {"BOOTWATCH_HOME": str(home or self.work / "no-store")}
        if self.argv[1:] == ["-m", "bootwatch"]:
            env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
        return Command(f"bootwatch {arguments[0]}", [*self.argv, *arguments], env)


def find_bootwatch() -> list[str]:
    """The console script beside this Python, else the one on PATH, else the package as a module."""
    beside = Path(sys.executable).with_name("bootwatch")
    script = str(beside) if beside.exists() else shutil.which("bootwatch")
    return [script] if script else [sys.executable, "-m", "bootwatch"]


def find_ripgrep() -> tuple[str | None, str]:
    """Path of a ripgrep that is new enough, or None, and what was found in words."""
    beside = Path(sys.executable).with_name("rg")
    path = str(beside) if beside.exists() else shutil.which("rg")
    if path is None:
        return None, "ripgrep (not installed)"
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"ripgrep (\d+)[.\d]*", text)
    if version is None or int(version[1]) < RIPGREP_AT_LEAST:
        return None, f"ripgrep >= {RIPGREP_AT_LEAST} (found {text.splitlines()[0]})"
    return path, version[0]


def grep(ripgrep: str, log: Path) -> Command:
    """ripgrep counting the lines of the base search under the substring rule; status 1 is no line."""
    return Command("rg -i -c", [ripgrep, "-i", "-c", rules.substring_pattern(), str(log)], {}, statuses=(0, 1))


def grep_lines(ripgrep: str, log: Path) -> Command:
    """The same, printing the lines."""
    return Command("rg -i", [ripgrep, "-i", "--no-line-number", rules.substring_pattern(), str(log)], {}, (0, 1))


def module(name: str, *arguments: str) -> Command:
    """A measurement of this folder as its own process, over the package beside it."""
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH"))))
    return Command(name, [sys.executable, "-m", f"bench.{name}", *arguments], {"PYTHONPATH": path})


def duckdb_sql(*arguments: str) -> Command:
    """Plain DuckDB as its own process; see :mod:`bench.duckdb_peer`."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return Command("DuckDB SQL", [sys.executable, "-m", "bench.duckdb_peer", *arguments], {"PYTHONPATH": path})
