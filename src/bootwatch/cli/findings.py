"""Findings for a person at a terminal: what happened on which device, why it is believed, what to do next."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Final

from bootwatch.cli.visible import visible
from bootwatch.detect.findings import Finding, iso
from bootwatch.detect.narrative import disproof, moments
from bootwatch.detections.severity import Severity

if TYPE_CHECKING:
    from bootwatch.detections.pack import Pack

_COLOURS: Final = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}
_WIDTH: Final = 110


def use_colour(no_color: bool) -> bool:
    """Colours only on a terminal, and never against ``--no-color`` or NO_COLOR."""
    return not no_color and "NO_COLOR" not in os.environ and sys.stdout.isatty()


def render(finding: Finding, pack: Pack, *, colour: bool) -> str:
    """One finding as a short timeline."""
    detection = pack.detection(finding.detection)
    techniques = ", ".join(f"{t} {pack.attack.technique(t).name}" for t in finding.techniques)
    badge = finding.severity.value.upper()
    if colour:
        badge = f"\x1b[{_COLOURS[finding.severity]}m{badge}\x1b[0m"
    lines = [f"{badge}  {visible(finding.title)}"]
    lines.append(_field("host", finding.host))
    lines.append(_field("technique", techniques))
    lines.append(_field("score", f"{finding.score} of 100, confidence {finding.confidence.value}"))
    for name, values in (("user", finding.users), ("from", finding.sources), ("image", finding.images)):
        if values:
            lines.append(_field(name, ", ".join(values)))
    lines.append("")
    for moment, evidence in zip(moments(finding, detection), finding.evidence, strict=True):
        by = f"  by {', '.join(moment.by)}" if moment.by else ""
        lines.append(f"    {iso(moment.time)}  {visible(_short(moment.what))}{visible(by)}")
        lines.append(_wrapped(moment.why, "      "))
        lines.append(f"      {visible(evidence.raw)}")
    lines.append("")
    lines.append("    why this score")
    lines += [f"      {step.effect:>5}  {visible(step.what)}" for step in finding.score_trace]
    lines.append("    what would disprove it")
    lines += [_wrapped(f"- {item}", "      ") for item in disproof(finding)]
    lines.append("    next")
    lines += [_wrapped(f"{number}. {step}", "      ") for number, step in enumerate(finding.next_steps[:3], 1)]
    if finding.not_tested:
        lines.append("    not tested")
        lines += [_wrapped(f"- {item}", "      ") for item in finding.not_tested]
    return "\n".join(lines) + "\n"


def summary(found: list[Finding]) -> str:
    """One line: how many findings of which severity."""
    if not found:
        return "no findings"
    counts = {severity: sum(item.severity is severity for item in found) for severity in reversed(Severity)}
    said = ", ".join(f"{count} {severity.value}" for severity, count in counts.items() if count)
    return f"{len(found)} finding{'s' if len(found) > 1 else ''}: {said}"


def _field(name: str, value: str) -> str:
    return f"    {name:<10} {visible(value)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        visible(" ".join(text.split())), _WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
    )
