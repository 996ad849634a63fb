"""A detection: a search, and what we know about its result. Read from ``detections/ID/`` of a content pack.

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
from importlib.resources.abc import Traversable
from typing import Final
from uuid import UUID

from bootwatch.detections.attack import Attack, AttackNameError, Technique
from bootwatch.detections.entry import Entry
from bootwatch.detections.samples import Sample, read_samples
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.errors import ContentError
from bootwatch.match.pattern import Pattern
from bootwatch.match.regex import RegexError

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
    score: Score
    indicators: tuple[Indicator, ...]
    subjects: Subjects
    window: timedelta
    next_steps: tuple[NextStep, ...]
    not_tested: tuple[str, ...]
    playbook: str | None


def read(folder: Traversable, attack: Attack) -> Detection:
    """The detection of one folder. Raises ContentError with the file, the line and what would be accepted."""
    entry = Entry.read(folder / "detection.yaml")
    finding = entry.entry("finding")
    techniques = tuple(_technique(entry, name, attack) for name in entry.texts("mitre_attack_id"))
    detection = Detection(
        id=folder.name,
        path=str(folder),
        search=_search(folder / "search.spl"),
        samples=read_samples(folder / "tests.yaml"),
        name=entry.text("name"),
        uuid=_uuid(entry),
        version=entry.integer("version", 1, 1_000_000),
        status=entry.choice("status", Status),
        kind=entry.choice("type", Kind),
        author=entry.text("author"),
        creation_date=entry.date("creation_date"),
        modification_date=entry.date("modification_date"),
        description=entry.text("description"),
        references=entry.optional_texts("references"),
        data_source=entry.texts("data_source"),
        required_sourcetypes=entry.texts("required_sourcetypes", empty=True),
        how_to_implement=entry.text("how_to_implement"),
        known_false_positives=entry.texts("known_false_positives", one=True),
        analytic_story=entry.optional_texts("analytic_story"),
        asset_type=entry.optional_text("asset_type"),
        security_domain=entry.optional_text("security_domain"),
        techniques=techniques,
        severity=entry.choice("severity", Severity),
        confidence=entry.choice("confidence", Confidence),
        title=_templated(finding, "title"),
        score=_score(entry.entry("score")),
        indicators=tuple(_indicator(item) for item in entry.entries("indicators")),
        subjects=_subjects(entry.entry("subjects")),
        window=_window(entry.entry("correlation")),
        next_steps=tuple(_next_step(item) for item in entry.entries("next_steps")),
        not_tested=entry.texts("not_tested", empty=True),
        playbook=entry.optional_text("playbook"),
    )
    finding.done()
    entry.done()
    return detection


def _search(file: Traversable) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror}", path=str(file)) from exc
    except UnicodeDecodeError as exc:
        raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=str(file)) from exc
    if not text.strip():
        raise ContentError("should hold a search, found nothing", path=str(file), line=1)
    return text


def _uuid(entry: Entry) -> UUID:
    value = entry.text("id")
    try:
        return UUID(value)
    except ValueError as exc:
        raise entry.error("id", f"'id' is '{value}'; accepted: a UUID") from exc


def _technique(entry: Entry, name: str, attack: Attack) -> Technique:
    try:
        return attack.technique(name)
    except AttackNameError as exc:
        raise entry.error("mitre_attack_id", str(exc)) from exc


def _pattern(entry: Entry, key: str, text: str) -> Pattern:
    try:
        return Pattern.of(text)
    except RegexError as exc:
        raise entry.error(key, f"'{key}' has a wrong pattern: {exc}: {text}") from exc


def _score(entry: Entry) -> Score:
    steps: list[ScoreStep] = []
    field = entry.text("field")
    for item in entry.entries("steps"):
        step = ScoreStep(
            item.integer("at_least", 1, 1_000), item.integer("points", 1, 100), item.choice("severity", Severity)
        )
        item.done()
        if steps and (step.at_least <= steps[-1].at_least or step.points < steps[-1].points):
            raise item.error("at_least", "score steps should rise, in at_least and in points")
        if Severity.of_score(step.points) is not step.severity:
            band = Severity.of_score(step.points)
            raise item.error("severity", f"{step.points} points are {band}, not {step.severity}")
        steps.append(step)
    score = Score(field, tuple(steps), entry.integer("corroboration", 0, 100))
    entry.done()
    return score


def _indicator(entry: Entry) -> Indicator:
    indicator = Indicator(
        field=entry.text("field"),
        name=entry.text("name"),
        evidence_class=entry.choice("class", EvidenceClass),
        pattern=_pattern(entry, "pattern", entry.text("pattern")),
        why=entry.text("why"),
    )
    entry.done()
    return indicator


def _subjects(entry: Entry) -> Subjects:
    subjects = Subjects(*(_subject(entry.entry(name)) for name in ("user", "source", "image", "command")))
    entry.done()
    return subjects


def _subject(entry: Entry) -> Subject:
    patterns = tuple(_pattern(entry, "patterns", text) for text in entry.optional_texts("patterns"))
    for pattern in patterns:
        if pattern.groups != 1:
            raise entry.error("patterns", f"a pattern needs one group, the name it finds: {pattern.text}")
    subject = Subject(entry.texts("fields", empty=True), patterns)
    entry.done()
    return subject


def _window(entry: Entry) -> timedelta:
    value = entry.text("window")
    if entry.text("by") != "host":
        raise entry.error("by", f"'by' is '{entry.text('by')}'; accepted: host")
    entry.done()
    written = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", value)
    if written is None:
        raise entry.error("window", f"'window' is '{value}'; accepted: a whole number of m, h or d, such as 24h")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[written[2]]
    return timedelta(**{unit: int(written[1])})


def _next_step(entry: Entry) -> NextStep:
    step = NextStep(_templated(entry, "do"), entry.optional_text("otherwise"))
    entry.done()
    return step


def _templated(entry: Entry, key: str) -> str:
    text = entry.text(key)
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            accepted = ", ".join(f"${known}$" for known in PLACEHOLDERS)
            raise entry.error(key, f"no placeholder '${name}$'; accepted: {accepted}")
    return text
