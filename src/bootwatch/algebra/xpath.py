"""XPath expressions as steps: the part of XPath 1.0 that searches use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NAME: Final = r"[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?"
_STEP: Final = re.compile(rf"(/{{0,2}})(?:(text\(\))|(@)?({_NAME}|\*))((?:\[[^\[\]]*\])*)")
_CONDITION: Final = re.compile(rf"""\[\s*(?:(\d{{1,6}})|(@?)({_NAME})\s*(?:=\s*(?:'([^']*)'|"([^"]*)"))?)\s*\]""")


@dataclass(frozen=True, slots=True)
class Condition:
    """What an element has to be: the nth of its name, or one with an attribute or child, perhaps of a value."""

    position: int | None = None
    name: str = ""
    attribute: bool = False
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Children of a name (``*``: any), an attribute, or text; ``anywhere``: at any depth."""

    kind: str
    name: str
    anywhere: bool = False
    conditions: tuple[Condition, ...] = ()


class NoPath(ValueError):
    """A text that is no path, or one this reader does not know."""


@lru_cache(maxsize=256)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises NoPath."""
    at = 0
    steps: list[Step] = []
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (steps and not found[1]):
            raise NoPath(f"{path[at:]!r} is not understood")
        if steps and steps[-1].kind != "element":
            raise NoPath(f"nothing stands below {steps[-1].kind}")
        anywhere = found[1] == "//"
        kind = "text" if found[2] else "attribute" if found[3] else "element"
        if kind != "element" and found[5]:
            raise NoPath(f"{found[5]!r} is not understood")
        steps.append(Step(kind, found[4] or "", anywhere, tuple(_conditions(found[5]))))
        at = found.end()
    if not steps:
        raise NoPath("the path is empty")
    return tuple(steps)


def _conditions(text: str) -> list[Condition]:
    found: list[Condition] = []
    at = 0
    while at < len(text):
        match = _CONDITION.match(text, at)
        if match is None:
            raise NoPath(f"{text[at:]!r} is not understood")
        position, attribute, name, single, double = match.groups()
        value = double if single is None else single
        found.append(Condition(int(position)) if position else Condition(None, name, bool(attribute), value))
        at = match.end()
    return found
