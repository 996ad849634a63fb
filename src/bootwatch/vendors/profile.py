"""What a vendor profile is, and reading one: how to recognise an operating system's messages, and what to call them.

A profile is ``profile.yaml`` in a folder of its own beside this file; see any of them for the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from bootwatch.errors import ContentError

_KEYS: Final = frozenset(("os_family", "vendor_product", "rank", "recognise", "aliases"))


@dataclass(frozen=True, slots=True)
class Rule:
    """A message whose head the RE2 ``pattern`` finds is of this ``sourcetype``. Digits of a head are all ``0``."""

    pattern: str
    sourcetype: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One operating system. Profiles are tried by ``rank``, the lowest first, their rules in order."""

    name: str
    os_family: str
    vendor_product: str
    rank: int
    rules: tuple[Rule, ...]
    aliases: tuple[tuple[str, tuple[str, ...]], ...]


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
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ContentError(f"not YAML: {exc}", path=str(path)) from exc
    entry = _Entry(document, str(path), "the profile")
    entry.only(_KEYS)
    rules = []
    for item in entry.list("recognise"):
        rule = _Entry(item, str(path), "an entry of 'recognise'")
        rule.only(frozenset(("pattern", "sourcetype")))
        rules.append(Rule(_pattern(rule.text("pattern"), str(path)), rule.text("sourcetype")))
    names = _Entry(entry.values.get("aliases", {}), str(path), "'aliases'")
    given = tuple((alias, tuple(str(value) for value in names.list(alias))) for alias in names.values)
    return Profile(
        name, entry.text("os_family"), entry.text("vendor_product"), entry.integer("rank"), tuple(rules), given
    )


def _pattern(pattern: str, path: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as exc:
        raise ContentError(f"pattern {pattern!r} is not RE2: {exc}", path=path) from exc
    return pattern


class _Entry:
    """One mapping of a profile, read strictly."""

    def __init__(self, values: object, path: str, where: str) -> None:
        self._path, self._where = path, where
        if not isinstance(values, dict):
            raise self._wrong(f"{where} is not a mapping")
        self.values: dict[str, object] = {str(key): value for key, value in values.items()}

    def only(self, keys: frozenset[str]) -> None:
        if unknown := sorted(self.values.keys() - keys):
            raise self._wrong(f"unknown key {unknown[0]!r} in {self._where}; accepted are {', '.join(sorted(keys))}")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(f"{key!r} of {self._where} must be text, not {value!r}")
        return value

    def integer(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(f"{key!r} of {self._where} must be a whole number, not {value!r}")
        return value

    def list(self, key: str) -> list[object]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self._wrong(f"{key!r} of {self._where} must be a list that is not empty, not {value!r}")
        return value

    def _wrong(self, message: str) -> ContentError:
        return ContentError(message, path=self._path)
