"""Which columns a plan needs of its source, given the columns needed of it."""

from __future__ import annotations

from typing import assert_never

from bootwatch.algebra.plans import (
    Aggregate,
    Deferred,
    Drop,
    Explode,
    Extend,
    Filter,
    Generate,
    Join,
    Limit,
    Plan,
    Reverse,
    Rows,
    Scan,
    Select,
    Sort,
    Stored,
    Table,
    Union,
    Window,
    sources,
)
from bootwatch.algebra.scalars import columns_of


def needed_of_source(plan: Plan, needed: frozenset[str]) -> frozenset[str]:
    """Names of the source's columns (hidden ones included) that ``needed`` columns of ``plan`` rest on."""
    match plan:
        case Scan() | Generate() | Rows() | Table() | Stored():
            return frozenset()
        case Filter():
            return needed | columns_of(plan.predicate)
        case Extend():
            assigned = dict(plan.assignments)
            read = frozenset().union(*(columns_of(scalar) for name, scalar in plan.assignments if name in needed))
            return (needed - assigned.keys()) | read
        case Select():
            made = {new for new, _ in plan.columns}
            hidden = {name for name in needed if name[0] == "#" and name not in made}
            return frozenset(old for new, old in plan.columns if new in needed) | hidden
        case Drop():
            return needed - plan.names
        case Limit() | Reverse() | Union():
            return needed
        case Join():
            return needed.union(*plan.on)
        case Sort():
            return needed.union(*(columns_of(key.by) for key in plan.keys))
        case Aggregate():
            args = (columns_of(arg) for name, call in plan.calls if name in needed for arg in call.args)
            return frozenset(plan.by).union(*args)
        case Window():
            names = {name for name, _ in plan.calls}
            args = (columns_of(arg) for name, call in plan.calls if name in needed for arg in call.args)
            frame = frozenset() if plan.preceding is None else columns_of(plan.preceding)
            return (needed - names).union(plan.by, frame, *args)
        case Explode():
            return needed | {plan.column}
        case Deferred():
            return frozenset(plan.source.fields.known)
        case _:
            assert_never(plan)


def needed_of_sources(plan: Plan, needed: frozenset[str]) -> tuple[frozenset[str], ...]:
    """As :func:`needed_of_source`, for each of :func:`sources`: of several, each gives what it can have."""
    below = sources(plan)
    names = needed_of_source(plan, needed)
    if len(below) < 2:
        return tuple(names for _ in below)
    return tuple(frozenset(name for name in names if source.fields.type_of(name) is not None) for source in below)
