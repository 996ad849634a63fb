"""Sentences with names in them: titles, next steps, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bootwatch.detections.detection import PLACEHOLDER, NextStep

_NAMED: Final = 3


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}" if names else ""


def some(names: Sequence[str]) -> str:
    """As :func:`listed`, the first few by name and the rest by number: a sentence is not the place for forty."""
    rest = len(names) - _NAMED
    return listed(names) if rest <= 0 else f"{', '.join(names[:_NAMED])} and {rest} more"


def filled(text: str, values: Mapping[str, str]) -> str | None:
    """The text with its placeholders replaced, in one pass; None where one of them has no value."""
    if not all(values[name] for name in PLACEHOLDER.findall(text)):
        return None
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def titled(title: str, name: str, values: Mapping[str, str]) -> str:
    """A finding's title: the detection's own, or its name where that needs what there is none of; then the images."""
    said = filled(title, values) or name
    return said[:1].upper() + said[1:] + (f": {values['images']}" if values["images"] else "")


def step(next_step: NextStep, values: Mapping[str, str]) -> str | None:
    """A next step as it is to be read; None where it needs a name there is none of."""
    return filled(next_step.do, values) or next_step.otherwise


def steps(given: Sequence[NextStep], values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(said for each in given if (said := step(each, values)))
