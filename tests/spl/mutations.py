"""Searches that nobody wrote: the texts of the case files cut into tokens, and the tokens rearranged."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache

import yaml
from tests.spl.cases import SPL

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\s+|.', re.DOTALL)
HOSTILE: tuple[str, ...] = (
    "", " ", "\n", "\t", "\0", "|", "||", "[", "]", "[[", "(", ")", "()", ",", "=", "==", "!=", "<", ">", "*", "%", "'",
    '"', '""', "''", "`", "```", "\\", '\\"', "{", "}", "{}", "$", "$x$", "<<FIELD>>", "-", "--", "+", ".", "..",
    "/", ":", ";", "é", "İ", "ß", "\U0001d7d9", "\u2028", "\ufeff", "\U0010ffff", "0", "-1", "1e999",
    "9" * 30, "0x1f", "1.", ".5", "NaN",
    "null()", "now()", "_time", "_raw", "#n", "AND", "OR", "NOT", "XOR", "IN", "LIKE", "AS", "BY", "WHERE", "OUTPUT",
    "earliest=-1d", "latest=@w7", "span=1mon", "limit=0", "maxspan=-1s", "(?<a>", "(?=", "[^", "a{99999}",
    "; DROP TABLE", "SELECT 1", "[search x | return 2 $y]", "[| makeresults]", "`drop_dm_object_name(x)`",
    "eval(", "count(eval(x=1))",
)  # fmt: skip


@cache
def seeds() -> tuple[str, ...]:
    """The searches of every case file, in the order of the files."""
    found: dict[str, None] = {}
    for path in sorted(SPL.rglob("*.cases.yaml")):
        for entry in yaml.safe_load(path.read_text()) or []:
            text = str(entry["spl"])
            found[text if text.lstrip().startswith("|") else f"| {text}"] = None
    return tuple(found)


def tokens(text: str) -> list[str]:
    """A text in pieces that joined are the text."""
    return _TOKEN.findall(text)


@cache
def pool() -> tuple[str, ...]:
    """Every token of the case files, once, and some that break things."""
    return (*sorted({token for seed in seeds() for token in tokens(seed)}), *HOSTILE)


def mutated(choose: random.Random, steps: int) -> str:
    """A search after so many changes to one of the case files."""
    found = tokens(choose.choice(seeds()))
    for _ in range(steps):
        found = _step(found, choose)
    return "".join(found)


def _step(found: Sequence[str], choose: random.Random) -> list[str]:
    at, stop = sorted((choose.randint(0, len(found)), choose.randint(0, len(found))))
    stop = min(stop, at + 8)
    match choose.randrange(7):
        case 0:
            return [*found[:at], *found[stop:]]
        case 1:
            return [*found[:at], choose.choice(pool()), *found[at:]]
        case 2:
            return [*found[:at], choose.choice(pool()), *found[at + 1 :]]
        case 3:
            return [*found[:stop], *found[at:stop], *found[stop:]]
        case 4:
            return [*found[:at], *reversed(found[at:stop]), *found[stop:]]
        case 5:
            return [*found, " ", *tokens(choose.choice(seeds()))]
        case _:
            return [*found[:at], "[", *found[at:stop], "]", *found[stop:]]
