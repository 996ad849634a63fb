"""What is known of the log sources of each operating system: a strict reader of ``content/log-sources/*.yaml``.

A file describes one system (or the AAA servers, whose records are about other devices): the acts on images that exist
there, and its log sources, each with the fields of an event that tell it, what it shows, whether it comes by itself,
and the lines that switch it on. What tells a source is checked against what bootwatch reads in messages.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError
from bootwatch.vendors.profile import profiles, reading

FIELDS: Final = ("os_family", "sourcetype", "mnemonic", "command_source", "object_category")
"""The fields of an event that tell a source, in the order a search groups by them."""
_MNEMONIC: Final = re.compile(r"[A-Z0-9_]+")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Act(StrEnum):
    """What tampering with an image is made of, in the order it is done."""

    COPY = "copy"
    INSTALL = "install"
    BOOT = "boot"
    VERIFY = "verify"
    RELOAD = "reload"


class Told(StrEnum):
    """What a source says: the command itself, who gave it, from where, on which line, and what came of it."""

    COMMAND = "command"
    USER = "user"
    ADDRESS = "address"
    LINE = "line"
    RESULT = "result"


class Default(StrEnum):
    """Whether a device that sends logs at all sends this, too, without being told."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """A device, or a server whose records are about other devices."""

    DEVICE = "device"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Said:
    """What an event says of where it comes from, by ``FIELDS``; None where it does not say."""

    os_family: str | None
    sourcetype: str | None
    mnemonic: str | None
    command_source: str | None
    object_category: str | None


@dataclass(frozen=True, slots=True)
class LogSource:
    """One kind of log of one system.

    An event is of it where for one of ``when`` every field named there holds one of the values. ``shows`` are the acts
    it shows however they are done, ``partly`` those it shows on some ways only. ``severity`` is that of its messages (0
    to 7, None: it has none), which a device must be told to send; ``configuration`` the lines that switch it on, None
    where it comes by itself or no document says how.
    """

    id: str
    name: str
    when: tuple[Mapping[str, frozenset[str]], ...]
    document: str
    default: Default
    severity: int | None = None
    shows: frozenset[Act] = frozenset()
    partly: frozenset[Act] = frozenset()
    tells: tuple[Told, ...] = ()
    note: str | None = None
    configuration: str | None = None

    def is_told_by(self, said: Said) -> bool:
        """Whether an event that says this is of this source."""
        return any(all(getattr(said, name) in values for name, values in fields.items()) for fields in self.when)


@dataclass(frozen=True, slots=True)
class Platform:
    """One system, or the AAA servers. ``acts`` are the acts that exist there."""

    name: str
    os_family: tuple[str, ...]
    kind: Kind
    acts: tuple[Act, ...]
    sources: tuple[LogSource, ...]
    path: str = ""


@cache
def load() -> tuple[Platform, ...]:
    """Every shipped file, by the name of the system. Raises ContentError."""
    folder = files("bootwatch") / "content" / "log-sources"
    found = [read(file) for file in folder.iterdir() if file.name.endswith(".yaml")]
    owners: dict[str, Platform] = {}
    for platform in found:
        for family in platform.os_family:
            if family in owners:
                message = f"os_family '{family}' stands already in {owners[family].path}"
                raise ContentError(message, path=platform.path)
            owners[family] = platform
    return tuple(sorted(found, key=lambda platform: platform.name.lower()))


def read(file: Traversable) -> Platform:
    """One file. Raises ContentError with its line and the accepted values."""
    entry = Entry.read(file)
    families = _known(entry, "os_family", accepted()["os_family"])
    kind = entry.choice("kind", Kind) if entry.has("kind") else Kind.DEVICE
    platform = Platform(
        name=entry.text("name"),
        os_family=families,
        kind=kind,
        acts=tuple(act for act in Act if act in entry.choices("acts", Act)),
        sources=tuple(_source(item, families) for item in entry.entries("sources")),
        path=entry.path,
    )
    entry.done()
    seen: set[str] = set()
    for source in platform.sources:
        if source.id in seen:
            raise entry.error("sources", f"two sources have the id '{source.id}'")
        seen.add(source.id)
        if strange := sorted((source.shows | source.partly).difference(platform.acts)):
            message = f"source '{source.id}' shows {strange[0]}; accepted: {', '.join(platform.acts)}"
            raise entry.error("acts", message)
    return platform


def _source(entry: Entry, families: tuple[str, ...]) -> LogSource:
    name = entry.text("id")
    if not _ID.fullmatch(name):
        raise entry.error("id", f"'id' is '{name}'; accepted: lower-case words joined by '-'")
    source = LogSource(
        id=name,
        name=entry.text("name"),
        when=tuple(_when(item, families) for item in entry.entries("when")),
        document=entry.text("document"),
        default=entry.choice("default", Default),
        severity=entry.integer("severity", 0, 7) if entry.has("severity") else None,
        shows=_acts(entry, "shows"),
        partly=_acts(entry, "partly"),
        tells=entry.choices("tells", Told) if entry.has("tells") else (),
        note=entry.optional_text("note"),
        configuration=entry.optional_text("configuration"),
    )
    if both := sorted(source.shows & source.partly):
        raise entry.error("partly", f"'{both[0]}' stands in 'shows' as well")
    entry.done()
    return source


def _acts(entry: Entry, key: str) -> frozenset[Act]:
    return frozenset(entry.choices(key, Act)) if entry.has(key) else frozenset()


def _when(entry: Entry, families: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """One alternative: what each named field may hold. Without an ``os_family`` it is that of the file."""
    found = {"os_family": frozenset(families)}
    for name in FIELDS:
        if entry.has(name):
            found[name] = frozenset(_known(entry, name, accepted().get(name)))
    entry.done()
    if found.keys() == {"os_family"}:
        named = [name for name in FIELDS if name != "os_family"]
        raise ContentError(f"names no field; accepted: {', '.join(named)}", path=entry.path, line=entry.line)
    return found


def _known(entry: Entry, key: str, known: frozenset[str] | None) -> tuple[str, ...]:
    """A list of values bootwatch gives this field; mnemonics are the device's own."""
    values = entry.texts(key)
    for value in values:
        if known is None and not _MNEMONIC.fullmatch(value):
            raise entry.error(key, f"'{key}' holds '{value}'; accepted: a mnemonic such as CFGLOG_LOGGEDCMD")
        if known is not None and value not in known:
            near = difflib.get_close_matches(value, known, 1, 0.75)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise entry.error(key, f"'{key}' holds '{value}'; accepted: {', '.join(sorted(known))}{hint}")
    return values


@cache
def accepted() -> Mapping[str, frozenset[str]]:
    """The values vendor profiles give the fields that tell a source; a mnemonic may be any."""
    found: dict[str, set[str]] = {name: set() for name in FIELDS if name != "mnemonic"}
    for profile in profiles():
        found["os_family"].add(profile.os_family)
        found["sourcetype"].update(rule.sourcetype for rule in profile.rules)
        for rule in reading(profile).rules:
            for name, value in rule.constants:
                if name in found:
                    found[name].add(value)
    return {name: frozenset(values) for name, values in found.items()}
