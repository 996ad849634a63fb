"""Everything a pack promises, or what is promised of some of its detections."""

from __future__ import annotations

from collections.abc import Collection

from bootwatch import app
from bootwatch.detections.library import Library
from bootwatch.detections.pack import Pack
from bootwatch.prove.exercises import prove_exercises
from bootwatch.prove.hunts import prove_hunt
from bootwatch.prove.outcome import Outcome
from bootwatch.prove.samples import prove_detection


def prove(pack: Pack, library: Library, only: Collection[str] = (), scope: app.Scope | None = None) -> list[Outcome]:
    """Outcomes in the order of the pack: detections, then the tests on devices, then the hunts.

    ``only`` names detections; their guides say which tests and hunts go with them. Raises LookupError for an unknown
    one, and what a scan raises.
    """
    scope = scope or app.Scope()
    chosen = [pack.detection(name) for name in only] or pack.detections
    found = [
        outcome
        for detection in chosen
        for outcome in prove_detection(detection, library.parts[detection.id], pack, scope)
    ]
    guides = [guide for detection in chosen if (guide := library.parts[detection.id].guide) is not None]
    exercises, hunts = set(library.exercises), set(library.hunts)
    if only:
        exercises = {name for guide in guides for name in guide.exercises}
        hunts = {name for guide in guides for name in guide.hunts}
    wanted = sorted((library.exercises[name] for name in exercises), key=lambda exercise: exercise.number)
    found.extend(prove_exercises(wanted, pack, scope))
    for hunt in sorted((library.hunts[name] for name in hunts), key=lambda hunt: hunt.number):
        found.extend(prove_hunt(hunt, scope))
    return found
