"""The tests on devices, over recorded telemetry: what is read in it, and what the whole pack says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bootwatch import app
from bootwatch.detect.findings import Finding, Status
from bootwatch.detections.exercises import Exercise, OnSystem, Telemetry
from bootwatch.detections.pack import Pack
from bootwatch.detections.severity import Severity
from bootwatch.prove.outcome import Kind, Outcome
from bootwatch.prove.recorded import EVENTS, Recording, by_file, findings, recorded, rows
from bootwatch.search.rows import Row


def prove_exercises(exercises: Iterable[Exercise], pack: Pack, scope: app.Scope) -> list[Outcome]:
    """One outcome for each exercise and system. Raises what a scan raises."""
    runs = [(exercise, system) for exercise in exercises for system in exercise.systems]
    with recorded(Recording([line for part in run[1].telemetry for line in part.lines]) for run in runs) as paths:
        events = by_file(rows(EVENTS, paths, scope))
        said = findings(paths, events, pack, (), scope)
        files = [str(path) for path in paths]
    found = []
    for (exercise, system), file in zip(runs, files, strict=True):
        problems = [problem for part in system.telemetry for problem in _read(part, events.get(file, []))]
        problems.extend(_judged(system, [finding for finding in said[file] if finding.status is Status.OPEN]))
        name = f"{exercise.number}. {exercise.title}"
        tried = system.not_possible is None
        not_run = (system.not_possible,) if system.not_possible else system.device_only
        found.append(Outcome(Kind.EXERCISE, exercise.id, system.os, name, tuple(problems), not_run, tried))
    return found


def _read(part: Telemetry, everything: Sequence[Row]) -> Iterable[str]:
    events = [row for row in everything if row.get("_raw") in part.lines]
    commands = tuple(str(row["command"]) for row in events if row.get("command") is not None)
    if commands != part.commands:
        yield f"{part.source}: expected the commands {_listed(part.commands)}; read {_listed(commands)}"
    indicators = tuple(dict.fromkeys(name for row in events for name in _values(row.get("indicator"))))
    if indicators != part.indicators:
        yield f"{part.source}: expected the indicators {_listed(part.indicators)}; read {_listed(indicators)}"


def _judged(system: OnSystem, told: Sequence[Finding]) -> Iterable[str]:
    worst = max(told, key=lambda finding: finding.severity.rank, default=None)
    found = worst.severity if worst is not None and worst.severity.rank > Severity.LOW.rank else None
    if worst is not None and found is not system.severity:
        wanted = system.severity or "nothing above low"
        yield f"expected {wanted}, found '{worst.title}', {worst.severity} ({worst.score}), by {worst.detection}"
    elif worst is None and system.severity is not None:
        yield f"expected a finding of severity {system.severity}, found none"


def _values(value: object) -> list[str]:
    return [] if value is None else [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
