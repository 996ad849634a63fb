"""Options of several things that stand next to one another."""

from __future__ import annotations

from collections.abc import Sequence

from bootwatch.spl.cursor import Word


def scopes_of(*scopes: tuple[Sequence[str], dict[str, Word]]) -> dict[str, dict[str, Word]]:
    """Where each option goes, by its name; of a name in several scopes the first."""
    found: dict[str, dict[str, Word]] = {}
    for names, given in scopes:
        for name in names:
            found.setdefault(name, given)
    return found
