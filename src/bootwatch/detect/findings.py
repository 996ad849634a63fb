"""A finding: what we conclude about one device, the evidence for it, and how its score came about.

Findings are what every command prints and every sink sends; ``to_dict`` is their one JSON form, its keys a promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bootwatch.detections.severity import Confidence, Severity

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
FieldValue = str | int | float | bool | tuple[str | int | float, ...]


class Status(StrEnum):
    OPEN = "open"
    SUPPRESSED = "suppressed"


class Plane(StrEnum):
    LOGS = "logs"
    DEVICE = "device"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event that counts. ``spans`` are half-open ranges of character offsets in ``raw``, in order, not overlapping.

    ``source``, ``line`` (one-based) and ``sourcetype`` are None where the search does not know them, ``indicator`` and
    ``evidence_class`` where the event shows none of the detection's indicators.
    """

    time: datetime
    source: str | None
    line: int | None
    sourcetype: str | None
    indicator: str | None
    evidence_class: str | None
    weight: int
    why: str
    fields: Mapping[str, FieldValue]
    spans: tuple[tuple[int, int], ...]
    raw: str

    def to_dict(self) -> dict[str, Json]:
        return {
            "time": iso(self.time),
            "source": self.source,
            "line": self.line,
            "sourcetype": self.sourcetype,
            "indicator": self.indicator,
            "class": self.evidence_class,
            "weight": self.weight,
            "why": self.why,
            "fields": {name: list(v) if isinstance(v, tuple) else v for name, v in self.fields.items()},
            "spans": [[start, end] for start, end in self.spans],
            "_raw": self.raw,
        }


@dataclass(frozen=True, slots=True)
class ScoreTrace:
    """One step of a score, in the order it was taken: what, and its effect, ``+40`` or ``x0.2``."""

    what: str
    effect: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One story on one host. Times are aware UTC; names are distinct, in the order they first appeared."""

    id: str
    detection: str
    title: str
    severity: Severity
    score: int
    confidence: Confidence
    plane: Plane
    host: str
    os_family: str | None
    first_time: datetime
    last_time: datetime
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    users: tuple[str, ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    score_trace: tuple[ScoreTrace, ...]
    not_tested: tuple[str, ...]
    next_steps: tuple[str, ...]
    playbook: str | None
    status: Status = Status.OPEN
    suppression: str | None = None

    def to_dict(self) -> dict[str, Json]:
        """The finding's JSON object, keys in the order of the contract."""
        return {
            "id": self.id,
            "detection": self.detection,
            "title": self.title,
            "status": self.status.value,
            "suppression": self.suppression,
            "severity": self.severity.value,
            "score": self.score,
            "confidence": self.confidence.value,
            "plane": self.plane.value,
            "host": self.host,
            "os_family": self.os_family,
            "first_time": iso(self.first_time),
            "last_time": iso(self.last_time),
            "techniques": list(self.techniques),
            "tactics": list(self.tactics),
            "users": list(self.users),
            "sources": list(self.sources),
            "images": list(self.images),
            "evidence": [item.to_dict() for item in self.evidence],
            "score_trace": [{"what": step.what, "effect": step.effect} for step in self.score_trace],
            "not_tested": list(self.not_tested),
            "next_steps": list(self.next_steps),
            "playbook": self.playbook,
        }


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with ``Z``; a fraction only where there is one, up to microseconds."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def identify(detection: str, host: str, events: Iterable[tuple[int, str]]) -> str:
    """The id of a finding: the same for the same detection, host and events (microseconds and ``_raw``) in any order.

    Where an event was read from does not count, so a log that was moved or ingested gives the same id.
    """
    digest = hashlib.sha256()
    for part in (detection, host, *(f"{time} {raw}" for time, raw in sorted(set(events)))):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(encoded)}:".encode())
        digest.update(encoded)
    return digest.hexdigest()[:24]


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Graver first, then the higher score, the later story, the host and the id: a total order."""
    return sorted(found, key=lambda f: (-f.severity.rank, -f.score, -f.last_time.timestamp(), f.host, f.id))


def at_least(found: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Those of this severity or worse, in the order given."""
    return [finding for finding in found if finding.severity.rank >= severity.rank]
