"""``search``: keep the events that hold some terms and whose fields compare as asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Drop, Explode, Extend, Filter, Limit, Plan, Reverse, Scan, Sort, Window
from bootwatch.events.fields import SOURCETYPE
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.lower_terms import TermLowerer, all_of
from bootwatch.spl.terms import Comparison, Conjunction, SearchExpression, parse_terms
from bootwatch.spl.timerange import bound_predicate, is_time_modifier, scoped, time_bound


@command("search", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Search(Command):
    """``search <terms and comparisons>``: the events for which the expression holds, in their order.

    Free text matches whole index terms, case-insensitively; comparisons are of strings with ``*`` wildcards.
    ``earliest=`` and ``latest=`` at the top level bound ``_time``.
    """

    expression: SearchExpression
    implied: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls(parse_terms(args))

    @classmethod
    def read(cls, args: Cursor, *, implied: bool) -> Self:
        """As :meth:`parse`, for the search a text begins with."""
        return cls(parse_terms(args), implied)

    def plan(self, source: Plan, context: Context) -> Plan:
        parts = self.expression.parts if isinstance(self.expression, Conjunction) else (self.expression,)
        bounds = [part for part in parts if isinstance(part, Comparison) and is_time_modifier(part)]
        wanted = Conjunction(tuple(part for part in parts if part not in bounds), self.expression.span)
        lowerer = TermLowerer(source.fields, context, aliases=is_raw(source))
        times = [time_bound(part, context) for part in bounds]
        if isinstance(source, Scan):
            times = scoped(times, context)
        return Filter(source, all_of([*map(bound_predicate, times), lowerer.predicate(wanted)]))


def is_raw(plan: Plan) -> bool:
    """Whether the rows are still events as they were read, so that their sourcetype is the one recognised."""
    if plan.fields.type_of(SOURCETYPE) is None:
        return False
    while not isinstance(plan, Scan):
        match plan:
            case Filter() | Sort() | Limit() | Reverse() | Explode() | Window() | Drop():
                plan = plan.source
            case Extend() if all(name != SOURCETYPE for name, _ in plan.assignments):
                plan = plan.source
            case _:
                return False
    return True
