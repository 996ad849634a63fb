"""``stats``: one row of statistics, or one for each combination of grouping fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bootwatch.algebra.plans import Filter, Plan, Rows, Select
from bootwatch.algebra.scalars import Column, IsNull, Not, Or
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregation import Term, concrete, grouped, parse_term, parse_terms, plan_terms, split_values
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import grouping_field

if TYPE_CHECKING:  # few searches draw any, and what they need takes longer to load than most searches to compile
    from bootwatch.spl.sparklines import Sparkline

_BEFORE = ("partitions", "allnum", "delim")
_AFTER = "dedup_splitvals"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The arguments ``stats`` and ``eventstats`` share: terms, grouping fields, flags."""

    terms: tuple[Term, ...]
    by: tuple[str, ...] = ()
    allnum: bool = False
    dedup_splitvals: bool = False

    @classmethod
    def parse(
        cls, args: Cursor, *before: str, after: tuple[str, ...] = (), lines: list[Sparkline] | None = None
    ) -> Self:
        """``[options] terms [BY fields] [options]``; ``before`` and ``after`` name the options accepted there.

        Sparklines may stand among the terms where ``lines`` is there to take them.
        """
        options = args.options(*before)
        terms = parse_terms(args, "by") if lines is None else _with_lines(args, lines)
        by = grouping_fields(args)
        args.options(*after, given=options)
        for key in ("partitions",):
            if key in options:
                args.as_integer(options[key])
        return cls(
            terms,
            tuple(dict.fromkeys(word.value for word in by)),
            allnum="allnum" in options and args.as_bool(options["allnum"]),
            dedup_splitvals=_AFTER in options and args.as_bool(options[_AFTER]),
        )


def _with_lines(args: Cursor, lines: list[Sparkline]) -> tuple[Term, ...]:
    """Terms and sparklines in any order, up to BY or an option."""
    terms: list[Term] = []
    while not args.done and not args.at_keyword("by") and args.option_name() is None:
        if args.at_keyword("sparkline"):
            from bootwatch.spl.sparklines import parse_sparkline

            lines.append(parse_sparkline(args, place=len(terms) + len(lines)))
        else:
            terms.append(parse_term(args))
        args.mark(",")
    if not terms and not lines:
        args.unexpected("an aggregate function such as count or sum(x)")
    return tuple(terms)


def grouping_fields(args: Cursor) -> tuple[Word, ...]:
    """``BY field [, field …]`` up to an option or the end; empty where no BY stands next. No wildcards."""
    if args.keyword("by") is None:
        return ()
    found: list[Word] = []
    while not args.done and args.option_name() is None:
        found.append(grouping_field(args))
        args.mark(",")
    if not found:
        args.unexpected("a field to group by")
    return tuple(found)


@command("stats", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Stats(Command):
    """``stats [allnum=f] func(field) [AS name] … [BY fields [dedup_splitvals=f]]``: statistics over the rows.

    Rows lacking a grouping field are left out, a multivalue one counts once for each value. Groups come in natural
    order of their values. A result there is nothing to compute from is not written; without BY a row without any
    result is not produced. ``delim`` and ``partitions`` are accepted and change nothing.

    ``sparkline(func(field)[, span])`` draws a statistic over time: the values of its buckets, at most 100 unless the
    span says otherwise, behind the mark ``##__SPARKLINE__##``. An empty bucket is 0 for a count, else an empty text.
    """

    aggregation: Aggregation
    lines: tuple[Sparkline, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        lines: list[Sparkline] = []
        found = Aggregation.parse(args, *_BEFORE, after=(_AFTER,), lines=lines)
        names = [*(term.output for term in found.terms), *(line.output for line in lines), *found.by]
        for line in lines:
            if names.count(line.output) > 1:
                args.fail(f"two results are named '{line.output}'", line.term.span)
        return cls(found, tuple(lines))

    def plan(self, source: Plan, context: Context) -> Plan:
        wanted = self.aggregation
        by = wanted.by
        terms = concrete(wanted.terms, source, by, context)
        source = split_values(source, by, distinct=wanted.dedup_splitvals)
        calls = Calls()
        results = plan_terms(terms, source, context, calls, allnum=wanted.allnum)
        if any(source.fields.type_of(name) is None for name in by):
            kinds = [(name, source.fields.type_of(name) or FieldType.TEXT) for name in by]
            lines = [(line.output, FieldType.MULTI) for line in self.lines]
            return Rows((*kinds, *((name, scalar.type) for name, scalar in results), *lines), ())
        table: Plan
        if self.lines:
            from bootwatch.spl.sparklines import drawn

            table = drawn(source, by, calls, results, self.lines, context)
        else:
            table = grouped(source, by, calls, results)
        names = [name for name, _ in results]
        for line in self.lines:
            names.insert(line.place, line.output)
        columns = tuple((name, name) for name in (*by, *names))
        found: Plan = Select(table, columns)
        if by or self.lines:
            return found
        present = tuple(Not(IsNull(Column(name, scalar.type))) for name, scalar in results)
        return Filter(found, Or(present)) if present else Rows((), ())
