"""Paths into XML documents, as ``spath`` reads them: ``catalog.book{2}.title``, ``catalog.book{@id}``.

A dot goes down into elements, ``{n}`` takes the nth of one name from 1, ``{@attribute}`` an attribute; a name without a
number takes all of that name. A document with a document type is not read: entities of its own making could be endless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from xml.parsers import expat

_STEP: Final = re.compile(r"(?:\A|\.)([^.{}]+)(?:\{(\d{0,9})\})?|\{@([^{}]+)\}")


LONGEST_PATH: Final = 1024
"""Parsed paths are kept, and a path may come from data."""


@dataclass(slots=True)
class Element:
    """An element: its name, attributes and children, its own text, and where in the document its content stands."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    document: bytes = b""
    start: int = -1
    end: int = -1

    @property
    def value(self) -> str:
        """The text of an element without children, else its content as it is written."""
        return self.document[self.start : self.end].decode() if self.children else "".join(self.text)


@dataclass(frozen=True, slots=True)
class Step:
    """Children of a name, all or the nth from 1; or, with ``attribute``, the attribute of that name."""

    name: str
    index: int | None = None
    attribute: bool = False


class NotXml(ValueError):
    """A text that is no well-formed XML, or has a document type."""


def parse(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None for what is none, or is longer than LONGEST_PATH. An attribute can only come last."""
    return _parsed(path) if len(path) <= LONGEST_PATH else None


@lru_cache(maxsize=256)
def _parsed(path: str) -> tuple[Step, ...] | None:
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (steps and steps[-1].attribute):
            return None
        name, index, attribute = found.groups()
        steps.append(Step(attribute, None, True) if attribute else Step(name, int(index) if index else None))
        at = found.end()
    return tuple(steps) or None


def follow(root: Element, steps: Sequence[Step]) -> list[str]:
    """The value of everything a path leads to; its first step names the root."""
    top = Element("", children=[root])
    reached = [top]
    for step in steps:
        if step.attribute:
            return [value for element in reached if (value := element.attributes.get(step.name)) is not None]
        following: list[Element] = []
        for element in reached:
            named = [child for child in element.children if child.name == step.name]
            following.extend(named if step.index is None else named[step.index - 1 : step.index] if step.index else [])
        reached = following
    return [element.value for element in reached]


def read(text: str) -> Element:
    """The root element of a document. Raises NotXml."""
    data = text.encode()
    parser = expat.ParserCreate("utf-8")
    open_: list[Element] = []
    roots: list[Element] = []

    def begun() -> None:
        """Whatever follows a start tag shows where its content begins."""
        if open_ and open_[-1].start < 0:
            open_[-1].start = parser.CurrentByteIndex

    def start(name: str, attributes: dict[str, str]) -> None:
        begun()
        element = Element(name, attributes, document=data)
        (open_[-1].children if open_ else roots).append(element)
        open_.append(element)

    def end(name: str) -> None:
        begun()
        open_.pop().end = parser.CurrentByteIndex

    def characters(found: str) -> None:
        begun()
        open_[-1].text.append(found)

    def other(found: str) -> None:
        begun()

    def refuse(*found: object) -> None:
        raise NotXml("a document with a document type is not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.DefaultHandler = other
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as exc:
        raise NotXml(text) from exc
    return roots[0]
