"""PCRE2 over batches of text, with Splunk's match limits: for patterns RE2 cannot run or cannot answer exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import pcre2

from bootwatch.match.regex import DEPTH_LIMIT, MATCH_LIMIT

T = TypeVar("T")
Compiled = pcre2.Pattern


@lru_cache(maxsize=512)
def compile_limited(pattern: str) -> pcre2.Pattern:
    """The pattern with its match limits set. Raises pcre2.PatternError for what PCRE2 refuses.

    Classes such as ``\\w`` are ASCII, as in Splunk's PCRE and in RE2.
    """
    return pcre2.compile(f"(*LIMIT_MATCH={MATCH_LIMIT})(*LIMIT_DEPTH={DEPTH_LIMIT}){pattern}", flags=pcre2.ASCII)


def over(
    texts: Iterable[str | None], pattern: str, give: Callable[[pcre2.Pattern, str], T], notes: list[str]
) -> list[T | None]:
    """``give(compiled, text)`` for each text; None for an absent text and where a match limit was reached.

    A limit that was reached is said once in ``notes``, as Splunk says it on the search.
    """
    compiled = compile_limited(pattern)
    found: list[T | None] = []
    given_up = 0
    for text in texts:
        if text is None:
            found.append(None)
            continue
        try:
            found.append(give(compiled, text))
        except pcre2.LibraryError:
            given_up += 1
            found.append(None)
    if given_up:
        limit = f"the match limit ({MATCH_LIMIT:,})"
        note = f"the regular expression {pattern!r} reached {limit} and was given up on some values"
        if note not in notes:
            notes.append(note)
    return found


def first_group(regex: pcre2.Pattern, text: str, number: int) -> str | None:
    """A group of the first match, None where nothing matched or it took no part."""
    found = regex.search(text)
    return None if found is None else found.group(number)


def all_groups(regex: pcre2.Pattern, text: str, number: int, limit: int) -> list[str] | None:
    """A group of each match in order, matches without it skipped; None if nothing is left."""
    values: list[str] = []
    for count, found in enumerate(regex.finditer(text)):
        if limit and count >= limit:
            break
        value = found.group(number)
        if value is not None:
            values.append(value)
    return values or None


def offsets(regex: pcre2.Pattern, text: str, named: Sequence[tuple[str, int]]) -> str | None:
    """``name=start-end`` of each group of the first match, zero-based, the end included, joined by ``&``.

    A group that took no part or matched nothing has no characters to point at and is left out.
    """
    found = regex.search(text)
    if found is None:
        return None
    spans = [(name, found.start(number), found.end(number)) for name, number in named if found.group(number)]
    return "&".join(f"{name}={start}-{end - 1}" for name, start, end in spans) or None


def substitute(regex: pcre2.Pattern, text: str, replacement: str, nth: int) -> str:
    """Every match (``nth`` 0) or only the nth replaced; ``\\0`` to ``\\9`` in the replacement are groups."""
    out: list[str] = []
    at = 0
    for count, found in enumerate(regex.finditer(text), 1):
        if nth and count != nth:
            continue
        out.append(text[at : found.start()])
        out.append(_expand(found, replacement))
        at = found.end()
        if nth:
            break
    out.append(text[at:])
    return "".join(out)


def _expand(found: pcre2.Match, replacement: str) -> str:
    if "\\" not in replacement:
        return replacement
    out: list[str] = []
    at = 0
    while at < len(replacement):
        char = replacement[at]
        following = replacement[at + 1 : at + 2]
        if char == "\\" and following.isdigit():
            number = int(following)
            out.append((found.group(number) or "") if number <= found.re.groups else "")
            at += 2
        elif char == "\\" and following == "\\":
            out.append("\\")
            at += 2
        else:
            out.append(char)
            at += 1
    return "".join(out)
