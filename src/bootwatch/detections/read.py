"""Reads ``detections/ID/`` of a content pack strictly: whatever is wrong is a ContentError with its file and line."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.resources.abc import Traversable

from bootwatch.detections.attack import Attack, AttackNameError, Technique
from bootwatch.detections.detection import (
    BY_CONTRACT,
    PLACEHOLDER,
    PLACEHOLDERS,
    Correlation,
    Detection,
    EvidenceClass,
    Indicator,
    Kind,
    NextStep,
    Points,
    Reads,
    Score,
    ScoreStep,
    Status,
    Subject,
    Subjects,
)
from bootwatch.detections.samples import read_samples
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError
from bootwatch.match.pattern import Pattern
from bootwatch.match.regex import RegexError

_WORDS = "words"


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
        uuid=entry.uuid("id"),
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
        score=_score(entry),
        indicators=tuple(_indicator(item) for item in entry.entries("indicators")) if entry.has("indicators") else (),
        subjects=_subjects(entry.entry("subjects")) if entry.has("subjects") else BY_CONTRACT,
        correlation=_correlation(entry.entry("correlation")),
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


def _score(detection: Entry) -> Score | Points:
    entry = detection.entry("score")
    if entry.has("points"):
        points = Points(entry.integer("points", 1, 100), None)
    elif not entry.has("steps"):
        points = Points(None, entry.text("field"))
    else:
        return _steps(entry)
    entry.done()
    severity = detection.choice("severity", Severity)
    if points.fixed is not None and Severity.of_score(points.fixed) is not severity:
        band = Severity.of_score(points.fixed)
        raise detection.error("severity", f"{points.fixed} points are {band}, not {severity}")
    return points


def _steps(entry: Entry) -> Score:
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


def _correlation(entry: Entry) -> Correlation:
    if entry.text("by") != "host":
        raise entry.error("by", f"'by' is '{entry.text('by')}'; accepted: host")
    correlation = Correlation(
        window=_window(entry),
        opens=entry.boolean("opens") if entry.has("opens") else True,
        reads=entry.choice("reads", Reads) if entry.has("reads") else Reads.MATCHES,
        classes=entry.choices("classes", EvidenceClass) if entry.has("classes") else None,
        needs=_needs(entry) if entry.has("needs") else (),
    )
    entry.done()
    return correlation


def _needs(entry: Entry) -> tuple[frozenset[EvidenceClass], ...]:
    """``[A, BH]``: an act of class A, and one of class B or H; ``words`` stands for a word the search names."""
    letters = {member.value: member for member in EvidenceClass}
    groups = []
    for group in entry.texts("needs"):
        if group != _WORDS and not set(group) <= letters.keys():
            accepted = "letters from A to H, such as A or BH, or words"
            raise entry.error("needs", f"'needs' holds '{group}'; accepted: {accepted}")
        groups.append(frozenset() if group == _WORDS else frozenset(letters[letter] for letter in group))
    return tuple(groups)


def _window(entry: Entry) -> timedelta:
    value = entry.text("window")
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
