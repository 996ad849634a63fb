"""The rules in their order, and the columns the scan has to deliver."""

from __future__ import annotations

from dataclasses import replace

from bootwatch.algebra.plans import Extend, Plan, Scan, sources, with_source
from bootwatch.algebra.rules.needs import needed_of_source
from bootwatch.algebra.rules.pushdown import push_down
from bootwatch.algebra.scalars import columns_of
from bootwatch.events.fields import FOLDED
from bootwatch.events.source import Prefilter


def optimise(plan: Plan, *, prefilter: bool = True) -> Plan:
    """The same rows, cheaper. Without ``prefilter`` the scan lets every event through."""
    plan = fuse_extends(push_down(plan))
    plan = prune(plan, frozenset(plan.fields.known))
    return plan if prefilter else _without_prefilter(plan)


def fuse_extends(plan: Plan) -> Plan:
    """Neighbouring Extends that do not read each other's columns become one."""
    found = sources(plan)
    if found:
        inner = fuse_extends(found[0])
        if inner is not found[0]:
            plan = with_source(plan, inner)
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
    found = sources(plan)
    if not found:
        return plan
    inner = prune(found[0], needed_of_source(plan, needed))
    return plan if inner is found[0] else with_source(plan, inner)


def _without_prefilter(plan: Plan) -> Plan:
    if isinstance(plan, Scan):
        return replace(plan, prefilter=Prefilter())
    found = sources(plan)
    return with_source(plan, _without_prefilter(found[0])) if found else plan
