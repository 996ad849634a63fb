"""The story of a finding as plain data: what was done when and by whom, and what would show that it was no attack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bootwatch.detect.findings import Evidence, Finding, iso
from bootwatch.detect.rows import Hit, Origin
from bootwatch.detect.wording import some
from bootwatch.detections.detection import Detection

# What explains an act of each class away, beside the change that approves it (domain knowledge on false positives).
_DISPROOF: Final = {
    "B": "The boot statements of before and after, from the configuration archive, name the same approved image.",
    "C": "What was deleted is the former image, and the ticket asks for the space.",
    "D": "The file was damaged on the way: its size differs, and a second copy of it verifies.",
    "E": "The ROM monitor or firmware version reported now is on the approved list, and an advisory asked for it.",
    "F": "An open support case of the vendor asked for this shell or these commands, and its number is known.",
    "G": "The logs move to another collector, or noise is tuned, under a ticket that names this device; and nothing is "
    "missing from the other collectors of the same minutes.",
    "H": "Power, hardware or a planned restart explains the reload, and the running version is the one of before.",
}

# Where a message of Cisco's form begins behind its header; what comes before it says when and from where.
_MESSAGE: Final = re.compile(r"%[A-Z][A-Z0-9_-]{1,60}-[0-7]-[A-Z0-9_]{1,60} ?:.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """``what`` is the command where the event holds one, else the text of its message; ``by`` is who, if it says so."""

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
    said = _MESSAGE.search(evidence.raw)
    what = command[0] if command else said[0] if said else evidence.raw
    return Moment(evidence.time, what.strip(), hit.names(detection.subjects.user), evidence.why)


def disproof(finding: Finding) -> list[str]:
    """What would show that the story is approved work, the strongest first; at most five."""
    when = f"from {iso(finding.first_time)} to {iso(finding.last_time)}"
    images = some(finding.images)
    said = [f"An approved change for {finding.host} {when}" + (f" that names {images}." if images else ".")]
    if images:
        said.append(f"A hash of {images}, computed off the device, equals the one the vendor publishes.")
    classes = {evidence.evidence_class for evidence in finding.evidence}
    said += [text for letter, text in _DISPROOF.items() if letter in classes]
    if finding.users:
        origin = f" from {some(finding.sources)}" if finding.sources else ""
        said.append(f"{some(finding.users)} confirms having done this{origin}, asked by another way than the device.")
    return said[:5]
