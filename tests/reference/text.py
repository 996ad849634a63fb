"""The text of a search before any command is read: comments, pipes, quotes (semantics A1), and regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pcre2

from .values import ReferenceError_

_ESCAPE = re.compile(r'\\(["\\|])')
QUOTED = r'"(?:\\.|[^"\\])*"'
_PIECE = re.compile(QUOTED + r"|```.*?```|.", re.DOTALL)


def unescape(body: str) -> str:
    r"""Quoted text without its quotes: ``\"``, ``\\`` and ``\|`` lose the backslash, anything else keeps it."""
    return _ESCAPE.sub(r"\1", body)


def unquote(word: str) -> str:
    """A word or a double-quoted text as the value it stands for."""
    if len(word) >= 2 and word[0] == word[-1] == '"':
        return unescape(word[1:-1])
    return word


def stages(spl: str) -> list[str]:
    """The commands of a search, split at pipes outside quotes and brackets; comments are one space."""
    found = [""]
    depth = 0
    for piece in _PIECE.findall(spl):
        if piece == '"':
            raise ReferenceError_("unbalanced quotes")
        if piece.startswith("```") and len(piece) > 3:
            piece = " "
        depth += (piece == "[") - (piece == "]")
        if piece == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return [stage.strip() for stage in found]


def closing(text: str, start: int) -> int:
    """Index of the parenthesis that closes the one at ``start``; quoted text does not count."""
    depth = 0
    for piece in re.finditer(QUOTED + r"|.", text[start:], re.DOTALL):
        depth += (piece.group() == "(") - (piece.group() == ")")
        if depth == 0:
            return start + piece.start()
    raise ReferenceError_("unbalanced parentheses")


@lru_cache(maxsize=512)
def regex(pattern: str) -> Any:
    """A PCRE pattern with nothing implied: unanchored, case-sensitive, no (?m) or (?s), ASCII classes.

    The result is a ``pcre2.Pattern``; the binding ships no types.
    """
    try:
        return pcre2.compile(pattern, pcre2.ASCII)
    except pcre2.PatternError as exc:
        raise ReferenceError_(f"Encountered the following error while compiling the regex '{pattern}': {exc}") from exc


def glob(pattern: str) -> str:
    """The source of a regular expression (Python's) for a text with ``*`` wildcards."""
    return ".*".join(re.escape(part) for part in pattern.split("*"))


def field_matches(pattern: str, name: str) -> bool:
    """Whether a name in a field list means this field; a wildcard reaches internal names only from ``_``."""
    if "*" not in pattern:
        return pattern == name
    if name.startswith("_") and not pattern.startswith("_"):
        return False
    return re.fullmatch(glob(pattern), name, re.DOTALL) is not None
