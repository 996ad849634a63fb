"""The story of a finding as plain data, one moment per event: when, what was done, by whom, why it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bootwatch.detect.findings import Evidence, Finding
from bootwatch.detect.rows import Hit, Origin
from bootwatch.detections.detection import Detection


@dataclass(frozen=True, slots=True)
class Moment:
    """``what`` is the command where the event holds one, else the event's text; ``by`` is who, where it says so."""

    time: datetime
    what: str
    by: tuple[str, ...]
    why: str


def moments(finding: Finding, detection: Detection) -> list[Moment]:
    """One moment per piece of evidence, oldest first."""
    return [_moment(finding.host, evidence, detection) for evidence in finding.evidence]


def _moment(host: str, evidence: Evidence, detection: Detection) -> Moment:
    hit = Hit(host, 0, evidence.raw, evidence.fields, Origin())
    command = hit.names(detection.subjects.command)
    what = command[0] if command else evidence.raw
    return Moment(evidence.time, what.strip(), hit.names(detection.subjects.user), evidence.why)
