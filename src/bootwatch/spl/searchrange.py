"""The time range of a search: what its filters say, or else the scope it was given."""

from __future__ import annotations

from bootwatch.algebra.plans import Plan, Scan, sources
from bootwatch.algebra.rules.pushdown import push_down
from bootwatch.spl.context import Context


def search_range(source: Plan, context: Context) -> tuple[float | None, float | None]:
    """Earliest (inclusive) and latest (exclusive) time of the events a plan reads, None where there is no bound."""
    below: Plan | None = source
    while below is not None and not isinstance(below, Scan):
        found = sources(below)
        below = found[0] if found else None
    if below is None:
        return context.earliest, context.latest
    leaf: Plan = push_down(source)
    while not isinstance(leaf, Scan):
        leaf = sources(leaf)[0]
    return _seconds(leaf.earliest_us), _seconds(leaf.latest_us)


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1e6
