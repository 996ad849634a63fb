"""How well ``bootwatch scan`` finds the labelled stories, and what it says where nothing happened."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

PAGE = "t1601-001-patch-system-image-splunk"
"""The page's own search, the yardstick."""

_ABOVE_LOW = frozenset({"medium", "high", "critical"})
_RANK = ("info", "low", "medium", "high", "critical")
_SLACK = timedelta(hours=2)

Label = dict[str, Any]
Finding = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """Rates over a set of labels; ``misses`` says what went wrong, one line each, and names the findings seen."""

    recall: float
    technique: float
    benign: float
    audit: float
    stray: int
    """Open findings above low that belong to no story at all."""
    misses: list[str]

    def lines(self) -> list[str]:
        return [
            f"recall at the severity expected: {self.recall:.2f}",
            f"technique right, of those found: {self.technique:.2f}",
            f"benign stories with an open finding above low: {self.benign:.2f}",
            f"audits with an open finding above low: {self.audit:.2f}",
            f"open findings above low outside every story: {self.stray}",
        ]


def scan(paths: Sequence[Path], options: Sequence[str]) -> list[Finding]:
    """Findings of a scan in a process of its own, context files and all."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "bootwatch", "scan", *map(str, paths), "--format", "json", "--quiet", *options]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"scan ended with status {done.returncode}: {done.stderr.strip()[-800:]}")
    found: list[Finding] = json.loads(done.stdout or "[]")
    return found


def above_low(findings: Sequence[Finding]) -> list[Finding]:
    """What somebody would be called for."""
    return [finding for finding in findings if finding["status"] == "open" and finding["severity"] in _ABOVE_LOW]


def score(labels: Sequence[Label], findings: Sequence[Finding], *, any_severity: bool = False) -> Score:
    """Rates; ``any_severity`` takes every open finding above low for an answer, for a search that has one severity."""
    opened = above_low(findings)
    misses: list[str] = []
    claimed: set[int] = set()
    hit = named = 0
    flagged = {"benign": 0, "audit": 0}
    count = {kind: sum(label["kind"] == kind for label in labels) for kind in ("attack", "benign", "audit")}
    for label in labels:
        mine = [finding for finding in opened if _belongs(finding, label)]
        claimed |= {id(finding) for finding in mine}
        if label["kind"] != "attack":
            flagged[label["kind"]] += bool(mine)
            misses += [f"{label['kind']} {label['id']}: open {said(finding)}" for finding in mine]
            continue
        right = [finding for finding in mine if any_severity or finding["severity"] in label["severities"]]
        if not right:
            seen = [finding for finding in findings if _belongs(finding, label)]
            shown = "; ".join(map(said, seen)) or "nothing"
            misses.append(f"missed {label['id']}: wanted {'|'.join(label['severities'])}, saw {shown}")
            continue
        hit += 1
        worst = max(right, key=lambda finding: (_RANK.index(finding["severity"]), finding["score"]))
        if any(fnmatch(name, wanted) for name in worst["techniques"] for wanted in label["techniques"]):
            named += 1
        else:
            misses.append(f"technique {label['id']}: wanted {'|'.join(label['techniques'])}, saw {said(worst)}")
    strays = [finding for finding in opened if id(finding) not in claimed]
    misses += [f"stray: open {said(finding)}" for finding in strays]
    return Score(
        hit / max(1, count["attack"]),
        named / max(1, hit),
        flagged["benign"] / max(1, count["benign"]),
        flagged["audit"] / max(1, count["audit"]),
        len(strays),
        misses,
    )


def _belongs(finding: Finding, label: Label) -> bool:
    """Same device, by name or by address, and times that touch."""
    if finding["host"] not in label["hosts"] and finding["host"] not in label["addresses"]:
        return False
    first, last = (datetime.fromisoformat(label[key]) for key in ("first_time", "last_time"))
    begun, ended = (datetime.fromisoformat(finding[key]) for key in ("first_time", "last_time"))
    return begun <= last + _SLACK and ended >= first - _SLACK


def said(finding: Finding) -> str:
    """A finding on one line, with the way to its score."""
    text = f"{finding['host']} {finding['status']} {finding['severity']} {finding['score']} {finding['detection']}"
    shown = [f"{evidence.get('indicator') or '-'}" for evidence in finding["evidence"]]
    trace = "; ".join(f"{step['what']} {step['effect']}" for step in finding["score_trace"])
    why = f" suppressed: {finding['suppression']}" if finding.get("suppression") else ""
    return f"{text} {','.join(finding['techniques'])} [{' '.join(shown[:12])}] ({trace}){why}"
