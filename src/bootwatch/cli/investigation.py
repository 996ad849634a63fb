"""The questions of a guide for a finding that was written as JSON, with searches to copy and run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bootwatch.cli.visible import visible
from bootwatch.detections.filling import Facts, fill, missing
from bootwatch.errors import InputError

if TYPE_CHECKING:
    from bootwatch.detections.library import Library
    from bootwatch.detections.pack import Pack


@dataclass(frozen=True, slots=True)
class Told:
    """What is taken from a finding's JSON."""

    detection: str
    title: str
    facts: Facts


def read(path: Path) -> Iterator[Told]:
    """The findings of a file: an array, or an object a line. Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror}", path=path) from exc
    except UnicodeDecodeError as exc:
        raise InputError("not UTF-8", path=path) from exc
    try:
        values = json.loads(text) if text.lstrip().startswith("[") else [json.loads(s) for s in text.splitlines() if s]
    except (json.JSONDecodeError, RecursionError) as exc:
        raise InputError(f"not the JSON of findings: {exc}", path=path) from exc
    for number, value in enumerate(values, 1):
        try:
            yield _told(value)
        except (KeyError, TypeError, ValueError) as exc:
            message = f"the {number}. value is no finding ({exc}); accepted: what scan --format json writes"
            raise InputError(message, path=path) from exc


def questions(told: Told, pack: Pack, library: Library) -> str:
    """Every question of the detection's guide, its search filled in with what the finding says."""
    lines = [told.title, f"  {told.detection} on {told.facts.host}"]
    known = {detection.id for detection in pack.detections}
    guide = library.parts[told.detection].guide if told.detection in known else None
    if guide is None:
        lines.append("  no guide for it in these packs")
    for number, question in enumerate(guide.investigation if guide else (), 1):
        lines += ["", f"  {number}. {question.question}", f"     {question.why}"]
        if question.spl is not None:
            filled = fill(question.spl, told.facts)
            absent = ", ".join(missing(question.spl, told.facts))
            lines += [f"      {line}" for line in (filled or f"(the finding has no {absent})").strip().split("\n")]
        lines += [f"     on the device: {where}" for where in question.on_device]
        lines += [f"     {question.reading}"] if question.reading else []
    return visible("\n".join([*lines, ""]))


def _told(value: Mapping[str, object]) -> Told:
    return Told(
        detection=str(value["detection"]),
        title=str(value["title"]),
        facts=Facts(
            host=str(value["host"]),
            users=_texts(value["users"]),
            sources=_texts(value["sources"]),
            images=_texts(value["images"]),
            first_time=datetime.fromisoformat(str(value["first_time"])),
            last_time=datetime.fromisoformat(str(value["last_time"])),
        ),
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list of names is missing")
    return tuple(str(item) for item in value)
