"""The rules in their order, and the columns the scan has to deliver."""

from __future__ import annotations

from dataclasses import replace

from bootwatch.algebra.plans import Extend, Plan, Scan, mapped, sources, with_sources
from bootwatch.algebra.rules.needs import needed_of_sources
from bootwatch.algebra.rules.phrases import mark_phrases
from bootwatch.algebra.rules.pushdown import push_down
from bootwatch.algebra.scalars import columns_of
from bootwatch.events.fields import FOLDED
from bootwatch.events.source import Prefilter


def optimise(plan: Plan, *, prefilter: bool = True) -> Plan:
    """The same rows, cheaper. Without ``prefilter`` the scan lets every event through."""
    plan = mark_phrases(fuse_extends(push_down(plan)))
    plan = prune(plan, frozenset(plan.fields.known))
    return plan if prefilter else _without_prefilter(plan)


def fuse_extends(plan: Plan) -> Plan:
    """Neighbouring Extends that do not read each other's columns become one."""
    plan = mapped(plan, fuse_extends)
    if isinstance(plan, Extend) and isinstance(plan.source, Extend):
        made = {name for name, _ in plan.source.assignments}
        read = frozenset().union(*(columns_of(scalar) for _, scalar in plan.assignments))
        if not made & (read | {name for name, _ in plan.assignments}):
            return Extend(plan.source.source, (*plan.source.assignments, *plan.assignments))
    return plan


def prune(plan: Plan, needed: frozenset[str]) -> Plan:
    """The scan learns which columns anybody reads, the others are never made."""
    if isinstance(plan, Scan):
        return replace(plan, needed=tuple(sorted(needed - {FOLDED})))
    below = sources(plan)
    wanted = needed_of_sources(plan, needed)
    inner = tuple(prune(source, names) for source, names in zip(below, wanted, strict=True))
    same = all(new is old for new, old in zip(inner, below, strict=True))
    return plan if same else with_sources(plan, inner)


def _without_prefilter(plan: Plan) -> Plan:
    if isinstance(plan, Scan):
        return replace(plan, prefilter=Prefilter())
    return mapped(plan, _without_prefilter)
