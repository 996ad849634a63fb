"""Search macros as files hold them: ``macros.conf``, YAML, or JSON lines of ``{name, definition, arguments}``.

Follows Splunk's macros.conf specification: a macro is known by its name and its number of arguments, which the file
writes as ``[name(2)]``. An argument may carry a default (``span=1h``), so that a call can leave it out; that is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootwatch.errors import ContentError
from bootwatch.knowledge import conf
from bootwatch.knowledge.document import read_all

_HEAD: Final = re.compile(r"\s*([^()\s]+)\s*(?:\(\s*(\d+)\s*\))?\s*")
_ARGUMENT: Final = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro. ``arguments`` are names with their defaults (None: has to be given), the defaults last.

    ``is_eval``: the definition is an expression whose value is the text.
    """

    name: str
    definition: str
    arguments: tuple[tuple[str, str | None], ...] = ()
    is_eval: bool = False

    @property
    def least(self) -> int:
        """How many arguments a call has to give."""
        return sum(default is None for _, default in self.arguments)

    @property
    def most(self) -> int:
        return len(self.arguments)


Macros = Mapping[str, tuple[Macro, ...]]
"""Macros by name; those of one name differ in their number of arguments."""


def read(path: Path) -> Macros:
    """The macros of a file, by its suffix ``.conf``, ``.yaml`` or ``.yml``, anything else JSON lines.

    Raises ContentError with the line of what is wrong.
    """
    suffix = path.suffix.lower()
    if suffix == ".conf":
        return _named(_from_conf(path))
    if suffix in (".yaml", ".yml"):
        return _named(_from_yaml(path))
    return _named(_from_json_lines(path))


def over(layers: Sequence[Macros], name: str | None = None) -> Macros:
    """The macros of several files, or those of one ``name``: of two that take as many arguments the first counts."""
    names = dict.fromkeys(known for layer in layers for known in layer) if name is None else (name,)
    return {
        each: tuple({macro.most: macro for layer in reversed(layers) for macro in layer.get(each, ())}.values())
        for each in names
    }


def _named(found: Iterable[Macro]) -> dict[str, tuple[Macro, ...]]:
    named: dict[str, tuple[Macro, ...]] = {}
    for macro in found:
        others = tuple(other for other in named.get(macro.name, ()) if other.most != macro.most)
        named[macro.name] = (*others, macro)
    return named


def _from_conf(path: Path) -> Iterator[Macro]:
    for stanza in conf.read(path):
        head = _HEAD.fullmatch(stanza.name)
        if head is None:
            raise ContentError(f"{stanza.name!r} is no macro name", path=path, line=stanza.line)
        if "definition" not in stanza.settings:
            raise ContentError(f"the macro '{stanza.name}' has no definition", path=path, line=stanza.line)
        names = [name.strip() for name in stanza.settings.get("args", "").split(",") if name.strip()]
        if len(names) != int(head[2] or 0):
            message = f"the macro '{stanza.name}' names {len(names)} arguments"
            raise ContentError(message, path=path, line=stanza.line)
        is_eval = conf.boolean(stanza, "iseval", path, otherwise=False)
        yield _macro(head[1], stanza.settings["definition"], names, path, stanza.line, is_eval=is_eval)


def _from_yaml(path: Path) -> Iterator[Macro]:
    """``name: definition``, ``name: {definition, arguments}``, or a list of ``{name, definition, arguments}``."""
    for document in read_all(path):
        if isinstance(document, list):
            for entry in document:
                yield _from_entry(entry, path, None)
        elif isinstance(document, dict) and "definition" in document and "name" in document:
            yield _from_entry(document, path, None)
        elif isinstance(document, dict):
            for name, value in document.items():
                entry = dict(value) if isinstance(value, dict) else {"definition": value}
                yield _from_entry({"name": name, **entry}, path, None)
        elif document is not None:
            raise ContentError("should hold macros: names with their definitions, or a list", path=path, line=1)


def _from_json_lines(path: Path) -> Iterator[Macro]:
    import json

    for number, line in enumerate(conf.read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise ContentError(f"not JSON: {exc}", path=path, line=number) from exc
        yield _from_entry(entry, path, number)


def _from_entry(entry: object, path: Path, line: int | None) -> Macro:
    """A macro from keys and values; further keys (a description) are allowed, as content packs carry them."""
    if not isinstance(entry, dict):
        raise ContentError("a macro is an object with 'name' and 'definition'", path=path, line=line)
    name, definition = entry.get("name"), entry.get("definition")
    if not isinstance(name, str) or not name.strip():
        raise ContentError("a macro has no name", path=path, line=line)
    if isinstance(definition, bool | int | float):
        definition = str(definition).lower() if isinstance(definition, bool) else str(definition)
    if not isinstance(definition, str):
        raise ContentError(f"the macro '{name}' has no definition", path=path, line=line)
    arguments = entry.get("arguments", entry.get("args")) or []
    if isinstance(arguments, str):
        arguments = [part.strip() for part in arguments.split(",") if part.strip()]
    if not isinstance(arguments, list) or not all(isinstance(argument, str) for argument in arguments):
        raise ContentError(f"'arguments' of the macro '{name}' should be a list of names", path=path, line=line)
    head = _HEAD.fullmatch(name)
    if head is None or (head[2] is not None and int(head[2]) != len(arguments)):
        raise ContentError(f"{name!r} is no macro name, or does not fit its arguments", path=path, line=line)
    return _macro(head[1], definition, arguments, path, line, is_eval=bool(entry.get("iseval", False)))


def _macro(
    name: str, definition: str, arguments: Iterable[str], path: Path, line: int | None, *, is_eval: bool
) -> Macro:
    found: list[tuple[str, str | None]] = []
    for argument in arguments:
        word, equals, default = argument.partition("=")
        if _ARGUMENT.fullmatch(word.strip()) is None:
            raise ContentError(f"{argument!r} is no argument name of '{name}'", path=path, line=line)
        if not equals and found and found[-1][1] is not None:
            message = f"'{word}' of the macro '{name}' has no default but follows one that has"
            raise ContentError(message, path=path, line=line)
        found.append((word.strip(), default.strip() if equals else None))
    return Macro(name, definition, tuple(found), is_eval)
