"""A regular expression of a content pack, run by PCRE2 under its match limit.

Packs are written by people and read hostile text, so Python's ``re``, which has no limit, never runs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pcre2

if TYPE_CHECKING:
    from collections.abc import Iterator


class PatternError(ValueError):
    """A pattern PCRE2 refuses; the message is PCRE2's."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as written, compiled once. Case-sensitive, unanchored, ``.`` stops at a newline, as in Splunk.

    A text on which the match limit is reached counts as not matching from there on: what a pattern marks or names is
    an aid for the reader, whether an event counts was decided by the search.
    """

    text: str
    _compiled: pcre2.Pattern = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Raises PatternError."""
        try:
            return cls(text, pcre2.compile(text))
        except pcre2.PatternError as exc:
            raise PatternError(str(exc)) from exc

    @property
    def groups(self) -> int:
        """How many capture groups the pattern has."""
        return int(self._compiled.groups)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Every non-overlapping match that is not empty, as half-open ranges of character offsets, in order."""
        return tuple((start, end) for start, end in self._found(text, 0) if end > start)

    def captures(self, text: str) -> tuple[str, ...]:
        """What the first group captured in every match, in order; empty captures and unmatched groups left out."""
        return tuple(text[start:end] for start, end in self._found(text, 1) if end > start)

    def _found(self, text: str, group: int) -> Iterator[tuple[int, int]]:
        try:
            for match in self._compiled.finditer(text):
                start, end = match.span(group)
                yield int(start), int(end)
        except pcre2.LibraryError:
            return
