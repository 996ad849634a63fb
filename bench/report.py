"""What a run prints and keeps: counts with what they should be, figures with their goals, and what was not measured."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path

TOLERANCE = 1.1
"""A goal missed by less than this factor is noise to ``--strict``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. ``goal`` bounds it from above, or from below with ``at_least``; None: for information."""

    name: str
    measured: float
    unit: str = ""
    goal: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def shortfall(self) -> float:
        """How many times worse than its goal; up to 1 the goal is met."""
        if self.goal is None:
            return 0.0
        over, under = (self.goal, self.measured) if self.at_least else (self.measured, self.goal)
        return over / under if under > 0 else float("inf")

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return "for information"
        return "ok" if self.shortfall <= 1 else "short"

    def line(self) -> str:
        sign = ">=" if self.at_least else "<="
        goal = "" if self.goal is None else f" (goal {sign} {self.goal:g}{self.unit})"
        detail = f"  [{self.detail}]" if self.detail else ""
        return f"{self.name}: {self.measured:.3g}{self.unit}{goal} {self.verdict}{detail}"


@dataclass(frozen=True, slots=True)
class Count:
    """How many lines one contender found under one rule, and how many an independent reading finds."""

    name: str
    rule: str
    found: int
    expected: int

    def line(self) -> str:
        agrees = "ok" if self.found == self.expected else "DIFFERS"
        return f"{self.name} ({self.rule}): {self.found:,} (expected {self.expected:,}) {agrees}"


@dataclass(slots=True)
class Report:
    """What has been measured so far; every entry is printed as it comes."""

    machine: dict[str, str]
    counts: list[Count] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def count(self, count: Count) -> None:
        self.counts.append(count)
        print(f"  {count.line()}", flush=True)

    def figure(self, figure: Figure) -> None:
        self.figures.append(figure)
        print(f"  {figure.line()}", flush=True)

    def lack(self, peer: str) -> None:
        """A peer that is not installed: named, and no reason to fail."""
        self.absent.append(peer)
        print(f"  absent: {peer}", flush=True)

    def fail(self, message: str) -> None:
        self.failures.append(message)
        print(f"  not measured: {message}", flush=True)

    def falls_short(self) -> bool:
        """Whether a count differs, a contender failed, or a goal is missed by more than ``TOLERANCE``."""
        return (
            bool(self.failures)
            or any(count.found != count.expected for count in self.counts)
            or any(figure.shortfall > TOLERANCE for figure in self.figures)
        )

    def write(self, path: Path) -> None:
        figures = [{**asdict(figure), "verdict": figure.verdict} for figure in self.figures]
        content = {**asdict(self), "figures": figures}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """What a reader needs to place absolute times: processor, cores, memory, kernel, Python, load."""
    processors = Path("/proc/cpuinfo")
    lines = processors.read_text(encoding="utf-8").splitlines() if processors.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.2f} at the start",
    }
