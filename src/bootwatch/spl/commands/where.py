"""``where``: keep rows by an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Filter, Plan
from bootwatch.spl.command import Command, CommandKind, command, lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.expressions import Expression, parse_expression


@command("where", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Where(Command):
    """``where <expression>``: the rows for which the expression is true; null is not true.

    The right side of a comparison is an expression: an unquoted word is a field, a string has double quotes. There are
    no wildcards; use ``like()`` or ``match()``.
    """

    expression: Expression

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found = parse_expression(args)
        args.finish("an operator")
        return cls(found)

    def plan(self, source: Plan, context: Context) -> Plan:
        return Filter(source, lowerer(source.fields, context).condition(self.expression))
