"""Regular expressions beyond RE2: PCRE2 with match limits, value by value over a batch."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel
from bootwatch.match import pcre
from bootwatch.match.regex import Regex


@kernel("regex_matches")
def matches(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether the pattern matches anywhere. Settings: pattern."""
    return pcre.over(arrays[0].to_pylist(), settings[0], lambda regex, text: regex.search(text) is not None, notes)


@kernel("regex_group")
def group(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A group of the first match; null where nothing matched or the group took no part. Settings: pattern, group."""
    number = int(settings[1])
    return pcre.over(
        arrays[0].to_pylist(), settings[0], lambda regex, text: pcre.first_group(regex, text, number), notes
    )


@kernel("regex_all")
def every(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A group of every match, in order; null where none took part. Settings: pattern, group, limit (0: all)."""
    number, limit = int(settings[1]), int(settings[2])
    return pcre.over(
        arrays[0].to_pylist(), settings[0], lambda regex, text: pcre.all_groups(regex, text, number, limit), notes
    )


@kernel("regex_replace")
def replace(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Matches replaced; ``\\1`` refers to a group. Settings: pattern, replacement, nth (0: all)."""
    nth = int(settings[2])
    return pcre.over(
        arrays[0].to_pylist(), settings[0], lambda regex, text: pcre.substitute(regex, text, settings[1], nth), notes
    )


@kernel("regex_offsets")
def offsets(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Where the named groups of the first match stand, ``name=start-end`` joined by ``&``; null where nothing matched.

    Settings: pattern, ``name:group,…``.
    """
    named = [(name, int(number)) for name, _, number in (part.rpartition(":") for part in settings[1].split(","))]
    return pcre.over(arrays[0].to_pylist(), settings[0], lambda regex, text: pcre.offsets(regex, text, named), notes)


def matching(texts: Sequence[str | None], regex: Regex, notes: list[str]) -> list[bool | None]:
    """Whether a pattern matches anywhere in each text: by RE2 over all at once where it has the same meaning."""
    if regex.re2 is None:
        return pcre.over(texts, regex.source, lambda compiled, text: compiled.search(text) is not None, notes)
    found: list[bool | None] = pc.match_substring_regex(pa.array(texts, pa.string()), regex.re2).to_pylist()
    return found
