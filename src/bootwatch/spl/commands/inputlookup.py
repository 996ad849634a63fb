"""``inputlookup``: the rows of a lookup's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from bootwatch.algebra.plans import Filter, Limit, Plan
from bootwatch.errors import SplUnsupported
from bootwatch.spl import lookups
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower_terms import TermLowerer
from bootwatch.spl.terms import SearchExpression, parse_terms

_OPTIONS: Final = ("append", "strict", "start", "max")


@command("inputlookup", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Inputlookup(GeneratingCommand):
    """``inputlookup [append=f] [strict=f] [start=0] [max=] <table> [where <search>]``: the rows of a lookup, as text.

    An empty cell is an absent field. ``where`` is search language. With ``append=t`` the rows come after those there
    are. A table that is not there has no rows and is a warning; with ``strict=t`` it is refused.
    """

    appendable: ClassVar[bool] = True

    table: Word
    where: SearchExpression | None = None
    append: bool = False
    strict: bool = False
    start: int = 0
    most: int | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls.read(args, "the name of a lookup")

    @classmethod
    def read(cls, args: Cursor, what: str, *more: str) -> Self:
        """The arguments; ``more`` are options that change nothing."""
        options = args.options(*_OPTIONS, *more)
        table = args.word()
        if table is None:
            args.unexpected(what)
        args.options(*_OPTIONS, *more, given=options)
        where: SearchExpression | None = None
        if args.keyword("where") is not None:
            if args.done:
                args.unexpected("a condition")
            where = parse_terms(args)
        return cls(
            table,
            where,
            "append" in options and args.as_bool(options["append"]),
            "strict" in options and args.as_bool(options["strict"]),
            args.as_integer(options["start"]) if "start" in options else 0,
            args.as_integer(options["max"]) if "max" in options else None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        found = self.generate(context)
        return one_after_the_other((source, found)) if self.append else found

    def generate(self, context: Context) -> Plan:
        lookup = context.knowledge.lookups.find(self.table.value)
        if self.strict and (lookup is None or not lookup.exists):
            message = f"the lookup '{self.table.value}' is not there"
            raise SplUnsupported(message, text=context.text, span=self.table.span, hint="--lookups DIR holds lookups")
        found: Plan = lookups.rows(self.table.value, context, start=self.start)
        if self.where is not None:
            found = Filter(found, TermLowerer(found.fields, context).predicate(self.where))
        return found if self.most is None else Limit(found, self.most)
