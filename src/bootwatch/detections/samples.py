"""``tests.yaml`` of a detection: log lines it should find, with what it should say of them, and lines it should not."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bootwatch.detections.severity import Severity
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class Expected:
    """The one finding of a positive sample. ``rows`` is how many of its lines the search returns."""

    rows: int
    score: int
    severity: Severity
    users: tuple[str, ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Lines of one host, in one sourcetype; ``expected`` is None where nothing may be found."""

    name: str
    sourcetype: str
    host: str
    lines: tuple[str, ...]
    expected: Expected | None


def read_samples(file: Traversable) -> tuple[Sample, ...]:
    """Positive samples first. At least one of each kind is required: a detection's false positives are samples too."""
    entry = Entry.read(file)
    positive = tuple(_sample(item, positive=True) for item in entry.entries("positive"))
    negative = tuple(_sample(item, positive=False) for item in entry.entries("negative"))
    entry.done()
    return positive + negative


def _sample(entry: Entry, *, positive: bool) -> Sample:
    sample = Sample(
        name=entry.text("name"),
        sourcetype=entry.text("sourcetype"),
        host=entry.text("host"),
        lines=entry.texts("lines"),
        expected=_expected(entry.entry("expect")) if positive else None,
    )
    entry.done()
    return sample


def _expected(entry: Entry) -> Expected:
    expected = Expected(
        rows=entry.integer("rows", 1, 1_000),
        score=entry.integer("score", 1, 100),
        severity=entry.choice("severity", Severity),
        users=entry.optional_texts("users"),
        sources=entry.optional_texts("sources"),
        images=entry.optional_texts("images"),
    )
    entry.done()
    return expected
