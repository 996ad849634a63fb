"""A mapping of an indicator file read key by key; whatever is wrong is a ContentError with file, line and the choices.

Works on YAML nodes, which keep their lines; nothing is constructed from a tag.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

import yaml

from bootwatch.errors import ContentError

Choice = TypeVar("Choice", bound=StrEnum)

_TAG: Final = "tag:yaml.org,2002:"
_KINDS: Final = {"str": "text", "int": "a whole number", "seq": "a list", "map": "keys and values", "null": "nothing"}


class Entry:
    """One mapping. ``line`` is the one-based line it starts on; ``done`` refuses the keys nobody asked for."""

    def __init__(self, node: yaml.Node, path: str, where: str) -> None:
        self.path, self.line = path, _line(node)
        if not isinstance(node, yaml.MappingNode):
            raise ContentError(f"{where} should hold keys and values, found {_kind(node)}", path=path, line=self.line)
        self._values: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: list[str] = []
        for key, value in node.value:
            name = str(key.value)
            if name in self._values:
                raise ContentError(f"key '{name}' stands twice", path=path, line=_line(key))
            self._values[name], self._lines[name] = value, _line(key)

    @classmethod
    def read(cls, file: Traversable) -> Entry:
        """The top of a file."""
        path = str(file)
        try:
            node = yaml.compose(file.read_bytes().decode("utf-8"), Loader=yaml.SafeLoader)
        except OSError as exc:
            raise ContentError(f"cannot be read: {exc.strerror}", path=path) from exc
        except UnicodeDecodeError as exc:
            raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=path) from exc
        except yaml.MarkedYAMLError as exc:
            line = exc.problem_mark.line + 1 if exc.problem_mark else None
            raise ContentError(f"not YAML: {exc.problem}", path=path, line=line) from exc
        except yaml.reader.ReaderError as exc:
            raise ContentError(f"not YAML: {exc.reason}", path=path) from exc
        except RecursionError as exc:
            raise ContentError("not YAML that can be read: nested too deeply", path=path) from exc
        if node is None:
            raise ContentError("should hold keys and values, found nothing", path=path, line=1)
        return cls(node, path, "the file")

    def error(self, key: str, message: str) -> ContentError:
        """An error about this key's value, for checks the reader cannot know."""
        return ContentError(message, path=self.path, line=self._lines.get(key, self.line))

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it an accepted key."""
        if key not in self._asked:
            self._asked.append(key)
        return key in self._values

    def text(self, key: str) -> str:
        """Text that is not blank, kept to the letter."""
        return self._text(key, self._value(key, "text"))

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        node = self._value(key, f"a whole number from {low} to {high}")
        value = str(node.value) if isinstance(node, yaml.ScalarNode) and node.tag == _TAG + "int" else ""
        if not (value.isascii() and value.isdecimal() and len(value) < 10 and low <= int(value) <= high):
            found = node.value if isinstance(node, yaml.ScalarNode) else _kind(node)
            raise self.error(key, f"'{key}' is {found}; accepted: a whole number from {low} to {high}")
        return int(value)

    def choice(self, key: str, options: type[Choice]) -> Choice:
        """One member of an enumeration, by its value, as written."""
        return self._choice(key, self._value(key, f"one of {', '.join(options)}"), options)

    def choices(self, key: str, options: type[Choice]) -> tuple[Choice, ...]:
        """A list of members, not empty."""
        node = self._value(key, f"a list of {', '.join(options)}")
        return tuple(self._choice(key, item, options) for item in self._items(key, node))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, not empty."""
        return tuple(self._text(key, item) for item in self._items(key, self._value(key, "a list of texts")))

    def entries(self, key: str) -> tuple[Entry, ...]:
        """A list of mappings, not empty."""
        accepted = "a list whose items are keys and values"
        items = self._items(key, self._value(key, accepted))
        return tuple(Entry(item, self.path, f"an item of '{key}'") for item in items)

    def done(self) -> None:
        """Refuses the first key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                hint = _near(key, self._asked) or "; accepted: " + ", ".join(self._asked)
                raise self.error(key, f"unknown key '{key}'{hint}")

    def _value(self, key: str, accepted: str) -> yaml.Node:
        if self.has(key):
            return self._values[key]
        for misspelt in difflib.get_close_matches(key, [k for k in self._values if k not in self._asked], 1, 0.75):
            raise self.error(misspelt, f"unknown key '{misspelt}'; did you mean {key}?")
        raise ContentError(f"missing key '{key}' ({accepted})", path=self.path, line=self.line)

    def _text(self, key: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TAG + "str" or not node.value.strip():
            found = "only blanks" if isinstance(node, yaml.ScalarNode) and node.tag == _TAG + "str" else _kind(node)
            raise ContentError(f"'{key}' should be text, found {found}", path=self.path, line=_line(node))
        return str(node.value)

    def _choice(self, key: str, node: yaml.Node, options: type[Choice]) -> Choice:
        value = str(node.value) if isinstance(node, yaml.ScalarNode) else _kind(node)
        for option in options:
            if value == option.value:
                return option
        hint = _near(value, [option.value for option in options])
        message = f"'{key}' is '{value}'; accepted: {', '.join(options)}{hint}"
        raise ContentError(message, path=self.path, line=_line(node))

    def _items(self, key: str, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            found = "an empty list" if isinstance(node, yaml.SequenceNode) else _kind(node)
            raise self.error(key, f"'{key}' should be a list that is not empty, found {found}")
        return list(node.value)


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(node: yaml.Node) -> str:
    name = _KINDS.get(str(node.tag).removeprefix(_TAG), f"a value tagged {node.tag}")
    return f"{name} ({node.value})" if isinstance(node, yaml.ScalarNode) and node.value else name
