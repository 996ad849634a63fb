r"""Which literals a pattern cannot match without: the cheap question asked of every text before the pattern runs.

Reads the part of RE2's syntax that indicator patterns use (literals, classes, groups, alternation, repetition, flags
``i`` and ``s``) and refuses the rest by name. A gate is a necessary condition on the ASCII-lowered text: one of its
literals occurs in whatever the pattern matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Literals = tuple[str, ...]

SHORTEST: Final = 3
"""A literal of fewer characters would let nearly everything through."""

_MOST: Final = 24
"""More exact strings than this are not multiplied out."""

_SPECIAL: Final = frozenset("dDwWsS")
_EMPTY: Final = frozenset("bBAz")
_REPEAT: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_FLAGS: Final = re.compile(r"\(\?(-?[is]+)(?=[:)])")


class GateError(ValueError):
    """The pattern uses what this reader does not know, or has no literal of three characters."""


@dataclass(frozen=True, slots=True)
class _Node:
    """``exact``: all the strings it matches, where they are few; ``needs``: of these literals one occurs in a match."""

    exact: frozenset[str] | None
    needs: Literals | None


def gate(pattern: str) -> Literals:
    """The most selective gate of a pattern, in lower case. Raises GateError where there is none."""
    if not pattern.isascii():
        raise GateError("a pattern is ASCII")
    reader = _Reader(pattern)
    node = reader.alternatives()
    if reader.at < len(pattern):
        raise GateError(f"a ')' too many at {reader.at}")
    needs = _best([node.needs, _of(node.exact)])
    if needs is None or min(map(len, needs)) < SHORTEST:
        raise GateError(f"no literal of {SHORTEST} characters that every match holds")
    return needs


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def alternatives(self) -> _Node:
        """Up to the closing parenthesis or the end."""
        branches = [self._sequence()]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        exact: frozenset[str] | None = frozenset()
        needs: list[str] | None = []
        for branch in branches:
            exact = None if exact is None or branch.exact is None else exact | branch.exact
            best = _best([branch.needs, _of(branch.exact)])
            needs = None if needs is None or best is None else [*needs, *best]
        if exact is not None and len(exact) > _MOST:
            exact = None
        return _Node(exact, None if needs is None else tuple(dict.fromkeys(needs)))

    def _sequence(self) -> _Node:
        run: frozenset[str] = frozenset(("",))
        whole = True
        found: list[Literals | None] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            node = self._repeated(self._atom())
            found.append(node.needs)
            if node.exact is not None and len(run) * len(node.exact) <= _MOST:
                run = frozenset(left + right for left in run for right in node.exact)
                continue
            found.append(_of(run))
            whole = False
            run = frozenset(("",)) if node.exact is None else node.exact
        found.append(_of(run))
        return _Node(run if whole else None, _best(found))

    def _atom(self) -> _Node:
        char = self.pattern[self.at]
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        self.at += 1
        if char in "^$":
            return _Node(frozenset(("",)), None)
        if char == ".":
            return _Node(None, None)
        if char in "*+?{":
            raise GateError(f"nothing to repeat at {self.at - 1}")
        if char == "\\":
            char = self.pattern[self.at : self.at + 1]
            self.at += 1
            if char in _SPECIAL:
                return _Node(None, None)
            if char in _EMPTY:
                return _Node(frozenset(("",)), None)
            if not char or char.isalnum():
                raise GateError(f"'\\{char}' is not read here")
        return _Node(frozenset((char.lower(),)), None)

    def _group(self) -> _Node:
        if flags := _FLAGS.match(self.pattern, self.at):
            self.at = flags.end()
            if self.pattern[self.at] == ")":
                self.at += 1
                return _Node(frozenset(("",)), None)
        elif not self.pattern.startswith("(?:", self.at):
            raise GateError(f"only (?:…) and flags i and s are read, not '{self.pattern[self.at : self.at + 3]}'")
        else:
            self.at += 2
        self.at += 1
        node = self.alternatives()
        if self.pattern[self.at : self.at + 1] != ")":
            raise GateError("a ')' is missing")
        self.at += 1
        return node

    def _class(self) -> _Node:
        at = self.at + (2 if self.pattern.startswith("[^", self.at) else 1)
        at += self.pattern.startswith("]", at)
        while (char := self.pattern[at : at + 1]) != "]":
            if not char:
                raise GateError("a ']' is missing")
            at += 2 if char == "\\" else 1
        self.at = at + 1
        return _Node(None, None)

    def _repeated(self, node: _Node) -> _Node:
        char = self.pattern[self.at : self.at + 1]
        least = most = 1
        if counted := _REPEAT.match(self.pattern, self.at):
            self.at = counted.end()
            least, most = int(counted[1]), 2
        elif char and char in "?*+":
            self.at += 1
            least, most = int(char == "+"), 1 if char == "?" else 2
        else:
            return node
        self.at += self.pattern.startswith("?", self.at)
        if least == 0:
            exact = None if node.exact is None or most > 1 else node.exact | {""}
            return _Node(exact, None)
        return _Node(None, _best([node.needs, _of(node.exact)]))


def _of(exact: frozenset[str] | None) -> Literals | None:
    return None if exact is None or "" in exact else tuple(sorted(exact))


def _best(found: list[Literals | None]) -> Literals | None:
    """The one whose shortest literal is longest, of those the one with fewest."""
    known = [needs for needs in found if needs]
    return max(known, key=lambda needs: (min(map(len, needs)), -len(needs)), default=None)
