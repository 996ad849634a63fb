"""A YAML mapping read key by key, so that a wrong file fails with its path, its line and what would be accepted.

It works on YAML nodes, which keep their lines; nothing is constructed from a tag, so a file cannot make objects. Every
read names a key; ``done`` refuses the keys nobody asked for. All methods raise :class:`ContentError`.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final, TypeVar
from uuid import UUID

import yaml

from bootwatch.documents import text as documents
from bootwatch.errors import ContentError

Choice = TypeVar("Choice", bound=StrEnum)

_TAG: Final = "tag:yaml.org,2002:"
_KINDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
    "seq": "a list",
    "map": "keys and values",
}


class Entry:
    """One mapping of one file. ``path`` is what messages name; ``line`` is the one-based line it starts on."""

    def __init__(self, node: yaml.MappingNode, path: str) -> None:
        self.path = path
        self.line = _line(node)
        self._keys: dict[str, yaml.Node] = {}
        self._values: dict[str, yaml.Node] = {}
        self._asked: list[str] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ContentError("a key should be text, found " + _kind(key), path=path, line=_line(key))
            if key.value in self._keys:
                first = _line(self._keys[key.value])
                raise ContentError(
                    f"key '{key.value}' stands twice (first on line {first})", path=path, line=_line(key)
                )
            self._keys[key.value] = key
            self._values[key.value] = value

    @classmethod
    def read(cls, file: Traversable) -> Entry:
        """The one mapping a file holds. A file that is missing, not UTF-8, not YAML or not a mapping is refused."""
        return cls.parse(_read(file), str(file))

    @classmethod
    def read_all(cls, file: Traversable) -> tuple[Entry, ...]:
        """The mappings of a file of several documents (``---`` between them), at least one."""
        path = str(file)
        found = documents.nodes(_read(file), path)
        if not found:
            raise ContentError("should hold keys and values, found nothing", path=path, line=1)
        for node in found:
            if not isinstance(node, yaml.MappingNode):
                raise ContentError(f"should hold keys and values, found {_kind(node)}", path=path, line=_line(node))
        return tuple(cls(node, path) for node in found if isinstance(node, yaml.MappingNode))

    @classmethod
    def parse(cls, text: str, path: str) -> Entry:
        """As ``read``, from text already in hand."""
        node = documents.node(text, path)
        if not isinstance(node, yaml.MappingNode):
            found = "nothing" if node is None else _kind(node)
            raise ContentError(f"should hold keys and values, found {found}", path=path, line=1)
        return cls(node, path)

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it an accepted key."""
        if key not in self._asked:
            self._asked.append(key)
        return key in self._values

    def names(self) -> tuple[str, ...]:
        """Every key, in the order of the file: for mappings whose keys are names."""
        return tuple(self._keys)

    def line_of(self, key: str) -> int:
        """The line a key stands on, or that of the mapping where it is absent."""
        return _line(self._keys[key]) if key in self._keys else self.line

    def error(self, key: str, message: str) -> ContentError:
        """An error about this key's value, for checks the reader cannot know."""
        return ContentError(message, path=self.path, line=self.line_of(key))

    def text(self, key: str) -> str:
        """Text that is not blank; line breaks at its end are dropped."""
        return self._text(key, self._value(key, "text"))

    def uuid(self, key: str) -> UUID:
        value = self.text(key)
        try:
            return UUID(value)
        except ValueError as exc:
            raise self.error(key, f"'{key}' is '{value}'; accepted: a UUID") from exc

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        accepted = f"a whole number from {low} to {high}"
        node = self._value(key, accepted)
        value = self._scalar(key, node, "int", accepted)
        number = int(value) if re.fullmatch(r"[-+]?[0-9]{1,18}", value) else None
        if number is None or not low <= number <= high:
            raise ContentError(f"'{key}' is {value}; accepted: {accepted}", path=self.path, line=_line(node))
        return number

    def boolean(self, key: str) -> bool:
        """``true`` or ``false``."""
        return self._scalar(key, self._value(key, "true or false"), "bool", "true or false").lower() in (
            "true",
            "yes",
            "on",
        )

    def choice(self, key: str, options: type[Choice]) -> Choice:
        """One member of an enumeration, by its value, as written."""
        return self._choice(key, self._value(key, f"one of {', '.join(options)}"), options)

    def choices(self, key: str, options: type[Choice]) -> tuple[Choice, ...]:
        """A list of members, not empty."""
        accepted = f"a list of {', '.join(options)}"
        return tuple(
            self._choice(key, item, options) for item in self._items(key, self._value(key, accepted), accepted, False)
        )

    def date(self, key: str) -> date:
        """A calendar date, YYYY-MM-DD."""
        accepted = "a date such as 2026-03-31"
        node = self._value(key, accepted)
        value = self._scalar(key, node, "timestamp", accepted)
        try:
            return date.fromisoformat(value)
        except ValueError as exc:
            message = f"'{key}' is '{value}'; accepted: {accepted}"
            raise ContentError(message, path=self.path, line=_line(node)) from exc

    def texts(self, key: str, *, one: bool = False, empty: bool = False) -> tuple[str, ...]:
        """A list of texts. ``one`` also takes a single text as a list of one; ``empty`` allows a list of none."""
        node = self._value(key, "a list of texts")
        if one and isinstance(node, yaml.ScalarNode):
            return (self._text(key, node),)
        return tuple(self._text(key, item) for item in self._items(key, node, "a list of texts", empty))

    def optional_texts(self, key: str, *, one: bool = False) -> tuple[str, ...]:
        return self.texts(key, one=one, empty=True) if self.has(key) else ()

    def literals(self, key: str) -> tuple[str, ...]:
        """One plain value or a list of them, not empty, as written: text, numbers, true and false."""
        node = self._value(key, "a value or a list of values")
        items = [node] if isinstance(node, yaml.ScalarNode) else self._items(key, node, "a list of values", False)
        for item in items:
            if not isinstance(item, yaml.ScalarNode) or item.tag == _TAG + "null":
                raise self._wrong(key, item, "a value or a list of values")
        return tuple(str(item.value) for item in items)

    def is_blank(self, key: str) -> bool:
        """Whether nothing stands there, or text that is only blanks; False where the key is absent."""
        node = self._values.get(key) if self.has(key) else None
        return isinstance(node, yaml.ScalarNode) and (node.tag == _TAG + "null" or not node.value.strip())

    def is_entry(self, key: str) -> bool:
        """Whether keys and values stand there; False where the key is absent."""
        return self.has(key) and isinstance(self._values[key], yaml.MappingNode)

    def is_entries(self, key: str) -> bool:
        """Whether a list stands there that begins with keys and values; False where the key is absent."""
        node = self._values[key] if self.has(key) else None
        return isinstance(node, yaml.SequenceNode) and isinstance(next(iter(node.value), None), yaml.MappingNode)

    def entry(self, key: str) -> Entry:
        """A mapping of its own."""
        node = self._value(key, "keys and values")
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(key, node, "keys and values")
        return Entry(node, self.path)

    def entries(self, key: str, *, empty: bool = False) -> tuple[Entry, ...]:
        """A list of mappings."""
        accepted = "a list whose items are keys and values"
        found = []
        for item in self._items(key, self._value(key, accepted), accepted, empty):
            if not isinstance(item, yaml.MappingNode):
                raise self._wrong(key, item, accepted)
            found.append(Entry(item, self.path))
        return tuple(found)

    def done(self) -> None:
        """Refuses the first key that nobody asked for."""
        for key in self._keys:
            if key not in self._asked:
                raise self._unknown(key)

    def _unknown(self, key: str, meant: str | None = None) -> ContentError:
        near = [meant] if meant else difflib.get_close_matches(key, self._asked, 1, 0.75)
        hint = f"; did you mean {near[0]}?" if near else "; accepted: " + ", ".join(self._asked)
        return ContentError(f"unknown key '{key}'{hint}", path=self.path, line=_line(self._keys[key]))

    def _value(self, key: str, accepted: str) -> yaml.Node:
        if self.has(key):
            return self._values[key]
        for misspelt in difflib.get_close_matches(key, [k for k in self._keys if k not in self._asked], 1, 0.75):
            raise self._unknown(misspelt, key)
        raise ContentError(f"missing key '{key}' ({accepted})", path=self.path, line=self.line)

    def _wrong(self, key: str, node: yaml.Node, accepted: str) -> ContentError:
        return ContentError(f"'{key}' should be {accepted}, found {_kind(node)}", path=self.path, line=_line(node))

    def _scalar(self, key: str, node: yaml.Node, kind: str, accepted: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TAG + kind:
            raise self._wrong(key, node, accepted)
        return str(node.value)

    def _choice(self, key: str, node: yaml.Node, options: type[Choice]) -> Choice:
        accepted = ", ".join(options)
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(key, node, f"one of {accepted}")
        for option in options:
            if node.value == option.value:
                return option
        near = difflib.get_close_matches(node.value.lower(), [option.value.lower() for option in options], 1)
        hint = (
            "" if not near else "; did you mean " + next(o.value for o in options if o.value.lower() == near[0]) + "?"
        )
        raise ContentError(f"'{key}' is '{node.value}'; accepted: {accepted}{hint}", path=self.path, line=_line(node))

    def _text(self, key: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TAG + "str":
            quote = "; quote it" if isinstance(node, yaml.ScalarNode) and node.value else ""
            raise ContentError(f"'{key}' should be text, found {_kind(node)}{quote}", path=self.path, line=_line(node))
        text = str(node.value).rstrip("\n")
        if not text.strip():
            raise ContentError(f"'{key}' should be text, found only blanks", path=self.path, line=_line(node))
        return text

    def _items(self, key: str, node: yaml.Node, accepted: str, empty: bool) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(key, node, accepted)
        if not node.value and not empty:
            raise ContentError(f"'{key}' should be {accepted}, found an empty list", path=self.path, line=_line(node))
        return list(node.value)


def _read(file: Traversable) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror}", path=str(file)) from exc
    except UnicodeDecodeError as exc:
        raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=str(file)) from exc


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(node: yaml.Node) -> str:
    tag = str(node.tag)
    name = _KINDS.get(tag.removeprefix(_TAG), f"a value tagged {tag}")
    if isinstance(node, yaml.ScalarNode) and node.value and tag.startswith(_TAG):
        return f"{name} ({node.value})" if tag != _TAG + "str" else f"the text '{node.value}'"
    return name
