"""Running contenders as whole processes: wall time, peak memory of the process tree, output."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_S = 0.02


class Failed(Exception):
    """A contender ended with a status other than 0 (1 where it allows that); the message ends with its stderr."""


@dataclass(frozen=True, slots=True)
class Command:
    """One contender: what to call it, what to run, and what to set in its environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    statuses: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process; ``cpu_s`` includes the children it waited for."""

    wall_s: float
    cpu_s: float
    output: str


def run(command: Command) -> Run:
    """Run to the end, stdout and stderr to files, so that no pipe slows the contender down."""
    return _run(command, None)


def peak_of_tree(command: Command) -> int:
    """Peak memory of the process and its descendants in bytes, from samples taken while it runs.

    The larger of two figures: the greatest sum of proportional set sizes (shared pages count once over the tree), and
    the kernel's own peak of the largest process. The latter is read from ``/proc`` and not from ``wait4``, whose
    ``ru_maxrss`` also holds the peak of the process that started the child: what ran before ``exec`` counts.
    """
    samples = [0]
    _run(command, samples)
    return max(samples)


def _run(command: Command, samples: list[int] | None) -> Run:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            command.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **command.env}
        )
        try:
            while samples is not None and not _has_ended(child.pid):
                tree = _tree(child.pid)
                samples.append(sum(_bytes_of(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in tree))
                samples += [_bytes_of(f"/proc/{pid}/status", "VmHWM:") for pid in tree]
                time.sleep(_SAMPLE_S)
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output, errors = _text(out.fileno()), _text(err.fileno())
    if child.returncode not in command.statuses:
        raise Failed(f"{command.name} ended with status {child.returncode}: {errors.strip()[-400:]}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, output)


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _tree(pid: int) -> list[int]:
    """The process and all its descendants that are still there."""
    pids = [pid]
    for known in pids:
        for task in Path(f"/proc/{known}/task").glob("*/children"):
            pids += [int(child) for child in _read(task).split()]
    return pids


def _bytes_of(path: str, key: str) -> int:
    """A line such as ``Pss:  332 kB`` of a file in ``/proc``; 0 where the process has ended."""
    for line in _read(Path(path)).splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process ended between two looks
        return ""


def _text(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read().decode(errors="replace")
