"""``tests.yaml`` of a detection: log lines it should find, with what it should say of them, and lines it should not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable

from bootwatch.detections.severity import Severity
from bootwatch.documents.entry import Entry


class OsFamily(StrEnum):
    """The operating systems samples are of, by the names inventories use."""

    IOS = "ios"
    IOSXE = "iosxe"
    IOSXR = "iosxr"
    NXOS = "nxos"
    ASA = "asa"
    FTD = "ftd"
    JUNOS = "junos"
    PANOS = "panos"
    EOS = "eos"
    FORTIOS = "fortios"


@dataclass(frozen=True, slots=True)
class Expected:
    """The one finding of a positive sample. ``rows`` is how many of its lines the search returns.

    What a sample does not say (None, or no names) is not compared; techniques need only be among those of the finding.
    """

    rows: int | None
    score: int | None
    severity: Severity
    techniques: tuple[str, ...]
    users: tuple[str, ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Lines as a collector writes them, of one story; ``expected`` is None where nothing above low may be found.

    ``sourcetype`` and ``host`` are given where the lines do not show them. ``document`` says where the formats are
    written down.
    """

    name: str
    os: OsFamily | None
    document: str | None
    sourcetype: str | None
    host: str | None
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
        os=entry.choice("os", OsFamily) if entry.has("os") else None,
        document=entry.optional_text("document"),
        sourcetype=entry.optional_text("sourcetype"),
        host=entry.optional_text("host"),
        lines=entry.texts("lines"),
        expected=_expected(entry.entry("expect")) if positive else None,
    )
    entry.done()
    return sample


def _expected(entry: Entry) -> Expected:
    expected = Expected(
        rows=entry.integer("rows", 1, 1_000) if entry.has("rows") else None,
        score=entry.integer("score", 1, 100) if entry.has("score") else None,
        severity=entry.choice("severity", Severity),
        techniques=entry.optional_texts("techniques"),
        users=entry.optional_texts("users"),
        sources=entry.optional_texts("sources"),
        images=entry.optional_texts("images"),
    )
    entry.done()
    return expected
