"""What a command does: its text cleaned and its abbreviations expanded, and what it moves, changes or deletes.

``acts.yaml`` beside this file holds the patterns; they read the command as it acts: the last of a chain
(``configure terminal ; boot nxos …``), without ``do``. Every distinct command is judged once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.vendors.commands import Commands, expand, tree
from bootwatch.vendors.matching import Found, apply
from bootwatch.vendors.profile import Entry, Extract, Profile, document, extracts, reading
from bootwatch.vendors.wrapped import LINK, apart

OF_COMMAND: Final = ("action", "object", "object_category", "object_path", "transfer_scheme", "transfer_host")
"""Fields a command says where the message itself does not."""

_COLUMNS: Final = ("command", *OF_COMMAND)
_NEEDED: Final = frozenset(OF_COMMAND)
_REMEMBERED: Final = 1 << 16
_LONGEST: Final = 4096
_STRING: Final = pa.string()

# Before a command: the archive's mark for a command of EXEC mode, and the word that runs one from configuration mode.
_BEFORE: Final = re.compile(r"^(?:!exec: *|do +)+", re.IGNORECASE)
# Behind it: the end of line as Cisco's accounting writes it.
_BEHIND: Final = re.compile(r"(?: *<cr>)+ *$", re.IGNORECASE)
_CHAIN: Final = re.compile(r" ?; ?")

Read = tuple[str | None, ...]


class Acts:
    """Reads commands, remembering those it has met."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], Read] = {}

    def read(self, profile: Profile, commands: pa.StringArray, needed: frozenset[str]) -> Mapping[str, pa.Array]:
        """``command`` as it is to be shown, and the needed fields of ``OF_COMMAND``, for commands of one profile."""
        coded = commands.dictionary_encode()
        written = coded.dictionary.to_pylist()
        met = self._met  # another thread may start a new one, and never takes from this one
        if len(met) > _REMEMBERED:
            met = self._met = {}
        if missing := [text for text in written if (profile.name, text) not in met]:
            met.update(zip(((profile.name, text) for text in missing), self._judge(profile, missing), strict=True))
        read = [met[profile.name, text] for text in written]
        return {
            name: pa.array([values[at] for values in read], _STRING).take(coded.indices)
            for at, name in enumerate(_COLUMNS)
            if name in needed
        }

    def _judge(self, profile: Profile, written: list[str]) -> list[Read]:
        trees = tuple(map(tree, reading(profile).commands))
        shown = [normalise(text, trees) for text in written]
        found = Found(len(written))
        acts = pa.array([act_of(text) for text in shown], _STRING)
        apply(_rules_of(profile.os_family), acts, np.arange(len(written)), _NEEDED, found)
        return list(zip(shown, *(found.column(name).to_pylist() for name in OF_COMMAND), strict=True))


def normalise(text: str, trees: tuple[Commands, ...]) -> str:
    """A command as it is to be shown: blanks collapsed, marks around it gone, abbreviations expanded.

    A chain (NX-OS writes the configuration commands that led here) keeps its parts; what runs a command elsewhere
    becomes the first part of one. A text of more than 4,096 characters is not expanded.
    """
    text = _BEHIND.sub("", " ".join(text.split()))
    text = _BEFORE.sub("", text)
    if len(text) > _LONGEST:
        return text
    if parts := apart(text):
        return f"{parts[0]}{LINK}{normalise(parts[1], trees)}"
    if not trees:
        return text
    return " ; ".join(expand(part, trees) for part in _CHAIN.split(text)) if ";" in text else expand(text, trees)


def act_of(command: str) -> str:
    """The part of a normalised command that acts: the last of a chain, without ``do``."""
    last = command
    if ";" in command:
        last = next((part for part in reversed(_CHAIN.split(command)) if part), command)
    return _BEFORE.sub("", last)


def _rules_of(family: str) -> tuple[Extract, ...]:
    """The rules for the commands of an operating system family, in their order.

    An AAA server is no such family, and its records do not say what the device runs: they have every rule.
    """
    rules = _all_rules()
    if not any(family in rule.when for rule in rules):
        return rules
    return tuple(rule for rule in rules if family in rule.when or "any" in rule.when)


@cache
def _all_rules() -> tuple[Extract, ...]:
    file = resources.files(__package__).joinpath("acts.yaml")
    entry = Entry(document(file.read_text("utf-8"), file), str(file), "the file")
    entry.only(frozenset(("acts",)))
    return extracts(entry, "acts", "of")
