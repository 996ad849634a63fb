"""How much one search may make: named limits, each with the message of what reaches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of commands that make rows or columns out of data.

    ``max_expanded_rows``: rows mvexpand and multikv make. ``max_columns``: columns made of values (chart, xyseries,
    transpose, {field}=). ``max_extracted_fields``: fields one extraction makes (spath, extract, xmlkv, fromjson).
    ``max_buckets``: rows a continuous axis has (timechart, makecontinuous). ``max_generated_rows``: rows of gentimes.
    """

    max_expanded_rows: int = 10_000_000
    max_columns: int = 1_000
    max_extracted_fields: int = 512
    max_buckets: int = 50_000
    max_generated_rows: int = 1_000_000
