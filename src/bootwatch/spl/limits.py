"""How much one search may make: named limits, each with the message of what reaches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Self

from bootwatch.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of commands that make rows or columns out of data.

    ``max_expanded_rows``: rows mvexpand and multikv make. ``max_columns``: columns made of values (chart, xyseries,
    transpose, {field}=). ``max_extracted_fields``: fields one extraction makes (spath, extract, xmlkv, fromjson).
    ``max_buckets``: rows a continuous axis has (timechart, makecontinuous). ``max_generated_rows``: rows of gentimes.
    ``max_foreach_items``: values of one field foreach goes through.
    ``max_subsearch_rows``: rows of a subsearch that become terms, ``max_subsearch_depth``: subsearches in each other;
    ``max_appended_rows``: rows of one that are appended or joined; ``max_joined_rows``: rows a join of several partners
    makes. ``max_map_searches``: searches map runs, ``max_subsearches``: subsearches of any kind in one search.
    ``max_open_transactions``: transactions that are open at a time.
    """

    max_expanded_rows: int = 10_000_000
    max_columns: int = 1_000
    max_extracted_fields: int = 512
    max_buckets: int = 50_000
    max_generated_rows: int = 1_000_000
    max_foreach_items: int = 256
    max_subsearch_rows: int = 10_000
    max_subsearch_depth: int = 8
    max_appended_rows: int = 50_000
    max_joined_rows: int = 10_000_000
    max_map_searches: int = 1_000
    max_subsearches: int = 10_000
    max_open_transactions: int = 5_000

    @classmethod
    def of(cls, settings: Iterable[str]) -> Self:
        """Limits from settings such as ``max_columns=500``. Raises SettingsError for a name or number that is none."""
        known = [field.name for field in fields(cls)]
        found: dict[str, int] = {}
        for setting in settings:
            name, _, number = setting.partition("=")
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"limits are: {', '.join(known)}"
                raise SettingsError(f"no limit is called {name!r}; {hint}", key="--limit")
            if name in found:
                raise SettingsError(f"{name} is given twice", key="--limit")
            if not number.isdecimal() or not 0 < int(number) < 10**12:
                raise SettingsError(f"{name} needs a whole number above 0, not {number!r}", key="--limit")
            found[name] = int(number)
        return cls(**found)
