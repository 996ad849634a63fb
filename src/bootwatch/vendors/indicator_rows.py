"""What an indicator is, and reading ``content/indicators/OS.yaml``: the acts that tampering is made of, one OS a file.

A row says what an act looks like on one surface or two: in the normalised command, whatever source carried it, and in
the messages the system writes itself. Patterns are RE2 and say about case what they mean. Every row brings examples:
lines that must fire it, and near ones that must not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError
from bootwatch.vendors.indicator_gates import GateError, Literals, gate

_ID: Final = re.compile(r"[A-Z]{2,5}-([A-H])[1-9][0-9]?")
_TECHNIQUE: Final = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
_NAME: Final = re.compile(r"\{([A-Za-z]+)\}")
_CASED: Final = re.compile(r"\(\?(?:i|-i)\)")


class IndicatorClass(StrEnum):
    """What part an act plays: its letter is the field ``indicator_class``."""

    TRANSFER = "A"
    BOOT_SELECTION = "B"
    ERASURE = "C"
    INTEGRITY = "D"
    FIRMWARE = "E"
    RUNTIME = "F"
    HIDING = "G"
    ACTIVATION = "H"


class Surface(StrEnum):
    """What a pattern is matched on: the normalised command, or the message from its tag on."""

    COMMAND = "command"
    MESSAGE = "message"


class Kind(StrEnum):
    """How a command is entered, which decides the log sources that show it."""

    EXEC = "exec"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Match:
    """The pattern finds the act, ``unless`` is found as well. ``gate``: a match's text holds one of these, lowered."""

    on: Surface
    pattern: str
    unless: str | None
    gate: Literals


@dataclass(frozen=True, slots=True)
class Example:
    """A ``command`` alone stands for its line in every source that carries its ``kind``; else a whole raw ``line``.

    ``message`` is what the line says from its tag on, ``command`` what extraction reads from it.
    """

    line: str | None
    command: str | None
    message: str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class LogSource:
    """How one log source spells a command of ``carries`` kinds: ``{command}``, or word by word ``{cmdset}``."""

    name: str
    document: str
    carries: tuple[Kind, ...]
    line: str

    def spell(self, command: str) -> str:
        """The whole raw line."""
        first, *words = command.split()
        words = [f"CmdAV={first}", *(f"CmdArgAV={word}" for word in (*words, "<cr>"))]
        return self.line.replace("{command}", command).replace("{cmdset}", " ".join(words))


@dataclass(frozen=True, slots=True)
class Indicator:
    """``weight`` from 0 to 100 is for an unknown user, without a ticket, on a router. ``volume`` are the message ids
    of a row that no single message decides: their number falls while traffic goes on."""

    id: str
    evidence_class: IndicatorClass
    title: str
    weight: int
    techniques: tuple[str, ...]
    matches: tuple[Match, ...]
    volume: tuple[str, ...]
    benign: str
    source: str
    positive: tuple[Example, ...]
    twin: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one operating system, for messages of these families. A message of no known family belongs to the
    first group, by ``rank``, that has a row for it."""

    name: str
    path: str
    families: tuple[str, ...]
    rank: int
    command_marks: tuple[str, ...]
    """In lower case: a raw message that carries a command holds one of them."""
    sources: tuple[LogSource, ...]
    indicators: tuple[Indicator, ...]


def load(file: Traversable) -> Group:
    """The rows of one file. Raises ContentError with the file, the line and what would be accepted."""
    entry = Entry.read(file)
    families = entry.texts("os_family")
    rank = entry.integer("rank", 1, 1000)
    marks = entry.texts("command_marks")
    for mark in marks:
        if not mark.isascii() or mark != mark.lower():
            raise entry.error("command_marks", f"'{mark}' should be ASCII in lower case")
    defined = dict(_definition(item) for item in entry.entries("define")) if entry.has("define") else {}
    sources = tuple(_source(item) for item in entry.entries("sources"))
    indicators: list[Indicator] = []
    for item in entry.entries("indicators"):
        indicator = _indicator(item, defined)
        if any(indicator.id == other.id for other in indicators):
            raise item.error("id", f"'{indicator.id}' stands twice")
        indicators.append(indicator)
    entry.done()
    return Group(file.name.removesuffix(".yaml"), str(file), families, rank, marks, sources, tuple(indicators))


def _source(entry: Entry) -> LogSource:
    source = LogSource(entry.text("name"), entry.text("document"), entry.choices("carries", Kind), entry.text("line"))
    if "{command}" not in source.line and "{cmdset}" not in source.line:
        raise entry.error("line", "'line' should hold {command} or {cmdset}")
    entry.done()
    return source


def _definition(entry: Entry) -> tuple[str, str]:
    name = entry.text("name")
    if not name.isascii() or not name.isalpha():
        raise entry.error("name", f"'name' is '{name}'; accepted: letters")
    definition = (name, entry.text("pattern"))
    entry.done()
    return definition


def _indicator(entry: Entry, defined: dict[str, str]) -> Indicator:
    name = entry.text("id")
    evidence_class = entry.choice("class", IndicatorClass)
    written = _ID.fullmatch(name)
    if written is None or written[1] != evidence_class:
        raise entry.error("id", f"'id' is '{name}'; accepted: an OS, '-', the class and a number, such as IOS-A1")
    techniques = entry.texts("techniques") if entry.has("techniques") else ()
    for technique in techniques:
        if not _TECHNIQUE.fullmatch(technique):
            raise entry.error("techniques", f"'{technique}' is no technique id; accepted: such as T1601.001")
    kind = entry.choice("kind", Kind) if entry.has("kind") else Kind.EXEC
    volume = entry.texts("volume") if entry.has("volume") else ()
    matches: tuple[Match, ...] = ()
    positive: tuple[Example, ...] = ()
    twin: tuple[Example, ...] = ()
    if not volume:
        matches = tuple(_match(item, defined) for item in entry.entries("match"))
        positive = tuple(_example(item, kind) for item in entry.entries("positive"))
        twin = tuple(_example(item, kind) for item in entry.entries("twin"))
    indicator = Indicator(
        id=name,
        evidence_class=evidence_class,
        title=entry.text("title"),
        weight=entry.integer("weight", 0, 100),
        techniques=techniques,
        matches=matches,
        volume=volume,
        benign=entry.text("benign"),
        source=entry.text("source"),
        positive=positive,
        twin=twin,
    )
    entry.done()
    return indicator


def _match(entry: Entry, defined: dict[str, str]) -> Match:
    on = entry.choice("on", Surface)
    pattern = _pattern(entry, "pattern", defined)
    unless = _pattern(entry, "unless", defined) if entry.has("unless") else None
    if on is Surface.MESSAGE and not pattern.partition(")")[2].startswith("^"):
        raise entry.error("pattern", "a message pattern begins with '^': what a message quotes is not what it says")
    try:
        needs = gate(pattern)
    except GateError as exc:
        raise entry.error("pattern", f"'pattern' cannot be looked for quickly: {exc}: {pattern}") from exc
    entry.done()
    return Match(on, pattern, unless, needs)


def _pattern(entry: Entry, key: str, defined: dict[str, str]) -> str:
    """RE2, with the names in braces replaced by what the file defines them as."""

    def definition(found: re.Match[str]) -> str:
        if found[1] not in defined:
            accepted = ", ".join(defined) or "nothing"
            raise entry.error(key, f"'{key}' names '{found[1]}', which is not defined; defined: {accepted}")
        return defined[found[1]]

    pattern = _NAME.sub(definition, entry.text(key))
    if not _CASED.match(pattern):
        raise entry.error(key, f"'{key}' should begin with (?i) or (?-i), to say whether case counts: {pattern}")
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as exc:
        raise entry.error(key, f"'{key}' is not RE2: {exc}: {pattern}") from exc
    return pattern


def _example(entry: Entry, kind: Kind) -> Example:
    line, command = entry.optional_text("line"), entry.optional_text("command")
    message = entry.optional_text("message")
    if line is None and command is None:
        raise ContentError("an example needs 'line' or 'command'", path=entry.path, line=entry.line)
    if line is not None and command is None and message is None:
        raise entry.error("line", "a line says what is read from it: 'message', 'command' or both")
    example = Example(line, command, message, entry.choice("kind", Kind) if entry.has("kind") else kind)
    entry.done()
    return example
