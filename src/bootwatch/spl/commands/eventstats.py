"""``eventstats``: statistics added to every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Drop, Extend, Plan, Window
from bootwatch.algebra.scalars import Call, Case, Column, Fn, IsNull, Or, Scalar
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregation import concrete, plan_terms
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.stats import Aggregation
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.functions.conditional import unify
from bootwatch.spl.values import anything


@command("eventstats", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class EventStats(Command):
    """``eventstats [allnum=f] func(field) [AS name] … [BY fields]``: each row gains the statistics of its group.

    Rows and their order stay. A row lacking a grouping field gets nothing, and a result there is nothing to compute
    from is not written: the field keeps what it held. A multivalue grouping field groups by the
    whole of its values.
    """

    aggregation: Aggregation

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls(Aggregation.parse(args, "allnum"))

    def plan(self, source: Plan, context: Context) -> Plan:
        by = self.aggregation.by
        kinds = [source.fields.type_of(name) for name in by]
        if None in kinds:
            return source
        terms = concrete(self.aggregation.terms, source, by, context)
        calls = Calls()
        results = plan_terms(terms, source, context, calls, allnum=self.aggregation.allnum)
        lacking = tuple(IsNull(Column(name, kind)) for name, kind in zip(by, kinds, strict=True) if kind is not None)
        added = tuple((name, _kept(source, name, scalar, lacking)) for name, scalar in results)
        window = Window(source, by, tuple(calls.found))
        return Drop(Extend(window, added), frozenset(name for name, _ in calls.found))


def _kept(source: Plan, name: str, scalar: Scalar, lacking: tuple[Scalar, ...]) -> Scalar:
    """The result, or where there is none, as in a row without a group, what the field held before."""
    if name not in source.fields.known:
        return scalar
    before = Column(name, source.fields.known[name])
    (old, new), kind, _ = unify([anything(before), anything(scalar)])
    found = Call(Fn.COALESCE, (new, old), kind)
    return Case(((Or(lacking), old),), found, kind) if lacking else found
