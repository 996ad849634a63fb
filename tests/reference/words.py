"""Arguments of commands: words, options and field lists (semantics D, first paragraph)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .clock import Clock
from .text import QUOTED, unquote
from .values import ReferenceError_, Row


@dataclass(frozen=True, slots=True)
class Command:
    """One parsed command: what it makes of the rows, and the fields (or field patterns) it mentions."""

    run: Callable[[list[Row]], list[Row]]
    names: frozenset[str] = frozenset()


Parser = Callable[[str, Clock], Command]
COMMANDS: dict[str, Parser] = {}


def command(name: str) -> Callable[[Parser], Parser]:
    """Register the parser of a command."""

    def register(parser: Parser) -> Parser:
        COMMANDS[name] = parser
        return parser

    return register


_WORD = re.compile(rf"\s+|,|(?P<word>[\w.]+\s*=\s*(?:{QUOTED}|[^\s,]+)|{QUOTED}|'[^']*'|[^\s,\"']+)")


def words(text: str) -> list[str]:
    """Words as written, quotes kept; commas and blanks separate, ``name = value`` is one word ``name=value``."""
    found = []
    at = 0
    while at < len(text):
        one = _WORD.match(text, at)
        if one is None:
            raise ReferenceError_(f"cannot read {text[at:]!r}")
        at = one.end()
        if one["word"]:
            found.append(re.sub(r"^([\w.]+)\s*=\s*", r"\1=", one["word"]))
    return found


def options(found: list[str], *known: str) -> tuple[dict[str, str], list[str]]:
    """Options taken out of words; an unknown or repeated one is refused."""
    taken: dict[str, str] = {}
    rest = []
    for word in found:
        name, sign, value = word.partition("=")
        if not sign or word.startswith('"'):
            rest.append(word)
        elif name.lower() not in known or name.lower() in taken:
            raise ReferenceError_(f"unknown or repeated option {name!r}")
        else:
            taken[name.lower()] = unquote(value)
    return taken, rest


def truth(taken: dict[str, str], name: str, default: bool) -> bool:
    """A boolean option."""
    word = taken.get(name)
    if word is None:
        return default
    if word.lower() in ("t", "true", "yes", "1"):
        return True
    if word.lower() in ("f", "false", "no", "0"):
        return False
    raise ReferenceError_(f"{name} is true or false, not {word!r}")


def whole(text: str) -> int:
    """A count."""
    if re.fullmatch(r"\d+", text) is None:
        raise ReferenceError_(f"expected a whole number, found {text!r}")
    return int(text)


def name(word: str) -> str:
    """A field name as a word gives it."""
    return word[1:-1] if len(word) >= 2 and word[0] == word[-1] == "'" else unquote(word)


def columns(rows: list[Row]) -> list[str]:
    """Every field any row has, in order of appearance."""
    return list(dict.fromkeys(field for row in rows for field in row))
