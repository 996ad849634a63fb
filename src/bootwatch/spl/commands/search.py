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
    ``earliest=`` and ``latest=`` at the top level bound ``_time``. An OR that begins the expression has nothing to join
    and is left out with a warning: converters of rules write such searches.
    """

    expression: SearchExpression
    implied: bool = False
    dangling: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls.read(args, implied=False)

    @classmethod
    def read(cls, args: Cursor, *, implied: bool) -> Self:
        """As :meth:`parse`, knowing whether the text says the command's name."""
        before = args.at
        dangling = not implied and args.text.startswith("OR", args.at) if args.next == "O" else False
        if dangling and args.keyword("OR") is not None and args.next not in ("", ")", "="):
            return cls(parse_terms(args), implied, dangling=True)
        args.at = before
        return cls(parse_terms(args), implied)

    def plan(self, source: Plan, context: Context) -> Plan:
        if self.dangling:
            warning = "a search begins with OR, which has nothing to join and is left out"
            if warning not in context.warnings:
                context.warnings.append(warning)
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
