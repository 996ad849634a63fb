"""Tables that people and other tools write: JSON, CSV and TOML, read as strictly as our YAML and with the same errors.

Every row is an :class:`~bootwatch.documents.entry.Entry` that knows its line, so that what reads a row need not know
which form the file had. JSON is RFC 8259 without what it leaves open: a key stands once, NaN is no number.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import yaml

from bootwatch.documents.entry import Entry
from bootwatch.documents.text import MAX_DEPTH
from bootwatch.errors import ContentError

_TAG: Final = "tag:yaml.org,2002:"
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<broken>(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
_WORDS: Final = (("true", "bool"), ("false", "bool"), ("null", "null"))
_DELIMITERS: Final = ",;\t|"
_LONG_BITS: Final = 10_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, the keys that have a column, and the names of columns that were passed over."""

    rows: tuple[Entry, ...]
    keys: tuple[str, ...]
    ignored: tuple[str, ...]


def text_of(path: Path) -> str:
    """A file's text, without the mark that Windows puts before UTF-8. Raises ContentError."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror}", path=path) from exc
    except ValueError as exc:
        if isinstance(exc, UnicodeDecodeError):
            raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=path) from exc
        raise ContentError(f"cannot be read: {exc}", path=path) from exc  # a NUL in the path


def of_json(text: str, path: str, *, inside: str | None = None) -> tuple[Entry, ...]:
    """The objects of a list; ``inside`` names a key that may hold the list in an object around it."""
    node = _Json(text, path).whole()
    if inside is not None and isinstance(node, yaml.MappingNode):
        node = next((value for key, value in node.value if key.value == inside), node)
    if not isinstance(node, yaml.SequenceNode):
        raise ContentError("should be a list of objects: [{…}, {…}]", path=path, line=_line(node))
    for item in node.value:
        if not isinstance(item, yaml.MappingNode):
            raise ContentError("should be a list of objects: [{…}, {…}]", path=path, line=_line(item))
    return tuple(Entry(item, path) for item in node.value)


def of_csv(
    text: str, path: str, columns: Mapping[str, str], *, needed: tuple[str, ...] = (), loose: bool = False
) -> Table:
    """The rows of a table with a header.

    ``columns`` maps every name a column may have (in lower case, ``_`` for what is no letter or digit) to its key.
    Empty cells are absent. Columns of other names are an error, or passed over where ``loose``; the ``needed``
    keys have to have one. Cells are parted by comma, semicolon, tab or bar, whichever the header holds most of.
    """
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    rows: list[Entry] = []
    header: list[str | None] | None = None
    ignored: list[str] = []
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as exc:
            raise ContentError(f"not CSV: {exc}", path=path, line=start) from exc
        if any(cell.strip() for cell in cells):
            if header is None:
                header, ignored = _header(cells, path, start, columns, loose)
                for key in needed:
                    if key not in header:
                        named = ", ".join(name for name, meant in columns.items() if meant == key)
                        raise ContentError(f"no column for '{key}'; accepted: {named}", path=path, line=start)
            else:
                rows.append(_row(header, cells, path, start))
        start = reader.line_num + 1
    if header is None:
        raise ContentError(f"should hold a header; accepted: {', '.join(_keys(columns))}", path=path, line=1)
    return Table(tuple(rows), tuple(key for key in header if key is not None), tuple(ignored))


def of_toml(text: str, path: str, name: str) -> tuple[Entry, ...]:
    """The tables ``[[name]]`` of a file that holds nothing else."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        at = re.search(r"at line ([0-9]+)", str(exc))
        message = re.sub(r" \(at .*\)$", "", str(exc))
        raise ContentError(f"not TOML: {message}", path=path, line=int(at[1]) if at else None) from exc
    except (RecursionError, ValueError) as exc:
        raise ContentError("not TOML that can be read: nested too deeply, or a number too long", path=path) from exc
    tables = document.get(name)
    if list(document) != [name] or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise ContentError(f"should hold tables [[{name}]] and nothing else", path=path, line=1)
    heads = [text.count("\n", 0, m.start()) + 1 for m in re.finditer(rf"(?m)^[ \t]*\[\[ *{name} *\]\]", text)]
    if len(heads) != len(tables):
        heads = [1] * len(tables)
    try:
        return tuple(Entry(_mapping(table, line), path) for table, line in zip(tables, heads, strict=True))
    except RecursionError as exc:
        raise ContentError("not TOML that can be read: nested too deeply", path=path) from exc


class _Json:
    """One JSON text, read once from front to back."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._at = 0
        self._line = 1

    def whole(self) -> yaml.Node:
        node = self._value(0)
        self._blank()
        if self._at < len(self._text):
            raise self._error("the end")
        return node

    def _value(self, depth: int) -> yaml.Node:
        self._blank()
        if depth > MAX_DEPTH:
            raise ContentError("not JSON that can be read: nested too deeply", path=self._path, line=self._line)
        line, here = self._line, self._text[self._at : self._at + 1]
        if here == "{":
            return self._object(depth, line)
        if here == "[":
            return self._array(depth, line)
        if here == '"':
            return _scalar("str", self._string(), line)
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return _scalar("float" if number["broken"] else "int", number[0], line)
        for word, kind in _WORDS:
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return _scalar(kind, word, line)
        raise self._error("a value")

    def _object(self, depth: int, line: int) -> yaml.MappingNode:
        pairs: list[tuple[yaml.Node, yaml.Node]] = []
        self._at += 1
        while not self._takes("}"):
            if pairs and not self._takes(","):
                raise self._error("',' or '}'")
            self._blank()
            key = _scalar("str", self._string(), self._line)
            if not self._takes(":"):
                raise self._error("':'")
            pairs.append((key, self._value(depth + 1)))
        return yaml.MappingNode(_TAG + "map", pairs, _mark(line), _mark(self._line))

    def _array(self, depth: int, line: int) -> yaml.SequenceNode:
        items: list[yaml.Node] = []
        self._at += 1
        while not self._takes("]"):
            if items and not self._takes(","):
                raise self._error("',' or ']'")
            items.append(self._value(depth + 1))
        return yaml.SequenceNode(_TAG + "seq", items, _mark(line), _mark(self._line))

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise self._error("text in double quotes on one line")
        try:
            value = json.loads(found[0])
        except ValueError as exc:
            raise ContentError(
                f"not JSON: a wrong escape in {found[0][:40]}", path=self._path, line=self._line
            ) from exc
        if _SURROGATE.search(value):
            raise ContentError(
                f"not JSON that can be read: half a character in {found[0][:40]}", path=self._path, line=self._line
            )
        self._at = found.end()
        return str(value)

    def _takes(self, mark: str) -> bool:
        self._blank()
        if self._text.startswith(mark, self._at):
            self._at += 1
            return True
        return False

    def _blank(self) -> None:
        end = _BLANK.match(self._text, self._at)
        if end is not None and end.end() > self._at:
            self._line += self._text.count("\n", self._at, end.end())
            self._at = end.end()

    def _error(self, expected: str) -> ContentError:
        found = self._text[self._at : self._at + 20].split("\n")[0] or "the end"
        return ContentError(f"not JSON: expected {expected}, found {found}", path=self._path, line=self._line)


def _delimiter(text: str) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda mark: (head.count(mark), -_DELIMITERS.index(mark)))


def _header(
    cells: list[str], path: str, line: int, columns: Mapping[str, str], loose: bool
) -> tuple[list[str | None], list[str]]:
    header: list[str | None] = []
    ignored: list[str] = []
    for cell in cells:
        key = columns.get(re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_"))
        if key is None and cell.strip():
            if not loose:
                accepted = ", ".join(_keys(columns))
                raise ContentError(f"unknown column '{cell.strip()}'; accepted: {accepted}", path=path, line=line)
            ignored.append(cell.strip())
        if key is not None and key in header:
            raise ContentError(f"two columns say '{key}'", path=path, line=line)
        header.append(key)
    return header, ignored


def _row(header: list[str | None], cells: list[str], path: str, line: int) -> Entry:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise ContentError(f"has {len(cells)} cells, the header {len(header)}", path=path, line=line)
    pairs = [
        (_scalar("str", key, line), _scalar("str", cell.strip(), line))
        for key, cell in zip(header, cells, strict=False)
        if key is not None and cell.strip()
    ]
    return Entry(yaml.MappingNode(_TAG + "map", pairs, _mark(line), _mark(line)), path)


def _keys(columns: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(columns.values()))


def _mapping(table: Mapping[str, object], line: int) -> yaml.MappingNode:
    pairs = [(_scalar("str", key, line), _node(value, line)) for key, value in table.items()]
    return yaml.MappingNode(_TAG + "map", pairs, _mark(line), _mark(line))


def _node(value: object, line: int) -> yaml.Node:
    match value:
        case dict():
            return _mapping(value, line)
        case list():
            return yaml.SequenceNode(_TAG + "seq", [_node(item, line) for item in value], _mark(line), _mark(line))
        case bool():
            return _scalar("bool", "true" if value else "false", line)
        case int():
            return _scalar("int", str(value) if value.bit_length() < _LONG_BITS else "a very long number", line)
        case float():
            return _scalar("float", repr(value), line)
        case datetime() | date() | time():
            return _scalar("timestamp", value.isoformat(), line)
        case _:
            return _scalar("str", str(value), line)


def _scalar(kind: str, value: str, line: int) -> yaml.ScalarNode:
    return yaml.ScalarNode(_TAG + kind, value, _mark(line), _mark(line))


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line - 1, 0, None, 0)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
