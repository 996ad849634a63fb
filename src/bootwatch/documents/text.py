"""The one door YAML comes in by: plain values or nodes, no objects, no nesting without end, errors with their line.

libyaml parses ten times as fast as Python does, but builds what is nested by recursion in C, where depth ends the
process: events, which it gives without recursion, are looked at first.
"""

from __future__ import annotations

from typing import Protocol

import yaml

from bootwatch.errors import ContentError

MAX_DEPTH = 100
"""What a person writes nests a dozen deep."""

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def node(text: str, path: str) -> yaml.Node | None:
    """The node of the one document in a text, None where there is nothing. Raises ContentError."""
    _look(text, path, one=True)
    return yaml.compose(text, Loader=_LOADER)


def nodes(text: str, path: str) -> list[yaml.Node]:
    """The nodes of every document in a text. Raises ContentError."""
    _look(text, path, one=False)
    return list(yaml.compose_all(text, Loader=_LOADER))


def values(text: str, path: str) -> list[object]:
    """The documents of a text as plain values. Raises ContentError."""
    _look(text, path, one=False)
    try:
        return list(yaml.load_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as exc:  # a tag, or a key that cannot be one
        raise _not_yaml(exc, path) from exc
    except ValueError as exc:  # a date that is none
        raise ContentError(f"not YAML that can be read: {exc}", path=path) from exc


def _look(text: str, path: str, *, one: bool) -> None:
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            refused = None
            if depth > MAX_DEPTH:
                refused = "not YAML that can be read: nested too deeply"
            elif one and documents > 1:
                refused = "holds several documents"
            elif isinstance(event, yaml.AliasEvent):  # aliases of aliases make a page of text a million values
                refused = "aliases are not read; write it out"
            if refused is not None:
                raise ContentError(refused, path=path, line=_line(event.start_mark))
    except yaml.MarkedYAMLError as exc:
        raise _not_yaml(exc, path) from exc
    except yaml.reader.ReaderError as exc:
        at = exc.position if isinstance(exc.position, int) and exc.position < len(text) else 0
        message = f"not YAML: character U+{exc.character:04X} is not allowed" if isinstance(exc.character, int) else ""
        raise ContentError(message or f"not YAML: {exc.reason}", path=path, line=text.count("\n", 0, at) + 1) from exc


def _not_yaml(exc: yaml.MarkedYAMLError, path: str) -> ContentError:
    line = _line(exc.problem_mark or exc.context_mark)
    return ContentError(f"not YAML: {exc.problem or exc.context}", path=path, line=line)


class _Mark(Protocol):
    """Where something stands; libyaml and Python have a class each."""

    @property
    def line(self) -> int: ...


def _line(mark: _Mark | None) -> int | None:
    return None if mark is None else mark.line + 1
