"""``search``: keep the events that hold some terms and whose fields compare as asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Drop, Explode, Extend, Filter, Limit, Plan, Reverse, Scan, Sort, Window
from bootwatch.algebra.scalars import FALSE, Column, Compare, Const, Scalar, ToNumber
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.errors import Span
from bootwatch.events.fields import SOURCETYPE
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.lower_terms import TermLowerer, all_of, settled
from bootwatch.spl.terms import Comparison, Conjunction, Disjunction, SearchExpression, parse_terms
from bootwatch.spl.timerange import TimeBound, bound_predicate, is_time_modifier, scoped, time_bound

_DEFERRED: Final = re.compile(
    r'\|\s*eval\s+(\w+)Condition\d*=if\(isnotnull\(\1Match\d*\), "true", "false"\)\s*\|\s*search\s*$'
)
"""What pySigma's Splunk backend writes before the conditions that come after a regular expression."""

_SELECT: Final = re.compile(r"\s*(select)\s[^|]*?\sfrom\s", re.IGNORECASE)


@command("search", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Search(Command):
    """``search <terms and comparisons>``: the events for which the expression holds, in their order.

    Free text matches whole index terms, case-insensitively; comparisons are of strings with ``*`` wildcards.
    ``earliest=`` and ``latest=`` at the top level bound ``_time``. An OR that begins the expression is refused, except
    where pySigma's Splunk backend wrote it: its left side stands in the base search, so it holds for every row here.
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
        first = None if implied or args.next != "O" else args.keyword("OR")
        if implied and (select := _SELECT.match(args.text, args.at, args.end)) is not None:
            args.fail(
                "this is SQL, and a search is none",
                Span(select.start(1), select.end(1)),
                hint="name the events and pipe them on: index=network | table host",
            )
        if first is None or args.text[first.span.start : first.span.end] != "OR" or args.next in ("", ")", "="):
            args.at = before
            return cls(parse_terms(args), implied)
        if _DEFERRED.search(args.text[:before]) is None:
            args.fail("OR needs a term on both sides", first.span)
        joined = parse_terms(args)
        parts = joined.parts if isinstance(joined, Conjunction) else (joined,)
        always = Disjunction((Conjunction((), first.span), parts[0]), first.span | parts[0].span)
        return cls(Conjunction((always, *parts[1:]), always.span | joined.span), dangling=True)

    def plan(self, source: Plan, context: Context) -> Plan:
        if self.dangling:
            warning = "a search begins with OR: what it joins stands in the base search, so it holds for every row"
            if warning not in context.warnings:
                context.warnings.append(warning)
        parts = self.expression.parts if isinstance(self.expression, Conjunction) else (self.expression,)
        bounds = [part for part in parts if isinstance(part, Comparison) and is_time_modifier(part)]
        wanted = Conjunction(tuple(part for part in parts if part not in bounds), self.expression.span)
        lowerer = TermLowerer(source.fields, context, aliases=is_raw(source))
        times = [time_bound(part, context) for part in bounds]
        if isinstance(source, Scan):
            times = scoped(times, context)
        return Filter(source, all_of([*(_within(bound, source.fields) for bound in times), lowerer.predicate(wanted)]))


def _within(bound: TimeBound, fields: FieldSet) -> Scalar:
    """The rows in a bound; none of results that have no time any more."""
    kind = fields.type_of(bound.field)
    if kind is None or kind is FieldType.MULTI:
        return FALSE
    if kind.numeric:
        return bound_predicate(bound)
    return settled(Compare(bound.op, ToNumber(Column(bound.field, kind)), Const(bound.epoch, FieldType.NUMBER)))


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
