"""A regular expression as a value with a dialect: PCRE as Splunk users write it, respelled for RE2 where that is exact.

Splunk runs PCRE. RE2 (which DuckDB embeds) is linear in time but lacks lookaround, backreferences, possessive and
atomic groups, and reads some spellings differently: ``$`` does not match before a final newline, ``\\s`` leaves out
the vertical tab, group names are limited. :func:`parse` reads the pattern once and either respells it for RE2 or
names the construct that needs PCRE2, which then runs with match limits. User patterns never reach Python's ``re``.
Above 400 lines because the reader is one pass over one grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

import pcre2

MATCH_LIMIT = 100_000
DEPTH_LIMIT = 1_000
"""Splunk's limits for rex and field extractions (limits.conf: match_limit, depth_limit)."""

_RE2_MAX_REPEAT = 1_000
_SPACE = r"\t\n\x0b\f\r "
_NOT_SPACE = r"\x00-\x08\x0e-\x1f\x21-\x{10ffff}"
_HSPACE = r"\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_VSPACE = r"\n\x0b\f\r\x{85}\x{2028}\x{2029}"
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_META = frozenset("\\.+*?()|[]{}^$-")


class RegexError(Exception):
    """A pattern PCRE itself refuses; ``start`` and ``end`` are offsets into the pattern."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


@dataclass(frozen=True, slots=True)
class Regex:
    """A parsed pattern.

    ``re2`` is the same language spelled for RE2 with unnamed groups, None where only PCRE2 can run it (``why`` names
    the construct). ``names`` are ``(name, group number)``. ``optional`` are groups that may take no part in a match,
    which RE2 through DuckDB cannot tell from an empty one. ``consumes_newline``: the RE2 spelling of ``$`` may
    include the
    final newline in the whole match (not in any group).
    """

    source: str
    re2: str | None
    names: tuple[tuple[str, int], ...] = ()
    groups: int = 0
    optional: frozenset[int] = frozenset()
    consumes_newline: bool = False
    why: str | None = None
    whole_term: str | None = None
    """Says no more than that this text stands between breakers, as an index term: other means may decide it."""

    @property
    def limited(self) -> str:
        """The pattern for PCRE2 with its match limits set; a pattern's own limit can only lower them."""
        return f"(*LIMIT_MATCH={MATCH_LIMIT})(*LIMIT_DEPTH={DEPTH_LIMIT}){self.source}"


@dataclass(slots=True)
class _Group:
    """An open parenthesis while parsing: its capture number (0: none), captures inside, flags to restore."""

    capture: int
    multiline: bool
    start: int
    inside: list[int] = field(default_factory=list)
    alternated: bool = False
    repeat: int = 1


@lru_cache(maxsize=4096)
def parse(pattern: str) -> Regex:
    """Read a PCRE pattern. Raises RegexError where PCRE2 refuses it."""
    pattern = _escape_class_hyphens(pattern)
    try:
        compiled = pcre2.compile(pattern, jit=False)
    except pcre2.LibraryError as exc:
        raise RegexError(_why(exc), 0, len(pattern)) from exc
    except (ValueError, pcre2.PatternError) as exc:
        raise RegexError(str(exc), 0, len(pattern)) from exc
    names = tuple(sorted(compiled.groupindex.items(), key=lambda item: item[1]))
    reader = _Reader(pattern)
    try:
        re2 = reader.run()
    except _NeedsPcre as exc:
        return Regex(pattern, None, names, compiled.groups, frozenset(range(1, compiled.groups + 1)), why=str(exc))
    if reader.count != compiled.groups:  # our reading and PCRE's disagree: trust PCRE's
        return Regex(pattern, None, names, compiled.groups, frozenset(range(1, compiled.groups + 1)), why="its groups")
    return Regex(pattern, re2, names, reader.count, frozenset(reader.optional), reader.dollar)


def _escape_class_hyphens(pattern: str) -> str:
    """``[\\w-.]`` with its hyphen escaped: PCRE (Splunk's) takes it literally, PCRE2 refuses the range."""
    if "-" not in pattern:
        return pattern
    out: list[str] = []
    at, opened = 0, -1  # opened: where the current class began
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            out.append(pattern[at : at + 2])
            at += 2
            after = pattern[at : at + 1]
            if opened >= 0 and out[-1][1:] in "wWdDsShHvV" and after == "-" and pattern[at + 1 : at + 2] != "]":
                out.append("\\-")
                at += 1
            continue
        if char == "[" and opened < 0:
            opened = at
            width = 2 if pattern[at + 1 : at + 2] == "^" else 1
            width += pattern[at + width : at + width + 1] == "]"
            out.append(pattern[at : at + width])
            at += width
            continue
        if char == "]" and opened >= 0:
            opened = -1
        out.append(char)
        at += 1
    return "".join(out)


def literal(text: str) -> str:
    """A text spelled so that both dialects match exactly it."""
    return "".join(f"\\{char}" if char in _META else char for char in text)


def _why(exc: pcre2.LibraryError) -> str:
    return str(exc).strip() or "the pattern is not valid"


class _NeedsPcre(Exception):
    """Raised with the name of the construct that RE2 cannot spell."""


class _Reader:
    """One pass over a pattern that PCRE2 has accepted, producing RE2's spelling."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.count = 0
        self.optional: set[int] = set()
        self.dollar = False
        self.multiline = False
        self.out: list[str] = []
        self.stack: list[_Group] = [_Group(0, False, 0)]
        self.last: _Group | None = None
        self.quantifiable = False

    def run(self) -> str:
        while self.at < len(self.pattern):
            self._step()
        self._close_alternation(self.stack[0])
        return "".join(self.out)

    def _step(self) -> None:
        char = self.pattern[self.at]
        if (plain := _PLAIN.match(self.pattern, self.at)) is not None:
            self._put(plain[0])  # a quantifier behind it takes its last character, in both dialects
            self.at = plain.end()
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char == "|":
            self.stack[-1].alternated = True
            self._put("|", quantifiable=False)
            self.at += 1
        elif char == "[":
            self._class()
        elif char == "\\":
            self._escape()
        elif char in "*+?" or (char == "{" and self._counted() is not None):
            self._quantifier()
        elif char == "$":
            self._dollar()
        elif char == "^":
            self._put("^", quantifiable=False)
            self.at += 1
        elif char == ".":
            self._put(".")
            self.at += 1
        else:
            self._put(literal(char))
            self.at += 1

    def _put(self, text: str, *, quantifiable: bool = True) -> None:
        self.out.append(text)
        self.last = None
        self.quantifiable = quantifiable

    def _open(self) -> None:
        rest = self.pattern[self.at :]
        if rest.startswith("(*"):
            raise _NeedsPcre("a (*VERB)")
        if not rest.startswith("(?"):
            self._push(1, capture=True)
            return
        third = rest[2:3]
        if rest.startswith("(?#"):
            self.at += rest.index(")") + 1
        elif rest.startswith(("(?<=", "(?<!")):
            raise _NeedsPcre("lookbehind")
        elif third in "=!":
            raise _NeedsPcre("lookahead")
        elif rest.startswith("(?P<") or third in "<'":
            opening = rest.index("<") if third != "'" else rest.index("'")
            closing = rest.index(">" if third != "'" else "'", opening + 1)
            self._push(closing + 1, capture=True)
        elif rest.startswith("(?:"):
            self._push(3, capture=False)
        elif third == ">":
            raise _NeedsPcre("an atomic group")
        else:
            self._flags(rest)

    def _flags(self, rest: str) -> None:
        end = 2
        while end < len(rest) and (rest[end].isalpha() or rest[end] == "-"):
            end += 1
        flags, stop = rest[2:end], rest[end : end + 1]
        if stop not in (":", ")") or not flags or set(flags) - set("imsU-") or flags.count("-") > 1:
            raise _NeedsPcre(f"({rest[1 : end + 1]}")
        on, _, off = flags.partition("-")
        spelled = f"(?{on}{'-' + off if off else ''}{stop}"
        if stop == ":":
            self._push(end + 1, capture=False, spelled=spelled)
            self.multiline = (self.multiline or "m" in on) and "m" not in off
            return
        self.multiline = (self.multiline or "m" in on) and "m" not in off
        self._put(spelled, quantifiable=False)
        self.at += end + 1

    def _push(self, width: int, *, capture: bool, spelled: str = "") -> None:
        number = 0
        if capture:
            self.count += 1
            number = self.count
            for group in self.stack:
                group.inside.append(number)
        self.stack.append(_Group(number, self.multiline, len(self.out), [number] if number else []))
        self._put(spelled or ("(" if capture else "(?:"), quantifiable=False)
        self.at += width

    def _close(self) -> None:
        group = self.stack.pop()
        self._close_alternation(group)
        self.multiline = group.multiline
        self.out.append(")")
        self.last = group
        self.quantifiable = True
        parent = self.stack[-1]
        parent.repeat = max(parent.repeat, group.repeat)
        self.at += 1

    def _close_alternation(self, group: _Group) -> None:
        if group.alternated:
            self.optional.update(number for number in group.inside if number != group.capture)

    def _counted(self) -> tuple[int, int, int] | None:
        """``{n}``, ``{n,}`` or ``{n,m}`` at this place: (end offset, least, most or -1)."""
        end = self.pattern.find("}", self.at)
        if end < 0:
            return None
        least, comma, most = self.pattern[self.at + 1 : end].partition(",")
        if not least.isdecimal() or (most and not most.isdecimal()):
            return None
        return end + 1, int(least), (int(most) if most else -1) if comma else int(least)

    def _quantifier(self) -> None:
        if not self.quantifiable:
            raise _NeedsPcre("a repeated assertion or repetition")
        char = self.pattern[self.at]
        if char == "{":
            counted = self._counted()
            end, least, most = counted or (self.at + 1, 1, 1)
        else:
            end, least, most = self.at + 1, int(char == "+"), 1 if char == "?" else -1
        spelled = self.pattern[self.at : end]
        following = self.pattern[end : end + 1]
        if following == "+":
            raise _NeedsPcre("a possessive quantifier")
        if following == "?":
            spelled += "?"
            end += 1
        inner = self.last.repeat if self.last is not None else 1
        total = inner * max(least, most, 1)
        if max(least, most) > _RE2_MAX_REPEAT or (total > _RE2_MAX_REPEAT and total > inner):
            raise _NeedsPcre(f"more than {_RE2_MAX_REPEAT} repetitions")
        self.stack[-1].repeat = max(self.stack[-1].repeat, total)
        if least == 0 and self.last is not None:
            self.optional.update(self.last.inside)
        self.out.append(spelled)
        self.last = None
        self.quantifiable = False
        self.at = end

    def _dollar(self) -> None:
        self.at += 1
        if self.multiline:
            self._put("$", quantifiable=False)
            return
        self._end_of_text()

    def _end_of_text(self) -> None:
        following = self.pattern[self.at : self.at + 1]
        if following not in ("", ")", "|") or any(group.capture for group in self.stack):
            raise _NeedsPcre("'$' inside a group or before more of the pattern")
        if following == ")":  # a quantified or continued group would see the newline gone
            rest = self.pattern[self.at :].lstrip(")")
            if rest and not rest.startswith("|"):
                raise _NeedsPcre("'$' before more of the pattern")
        self.dollar = True
        self._put(r"(?:\n?\z)", quantifiable=False)

    def _escape(self) -> None:
        pattern, at = self.pattern, self.at
        char = pattern[at + 1 : at + 2]
        if char == "Q":
            end = pattern.find("\\E", at + 2)
            body = pattern[at + 2 : len(pattern) if end < 0 else end]
            for letter in body:
                self._put(literal(letter))
            self.at = len(pattern) if end < 0 else end + 2
            return
        if char == "E":
            self.at += 2
            return
        if char in "AzbB":
            self._put("\\" + char, quantifiable=False)
            self.at += 2
        elif char == "Z":
            self.at += 2
            self._end_of_text()
        elif char in "GKRXCgk" or (char.isdigit() and char != "0"):
            raise _NeedsPcre("a backreference" if char in "gk" or char.isdigit() else f"'\\{char}'")
        elif char == "N":
            if pattern[at + 2 : at + 3] == "{":
                raise _NeedsPcre("'\\N{…}'")
            self._put(r"[^\n]")
            self.at += 2
        else:
            spelled, self.at = self._atom(at)
            self._put(f"[{spelled}]" if char in "sShv" else spelled)

    def _atom(self, at: int) -> tuple[str, int]:
        """An escape that stands for characters, spelled for the inside of a class; and where it ends."""
        pattern = self.pattern
        char = pattern[at + 1]
        simple = {"s": _SPACE, "S": _NOT_SPACE, "h": _HSPACE, "v": _VSPACE, "e": r"\x1b", "a": r"\x07"}
        if char in simple:
            spelled = simple[char]
            return spelled, at + 2
        if char in "dDwWnrtf":
            return "\\" + char, at + 2
        if char in "HV":
            raise _NeedsPcre(f"'\\{char}'")
        if char == "x":
            return self._hexadecimal(at + 2)
        if char == "0" or char == "o":
            return self._octal(at, char)
        if char == "c":
            return f"\\x{{{ord(pattern[at + 2].upper()) ^ 64:x}}}", at + 3
        if char in "pP":
            end = pattern.index("}", at) + 1 if pattern[at + 2 : at + 3] == "{" else at + 3
            name = pattern[at + 2 : end].strip("{}")
            if not (name.isascii() and name.isalpha() and name[0].isupper()) or name in (
                "Any",
                "Xan",
                "Xps",
                "Xsp",
                "Xwd",
                "Xuc",
            ):
                raise _NeedsPcre(f"'\\{char}{{{name}}}'")
            return f"\\{char}{{{name}}}", end
        if char.isascii() and char.isalnum():
            raise _NeedsPcre(f"'\\{char}'")
        return literal(char), at + 2

    def _hexadecimal(self, at: int) -> tuple[str, int]:
        pattern = self.pattern
        if pattern[at : at + 1] == "{":
            end = pattern.index("}", at)
            return f"\\x{{{pattern[at + 1 : end].strip()}}}", end + 1
        end = at
        while end < min(at + 2, len(pattern)) and pattern[end] in "0123456789abcdefABCDEF":
            end += 1
        return f"\\x{{{pattern[at:end] or '0'}}}", end

    def _octal(self, at: int, char: str) -> tuple[str, int]:
        pattern = self.pattern
        if char == "o":
            end = pattern.index("}", at)
            return f"\\x{{{int(pattern[at + 3 : end], 8):x}}}", end + 1
        end = at + 1
        while end < min(at + 4, len(pattern)) and pattern[end] in "01234567":
            end += 1
        return f"\\x{{{int(pattern[at + 1 : end], 8):x}}}", end

    def _class(self) -> None:
        pattern = self.pattern
        at = self.at + 1
        out = ["["]
        if pattern[at] == "^":
            out.append("^")
            at += 1
        first = True
        while first or pattern[at] != "]":
            first = False
            item, at, single = self._class_item(at)
            if single and pattern[at] == "-" and pattern[at + 1] != "]" and not pattern.startswith("[:", at + 1):
                other, after, other_single = self._class_item(at + 1)
                if other_single:
                    out.append(f"{item}-{other}")
                    at = after
                    continue
            out.append(item)
        out.append("]")
        self._put("".join(out))
        self.at = at + 1

    def _class_item(self, at: int) -> tuple[str, int, bool]:
        """One member of a class: its spelling, where it ends, and whether it is a single character."""
        pattern = self.pattern
        char = pattern[at]
        if char == "[" and pattern[at + 1 : at + 2] in (":", ".", "="):
            end = pattern.find(f"{pattern[at + 1]}]", at + 2)
            name = pattern[at + 2 : end]
            if end > 0 and pattern[at + 1] == ":" and name.lstrip("^").isalpha():
                return ("[:space:]" if name == "space" else f"[:{name}:]"), end + 2, False
        if char != "\\":
            return literal(char), at + 1, True
        follower = pattern[at + 1]
        if follower in "QE":
            raise _NeedsPcre("'\\Q' inside a class")
        if follower == "b":
            return r"\x08", at + 2, True
        if follower.isdigit() and follower != "0":
            raise _NeedsPcre("an octal escape inside a class")
        if follower in "RXNB":
            raise _NeedsPcre(f"'\\{follower}' inside a class")
        spelled, end = self._atom(at)
        return spelled, end, follower not in "sSdDwWhvpP"
