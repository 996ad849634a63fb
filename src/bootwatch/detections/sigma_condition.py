"""The condition of a Sigma rule: ``or`` binds weakest, then ``and``, then ``not``; words are lower case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError


@dataclass(frozen=True, slots=True)
class Named:
    """A search identifier."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


@dataclass(frozen=True, slots=True)
class All:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple[Condition, ...]


Condition = Named | Not | All | AnyOf


def read_condition(text: str, names: list[str], detection: Entry) -> Condition:
    """The condition over these search identifiers, every one of which it has to use. Raises ContentError."""
    return _Reader(text, names, detection).read()


class _Reader:
    def __init__(self, text: str, names: list[str], entry: Entry) -> None:
        self._words: list[str] = re.findall(r"[()]|[^\s()]+", text)
        self._at = 0
        self._names = names
        self._entry = entry
        self._used: set[str] = set()

    def read(self) -> Condition:
        found = self._or()
        if self._at < len(self._words):
            raise self._error(f"did not expect '{self._words[self._at]}'")
        for name in self._names:
            if name not in self._used:
                raise self._error(f"does not use the search identifier '{name}'")
        return found

    def _or(self) -> Condition:
        of = [self._and()]
        while self._take("or"):
            of.append(self._and())
        return of[0] if len(of) == 1 else AnyOf(tuple(of))

    def _and(self) -> Condition:
        of = [self._not()]
        while self._take("and"):
            of.append(self._not())
        return of[0] if len(of) == 1 else All(tuple(of))

    def _not(self) -> Condition:
        return Not(self._not()) if self._take("not") else self._one()

    def _one(self) -> Condition:
        if self._take("("):
            found = self._or()
            if not self._take(")"):
                raise self._error("misses a ')'")
            return found
        word = self._next()
        if word in ("1", "all") and self._take("of"):
            of = tuple(Named(name) for name in self._some(self._next()))
            return AnyOf(of) if word == "1" else All(of)
        if word not in self._names:
            raise self._error(f"names '{word}'; accepted: {', '.join(self._names)}, and, or, not, 1 of, all of")
        self._used.add(word)
        return Named(word)

    def _some(self, pattern: str) -> Iterator[str]:
        wanted = "*" if pattern == "them" else pattern
        regex: re.Pattern[str] = re.compile(re.escape(wanted).replace(r"\*", ".*"))
        found = [name for name in self._names if regex.fullmatch(name) and not (pattern == "them" and name[0] == "_")]
        if not found:
            raise self._error(f"'{pattern}' stands for no search identifier")
        self._used.update(found)
        return iter(found)

    def _take(self, word: str) -> bool:
        if self._at < len(self._words) and self._words[self._at] == word:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise self._error("ends too early")
        self._at += 1
        return self._words[self._at - 1]

    def _error(self, message: str) -> ContentError:
        return self._entry.error("condition", f"'condition' {message}")
