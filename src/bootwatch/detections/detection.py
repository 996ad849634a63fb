"""A detection: a search, and what we know about its result.

``detection.yaml`` uses the keys of splunk/security_content's flattened form of 2026 where it has one (name, id,
version, status, type, description, data_source, how_to_implement, known_false_positives, finding, mitre_attack_id, …)
and adds ours: severity, confidence, score, indicators, subjects, correlation, next_steps, not_tested. ``search.spl``
holds the search as written, ``tests.yaml`` what it should and should not find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from bootwatch.detections.attack import Technique
from bootwatch.detections.samples import Sample
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.match.pattern import Pattern

PLACEHOLDER: Final = re.compile(r"\$(\w+)\$")
PLACEHOLDERS: Final = ("host", "what", "images", "users", "sources", "first_time", "last_time")
"""Names that may stand between dollar signs in a title or a next step, as in Splunk's ``$field$``."""


class Status(StrEnum):
    EXPERIMENTAL = "experimental"
    PRODUCTION = "production"
    DEPRECATED = "deprecated"


class Kind(StrEnum):
    """Splunk's four types: alerts by itself, adds to a score, is run by hand, joins others' results."""

    TTP = "TTP"
    ANOMALY = "Anomaly"
    HUNTING = "Hunting"
    CORRELATION = "Correlation"


class EvidenceClass(StrEnum):
    """What an act does on the way to a running tampered image."""

    TRANSFER = "A"
    BOOT_SELECTION = "B"
    ERASE = "C"
    INTEGRITY = "D"
    FIRMWARE = "E"
    RUNTIME = "F"
    HIDE = "G"
    ACTIVATE = "H"


@dataclass(frozen=True, slots=True)
class ScoreStep:
    """From ``at_least`` of the search's own score on: ``points`` of 0 to 100, which give ``severity``."""

    at_least: int
    points: int
    severity: Severity


class Reads(StrEnum):
    """What a search has to be shown: events that may match, or all of a log (volumes, silence)."""

    MATCHES = "matches"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Points:
    """What a row of the search is worth, 1 to 100: always ``fixed``, or what the row's ``field`` says."""

    fixed: int | None
    field: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """How the search's own score (``field``) becomes points; ``corroboration``: points per further indicator."""

    field: str
    steps: tuple[ScoreStep, ...]
    corroboration: int

    def step(self, value: float) -> ScoreStep | None:
        """The highest step that ``value`` reaches; None below the first."""
        return next((step for step in reversed(self.steps) if value >= step.at_least), None)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing the search recognises: the field that says so (1 or 0), how to mark it in ``_raw``, why it matters."""

    field: str
    name: str
    evidence_class: EvidenceClass
    pattern: Pattern
    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a name is found: the first present of ``fields``, else the first of ``patterns`` that matches ``_raw``."""

    fields: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Subjects:
    """Who, from where, which image, and the command that was given."""

    user: Subject
    source: Subject
    image: Subject
    command: Subject


BY_CONTRACT: Final = Subjects(
    user=Subject(("user",), ()),
    source=Subject(("src_ip", "transfer_host"), ()),
    image=Subject(("object",), ()),
    command=Subject(("command",), ()),
)
"""Where names are found unless a detection says otherwise: the normalised fields of the event."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """How matches become stories of one host.

    Matches no further apart than ``window`` are one story. ``opens``: whether a match is a finding by itself, or only
    evidence in the story of another. ``classes`` are those of the acts between a match's start and its end that are
    evidence; None: all. ``needs`` are groups of letters: no match without an act of one class of every group on its
    host, or a word the search names; hosts that show neither are not shown to the search.
    """

    window: timedelta
    opens: bool
    reads: Reads
    classes: tuple[EvidenceClass, ...] | None
    needs: tuple[frozenset[EvidenceClass], ...] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """``do`` with placeholders; ``otherwise`` is said where a placeholder has no value (None: the step is left out)."""

    do: str
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class Detection:
    """One checked entry of a content pack. ``id`` is its folder's name, ``uuid`` the key ``id`` of its file."""

    id: str
    path: str
    search: str
    samples: tuple[Sample, ...]
    name: str
    uuid: UUID
    version: int
    status: Status
    kind: Kind
    author: str
    creation_date: date
    modification_date: date
    description: str
    references: tuple[str, ...]
    data_source: tuple[str, ...]
    required_sourcetypes: tuple[str, ...]
    how_to_implement: str
    known_false_positives: tuple[str, ...]
    analytic_story: tuple[str, ...]
    asset_type: str | None
    security_domain: str | None
    techniques: tuple[Technique, ...]
    severity: Severity
    confidence: Confidence
    title: str
    score: Score | Points
    indicators: tuple[Indicator, ...]
    subjects: Subjects
    correlation: Correlation
    next_steps: tuple[NextStep, ...]
    not_tested: tuple[str, ...]
    playbook: str | None
