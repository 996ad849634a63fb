"""A pattern that marks and names things in one text: PCRE2 under the match limits of :mod:`bootwatch.match.regex`.

For the few texts of a result (evidence of a finding), not for searching: a search runs its patterns in batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pcre2

from bootwatch.match.regex import parse


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as written, compiled once. Case-sensitive, unanchored, ``.`` stops at a newline, as in Splunk.

    A text on which a match limit is reached counts as not matching from there on: what a pattern marks or names is an
    aid for the reader, whether an event counts was decided by the search.
    """

    text: str
    groups: int
    """How many capture groups it has."""
    _compiled: pcre2.Pattern = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Raises RegexError where PCRE2 refuses the pattern."""
        regex = parse(text)
        return cls(text, regex.groups, pcre2.compile(regex.limited))

    def finds(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""
        return next(self._found(text, 0), None) is not None

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
