"""The tests of a detection on devices (``exercises/*.yaml``): what to do, how to undo it, what the logs then hold.

Commands are for a person at a device of a laboratory. The telemetry is recorded, so that what it should look like, and
what the detections say of it, is checked without one; what only a device can tell is said.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bootwatch.detections.samples import OsFamily
from bootwatch.detections.severity import Severity
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Lines of one log source, and what is read in them.

    ``commands`` are the values of the field ``command`` in the order of the lines, ``indicators`` the distinct ids of
    the catalogue in order of appearance.
    """

    source: str
    document: str
    lines: tuple[str, ...]
    commands: tuple[str, ...]
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silent:
    """A log source in which the test does not show, and why."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class OnSystem:
    """The test on one system. ``not_possible`` says why there is none there; everything else is then empty.

    ``severity`` is the highest of what the whole pack finds in the telemetry; None: nothing above low.
    """

    os: OsFamily
    not_possible: str | None
    run: tuple[str, ...]
    safe: str | None
    clean_up: tuple[str, ...]
    telemetry: tuple[Telemetry, ...]
    silent: tuple[Silent, ...]
    severity: Severity | None
    device_only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """``page`` is what the page expects to see; ``corrected`` what is true instead, None where the page is right."""

    id: str
    path: str
    number: int
    title: str
    behaviour: str
    page: str
    corrected: str | None
    systems: tuple[OnSystem, ...]


def read_exercise(file: Traversable, log_sources: Collection[str]) -> Exercise:
    """Raises ContentError with the file, the line and what would be accepted."""
    entry = Entry.read(file)
    exercise = Exercise(
        id=file.name.removesuffix(".yaml"),
        path=entry.path,
        number=entry.integer("number", 1, 1_000),
        title=entry.text("title"),
        behaviour=entry.text("behaviour"),
        page=entry.text("page"),
        corrected=entry.optional_text("corrected"),
        systems=tuple(_system(item, log_sources) for item in entry.entries("systems")),
    )
    entry.done()
    seen: set[OsFamily] = set()
    for system in exercise.systems:
        if system.os in seen:
            raise entry.error("systems", f"{system.os} stands twice")
        seen.add(system.os)
    return exercise


def _system(entry: Entry, log_sources: Collection[str]) -> OnSystem:
    os = entry.choice("os", OsFamily)
    if (reason := entry.optional_text("not_possible")) is not None:
        system = OnSystem(os, reason, (), None, (), (), (), None, ())
    else:
        system = OnSystem(
            os=os,
            not_possible=None,
            run=entry.texts("run"),
            safe=entry.text("safe"),
            clean_up=entry.texts("clean_up", one=True),
            telemetry=tuple(_telemetry(item, log_sources) for item in entry.entries("telemetry")),
            silent=tuple(_silent(item, log_sources) for item in entry.entries("silent")) if entry.has("silent") else (),
            severity=entry.choice("severity", Severity) if entry.has("severity") else None,
            device_only=entry.texts("device_only"),
        )
    entry.done()
    return system


def _telemetry(entry: Entry, log_sources: Collection[str]) -> Telemetry:
    telemetry = Telemetry(
        source=_source(entry, log_sources),
        document=entry.text("document"),
        lines=entry.texts("lines"),
        commands=entry.texts("commands", empty=True),
        indicators=entry.optional_texts("indicators"),
    )
    entry.done()
    return telemetry


def _silent(entry: Entry, log_sources: Collection[str]) -> Silent:
    silent = Silent(_source(entry, log_sources), entry.text("why"))
    entry.done()
    return silent


def _source(entry: Entry, log_sources: Collection[str]) -> str:
    name = entry.text("source")
    if name not in log_sources:
        raise entry.error("source", f"no log source '{name}'; accepted: {', '.join(sorted(log_sources))}")
    return name
