"""What a vendor profile is, and reading one: how to recognise an operating system's messages, and what to read in them.

A profile is ``profile.yaml`` in a folder of its own beside this file; see any of them for the form. It holds two YAML
documents: how to recognise messages, and what to read in them; the second is parsed when something is to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.documents.text import values
from bootwatch.errors import ContentError
from bootwatch.events.fields import VENDOR_FIELDS

_KEYS: Final = frozenset(("os_family", "vendor_product", "rank", "recognise", "aliases"))
_READING_KEYS: Final = frozenset(("like", "tag", "extract", "commands"))
_BOUNDARY: Final = "\n---\n"
_TEXT: Final = pa.array([""])
SYSTEM: Final = "system"
"""Not a field: ``set: {system: PROFILE}`` says that a record tells of a device of that profile."""
OTHER: Final = "other"
REST: Final = "command_rest"
"""A group of this name is joined to the one called ``command`` by a blank."""
CSV: Final = "_csv"
"""Behind a group's name: a quoted field of comma-separated values, in which a quote is written twice."""
AV: Final = "_av"
"""Behind a group's name: words marked ``CmdAV=`` and ``CmdArgAV=``, as Cisco's AAA servers write a command."""
TAG_GROUPS: Final = ("before", "tag")
"""The named groups of a profile's ``tag`` pattern: everything before the message's name, and the name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A message whose head the RE2 ``pattern`` finds is of this ``sourcetype``. Digits of a head are all ``0``."""

    pattern: str
    sourcetype: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What to read in messages called ``when``: groups of the RE2 ``pattern``, and ``constants`` where it matches.

    ``when`` holds mnemonics (``CONFIG_I``), mnemonics of one facility (``HA_EM/LOG``), tags or sourcetypes, or is
    ``other``: messages that no rule is named for. Only texts that contain the ``gate`` meet the pattern. Without a
    pattern the constants hold for every such message. A group that matches nothing says nothing; a digit behind a
    group's name tells alternatives apart (``src``, ``src2``).
    """

    when: tuple[str, ...]
    pattern: str | None
    groups: tuple[str, ...]
    constants: tuple[tuple[str, str], ...]
    gate: str | None = None
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    """The fields this rule may fill."""

    def __post_init__(self) -> None:
        names = frozenset(map(field_of, self.groups)).union(name for name, _ in self.constants) - {REST}
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read in the messages of one operating system, by ``rules`` in their order.

    ``tag`` is an RE2 pattern that finds a name in the heads of messages without a mnemonic (groups ``before`` and
    ``tag``; what follows is the text the rules read; without a tag that is the whole message). ``like``: the profile
    whose rules hold as well, behind its own. ``commands``: the profiles whose command trees its commands may follow.
    """

    rules: tuple[Extract, ...] = ()
    tag: str | None = None
    like: str | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """One operating system. Profiles are tried by ``rank``, the lowest first, their rules in order."""

    name: str
    os_family: str
    vendor_product: str
    rank: int
    rules: tuple[Rule, ...]
    aliases: tuple[tuple[str, tuple[str, ...]], ...]
    path: str = ""
    text: str = ""
    """The second document of the file, empty where there is none."""


@cache
def profiles() -> tuple[Profile, ...]:
    """Every shipped profile, in the order they are tried. Raises ContentError for a profile that is wrong."""
    found = []
    for folder in resources.files(__package__).iterdir():
        file = folder / "profile.yaml"
        if file.is_file():
            found.append(load(folder.name, file.read_text("utf-8"), file))
    return tuple(sorted(found, key=lambda profile: (profile.rank, profile.name)))


def aliases() -> dict[str, frozenset[str]]:
    """Alias in lower case to the sourcetypes it stands for, where bootwatch recognised the sourcetype itself."""
    found: dict[str, frozenset[str]] = {}
    for profile in profiles():
        for alias, sourcetypes in profile.aliases:
            found[alias.lower()] = found.get(alias.lower(), frozenset()) | frozenset(sourcetypes)
    return found


def load(name: str, text: str, path: Traversable | str) -> Profile:
    """A profile from its YAML text. Raises ContentError naming ``path``, the key, and what it accepts."""
    head, _, tail = text.partition(_BOUNDARY)
    entry = Entry(document(head, path), str(path), "the profile")
    entry.only(_KEYS)
    rules = []
    for item in entry.list("recognise"):
        rule = Entry(item, str(path), "an entry of 'recognise'")
        rule.only(frozenset(("pattern", "sourcetype")))
        rules.append(Rule(rule.pattern("pattern"), rule.text("sourcetype")))
    names = Entry(entry.values.get("aliases", {}), str(path), "'aliases'")
    given = tuple((alias, tuple(str(value) for value in names.list(alias))) for alias in names.values)
    return Profile(
        name,
        entry.text("os_family"),
        entry.text("vendor_product"),
        entry.integer("rank"),
        tuple(rules),
        given,
        str(path),
        tail,
    )


@cache
def reading(profile: Profile) -> Reading:
    """What to read in a profile's messages. Raises ContentError for a second document that is wrong."""
    if not profile.text:
        return Reading()
    entry = Entry(document(profile.text, profile.path), profile.path, "what to read")
    entry.only(_READING_KEYS)
    return Reading(
        rules=extracts(entry, "extract", "when"),
        tag=entry.pattern("tag", TAG_GROUPS) if "tag" in entry.values else None,
        like=entry.text("like") if "like" in entry.values else None,
        commands=tuple(map(str, entry.list("commands"))) if "commands" in entry.values else (),
    )


def extracts(entry: Entry, key: str, when: str) -> tuple[Extract, ...]:
    """The rules in the list ``key``; what a rule is for stands in its ``when``. Raises ContentError for a wrong one."""
    found = []
    for item in entry.list(key):
        rule = Entry(item, entry.path, f"an entry of {key!r}")
        rule.only(frozenset((when, "pattern", "gate", "set")))
        values = Entry(rule.values.get("set", {}), entry.path, f"'set' of an entry of {key!r}")
        values.only(frozenset((*VENDOR_FIELDS, SYSTEM)))
        constants = tuple((name, values.text(name)) for name in values.values)
        pattern = rule.pattern("pattern", (*VENDOR_FIELDS, REST)) if "pattern" in rule.values else None
        names = rule.values.get(when)
        texts = (names,) if isinstance(names, str) else tuple(map(str, rule.list(when)))
        gate = rule.text("gate") if "gate" in rule.values else None
        found.append(Extract(texts, pattern, groups(pattern), constants, gate))
    return tuple(found)


def field_of(group: str) -> str:
    """The field a group fills: its name without what may stand behind it."""
    return group.rstrip("0123456789").removesuffix(CSV).removesuffix(AV)


@cache
def groups(pattern: str | None) -> tuple[str, ...]:
    """The named groups of an RE2 pattern, in the order they come out."""
    if pattern is None or "(?P<" not in pattern:
        return ()
    return tuple(field.name for field in pc.extract_regex(_TEXT, pattern).type)


def document(text: str, path: Traversable | str) -> object:
    """YAML as it stands. Raises ContentError where it is none."""
    found = values(text, str(path))
    return found[0] if found else None


class Entry:
    """One mapping of a data file, read strictly."""

    def __init__(self, values: object, path: str, where: str) -> None:
        self.path, self._where = path, where
        if not isinstance(values, dict):
            raise self.wrong(f"{where} is not a mapping")
        self.values: dict[str, object] = {str(key): value for key, value in values.items()}

    def only(self, keys: frozenset[str]) -> None:
        if unknown := sorted(self.values.keys() - keys):
            raise self.wrong(f"unknown key {unknown[0]!r} in {self._where}; accepted are {', '.join(sorted(keys))}")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{key!r} of {self._where} must be text, not {value!r}")
        return value

    def integer(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(f"{key!r} of {self._where} must be a whole number, not {value!r}")
        return value

    def list(self, key: str) -> list[object]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(f"{key!r} of {self._where} must be a list that is not empty, not {value!r}")
        return value

    def pattern(self, key: str, accepted: tuple[str, ...] = ()) -> str:
        """An RE2 pattern whose named groups are among the accepted."""
        pattern = self.text(key)
        try:
            named = groups(pattern)  # compiles a pattern that has some
            if not named:
                pc.match_substring_regex(_TEXT, pattern)
        except pa.ArrowInvalid as exc:
            raise self.wrong(f"pattern {pattern!r} is not RE2: {exc}") from exc
        if unknown := sorted({field_of(name) for name in named}.difference(accepted)) if accepted else []:
            raise self.wrong(f"unknown group {unknown[0]!r} in pattern {pattern!r}; accepted are {', '.join(accepted)}")
        return pattern

    def wrong(self, message: str) -> ContentError:
        return ContentError(message, path=self.path)
