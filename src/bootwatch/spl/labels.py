"""Names that events carry: event types whose searches they satisfy, and the tags of those."""

from __future__ import annotations

from collections.abc import Mapping

from bootwatch.algebra.plans import Plan
from bootwatch.algebra.scalars import Call, Case, Fn, Scalar, ToMulti, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.context import Context
from bootwatch.spl.event_types import events_of
from bootwatch.spl.lower_terms import TermLowerer


def named(source: Plan, context: Context, names: Mapping[str, frozenset[str]]) -> Scalar:
    """The names an event has, sorted and each once: those of every event type it satisfies; null of none."""
    lowerer = TermLowerer(source.fields, context)
    kinds = context.knowledge.event_types()
    carriers: dict[str, list[Scalar]] = {}
    for kind, given in names.items():
        predicate = events_of(lowerer, kinds[kind])
        for name in given:
            carriers.setdefault(name, []).append(predicate)
    each: list[Scalar] = []
    for name in sorted(carriers):
        branches = tuple((predicate, text(name)) for predicate in carriers[name])
        each.append(ToMulti(Case(branches, null(), FieldType.TEXT)))
    if not each:
        return null(FieldType.MULTI)
    return Call(Fn.LIST_APPEND, tuple(each), FieldType.MULTI)
