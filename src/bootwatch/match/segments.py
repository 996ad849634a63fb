"""How Splunk cuts text into index terms, and the regular expressions that ask for a whole term.

Follows Splunk's segmenters.conf (default index segmentation, INTERMEDIATE_MAJORS off): major breakers cut an event into
segments, minor breakers cut a segment into pieces; segments and pieces are the terms, case-folded. The expressions here
are for folded text, and exact but for one thing: a wildcard or a hyphen may run over a breaker of several characters.
``CODED`` finds the texts that hold one, and ``walked`` answers for those, more slowly.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bootwatch.match.regex import Regex, parse

MINOR: Final = frozenset("/:=@.-$#%\\_")
CODES: Final = ("2526", "2520", "21", "26", "3b", "7c", "20", "2b", "3d", "5d", "5b", "3a", "0a", "2c", "28", "29")
"""URL-encoded major breakers, without their percent sign."""

BREAKERS: Final = " \t\n\r[]<>(){}|!;,'\"*&?+/:=@.$#%\\_-"
"""The breakers of one character, major and minor."""

_CODE = "%(?i:" + "|".join(CODES) + ")"
_MAJOR_CLASS = r" \t\n\r\[\]<>(){}|!;,'\"*&?+"
_MINOR_CLASS = r"/:=@.$#%\\_\-"
_ANY = f"[{_MAJOR_CLASS}{_MINOR_CLASS}]"
_ANY_BUT_PERCENT = _ANY.replace("%", "")
_SPLIT = re.compile(f"{_CODE}|[{_MAJOR_CLASS}{_MINOR_CLASS}]", re.IGNORECASE)
_SPLIT_KEEPING_STARS = re.compile(f"{_CODE}|[{_MAJOR_CLASS}{_MINOR_CLASS}]".replace("*", ""), re.IGNORECASE)
_MAJOR_SPLIT = re.compile(f"{_CODE}|--|[{_MAJOR_CLASS}]", re.IGNORECASE)


def terms_of(literal: str, *, wildcards: bool = False) -> tuple[str, ...]:
    """The lower-case terms of a search literal, cut at every breaker; with ``wildcards``, ``*`` stays inside terms."""
    splitter = _SPLIT_KEEPING_STARS if wildcards else _SPLIT
    return tuple(term for term in splitter.split(literal.lower()) if term)


def has_major(literal: str) -> bool:
    """Whether a literal holds a major breaker other than a wildcard, so that it can never be one term."""
    return _MAJOR_SPLIT.search(literal.replace("*", "")) is not None


def has_minor(literal: str) -> bool:
    """Whether a literal holds a minor breaker."""
    return not MINOR.isdisjoint(literal)


def starts_inside(literal: str) -> bool:
    """Whether the literal begins with a breaker: its first term is then bounded on the left by the literal itself."""
    return _SPLIT.match(literal) is not None


def ends_inside(literal: str) -> bool:
    """Whether the literal ends with a breaker."""
    found = list(_SPLIT.finditer(literal))
    return bool(found) and found[-1].end() == len(literal)


CODED: Final = parse(f"--|{_CODE}")
"""The text holds a breaker of several characters."""


@lru_cache(maxsize=4096)
def bounded(term: str) -> Regex:
    """The term stands whole in the text: between breakers or the text's ends. ``term`` may hold ``*``."""
    found = parse("(?s)" + _piece(term))
    return found if "*" in term else replace(found, whole_term=term)


@lru_cache(maxsize=4096)
def one_term(literal: str, *, fold: bool = True) -> Regex:
    """``TERM(literal)``: the literal is a whole segment, or a whole piece if it holds no minor breaker."""
    text = literal.lower() if fold else literal
    inner = _glob(text, "(?:-?[^" + _MAJOR_CLASS + r"\-])*-?")
    majors = f"(?:[{_MAJOR_CLASS}]|--|{_CODE})"
    spelled = f"(?:\\A|{majors}){inner}(?:\\z|{majors})"
    if not MINOR & set(text):
        spelled = f"(?:{spelled}|{_piece(text)})"
    return parse("(?s)" + spelled)


@lru_cache(maxsize=4096)
def phrase(literal: str) -> Regex:
    """The literal stands in the text between breakers or the text's ends; a breaker at its own edge will do."""
    left = "" if starts_inside(literal) else _left(literal)
    right = "" if ends_inside(literal) else f"(?:\\z|{_ANY})"
    return parse(f"(?s){left}{re.escape(literal)}{right}")


@lru_cache(maxsize=4096)
def walked(term: str, *, segments_only: bool = False) -> Regex:
    """The term, with ``*`` as any run, is a whole segment or piece: the text is cut from its start, as indexing does.

    ``segments_only``: pieces between minor breakers do not count.
    """
    ways = [_walk(term, f"{_CODE}|--|[{_MAJOR_CLASS}]")]
    if not segments_only:
        ways.append(_walk(term, f"{_CODE}|{_ANY}"))
    return parse(f"(?s)\\A(?:{'|'.join(ways)})")


def _walk(term: str, breaker: str) -> str:
    inside = f"(?:(?!{breaker}).)*"
    spelled = _glob(term, inside, before_breaker=f"(?!{breaker})")
    return f"(?:{inside}+(?>{breaker}))*?{spelled}(?=\\z|{breaker})"


@lru_cache(maxsize=4096)
def glob(literal: str, *, anchored: bool = False) -> Regex:
    """A literal with ``*`` as any run of characters, anywhere in the text, or over the whole text if ``anchored``."""
    body = _glob(literal, ".*")
    return parse(f"(?s)\\A{body}\\z" if anchored else f"(?s){body}")


def _piece(term: str) -> str:
    left = _left(term)
    if term.startswith("*"):
        left = ""
    right = "" if term.endswith("*") else f"(?:\\z|{_ANY})"
    core = term.strip("*")
    if "*" not in core:
        return f"{left}{re.escape(core)}{right}"
    piece = f"{left}{_glob(core, f'[^{_ANY[1:-1]}]*')}{right}"
    majors = f"(?:[{_MAJOR_CLASS}]|--|{_CODE})"
    inner = "(?:-?[^" + _MAJOR_CLASS + r"\-])*-?"
    segment_left = inner if term.startswith("*") else f"(?:\\A|{majors})"
    segment_right = inner if term.endswith("*") else f"(?:\\z|{majors})"
    return f"(?:{piece}|{segment_left}{_glob(core, inner)}{segment_right})"


def _left(term: str) -> str:
    """What may stand before a term. ``%20b`` holds the breaker ``%20`` and the term ``b``, never the term ``20b``."""
    if term.lower().startswith(CODES):
        return f"(?:\\A|{_ANY_BUT_PERCENT}|{_CODE})"
    return f"(?:\\A|{_ANY}|{_CODE})"


def _glob(text: str, run: str, *, before_breaker: str = "") -> str:
    parts = (re.sub(r"(%|\\-)", before_breaker + r"\1", re.escape(part)) for part in re.split(r"\*+", text))
    return run.join(parts)
