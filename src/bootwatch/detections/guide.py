"""What an analyst is told beside a finding: questions with searches, tuning, tests, hunts, related detections.

``guide.yaml`` lies in a detection's folder; what several detections share is written once in ``guides/*.yaml`` of the
pack and named under ``includes``. A detection's own questions come first. All keys are optional but need a value.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bootwatch.detections.filling import ACCEPTED, wrong_places
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class Question:
    """``spl`` has places to fill in (:mod:`filling`); where it is None only ``on_device`` answers the question.

    ``on_device`` are read-only commands or places to look, ``reading`` what an answer means.
    """

    question: str
    why: str
    spl: str | None
    on_device: tuple[str, ...]
    reading: str | None


@dataclass(frozen=True, slots=True)
class Differs:
    """A sample on which the Sigma rule says something else than the detection, and why that is so."""

    sample: str
    why: str


@dataclass(frozen=True, slots=True)
class Guide:
    """The guide of a detection with what it includes, or one shared guide.

    ``log_sources`` are written ``ios/aaa-accounting``: a file of ``log-sources/`` and an id in it. ``without_sigma``
    says why there is no Sigma rule, ``few_samples`` why there are fewer than five samples of a kind, or one system.
    """

    path: str
    title: str | None
    includes: tuple[str, ...]
    investigation: tuple[Question, ...]
    tuning: tuple[str, ...]
    exercises: tuple[str, ...]
    hunts: tuple[str, ...]
    log_sources: tuple[str, ...]
    related: tuple[str, ...]
    without_sigma: str | None
    sigma_differs: tuple[Differs, ...]
    few_samples: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What a guide may name, by kind."""

    guides: Collection[str]
    exercises: Collection[str]
    hunts: Collection[str]
    log_sources: Collection[str]
    detections: Collection[str]


def read_shared(file: Traversable, names: Names) -> Guide:
    """A file of ``guides/``. Raises ContentError."""
    entry = Entry.read(file)
    guide = _guide(entry, names, title=entry.text("title"), includes=())
    entry.done()
    return guide


def read_guide(file: Traversable, names: Names, shared: Mapping[str, Guide]) -> Guide:
    """``guide.yaml`` of a detection, with what it includes behind its own. Raises ContentError."""
    entry = Entry.read(file)
    own = _guide(entry, names, title=None, includes=_known(entry, "includes", "guide", names.guides))
    differs = tuple(_differs(item) for item in entry.entries("sigma_differs")) if entry.has("sigma_differs") else ()
    parts = (own, *(shared[name] for name in own.includes))
    guide = Guide(
        path=own.path,
        title=None,
        includes=own.includes,
        investigation=tuple(question for part in parts for question in part.investigation),
        tuning=_joined(part.tuning for part in parts),
        exercises=_joined(part.exercises for part in parts),
        hunts=_joined(part.hunts for part in parts),
        log_sources=_joined(part.log_sources for part in parts),
        related=_known(entry, "related", "detection", names.detections),
        without_sigma=entry.optional_text("without_sigma"),
        sigma_differs=differs,
        few_samples=entry.optional_text("few_samples"),
    )
    entry.done()
    return guide


def _guide(entry: Entry, names: Names, *, title: str | None, includes: tuple[str, ...]) -> Guide:
    questions = entry.entries("investigation") if entry.has("investigation") else ()
    return Guide(
        path=entry.path,
        title=title,
        includes=includes,
        investigation=tuple(_question(item) for item in questions),
        tuning=entry.texts("tuning") if entry.has("tuning") else (),
        exercises=_known(entry, "exercises", "exercise", names.exercises),
        hunts=_known(entry, "hunts", "hunt", names.hunts),
        log_sources=_known(entry, "log_sources", "log source", names.log_sources),
        related=(),
        without_sigma=None,
        sigma_differs=(),
        few_samples=None,
    )


def _question(entry: Entry) -> Question:
    spl = entry.optional_text("spl")
    for place in wrong_places(spl or ""):
        raise entry.error("spl", f"nothing fills in '{place}'; accepted: {ACCEPTED}")
    question = Question(
        question=entry.text("question"),
        why=entry.text("why"),
        spl=spl,
        on_device=entry.optional_texts("on_device", one=True),
        reading=entry.optional_text("reading"),
    )
    if question.spl is None and not question.on_device:
        raise entry.error("question", "a question needs 'spl' or 'on_device', found neither")
    entry.done()
    return question


def _differs(entry: Entry) -> Differs:
    differs = Differs(entry.text("sample"), entry.text("why"))
    entry.done()
    return differs


def _known(entry: Entry, key: str, kind: str, known: Collection[str]) -> tuple[str, ...]:
    """A list of names of this kind, each once; none where the key is absent."""
    if not entry.has(key):
        return ()
    found = entry.texts(key)
    for at, name in enumerate(found):
        if name in found[:at]:
            raise entry.error(key, f"'{key}' names {name} twice")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            accepted = f"; did you mean {near[0]}?" if near else f"; accepted: {', '.join(sorted(known)) or 'none'}"
            raise entry.error(key, f"no {kind} '{name}'{accepted}")
    return found


def _joined(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))
