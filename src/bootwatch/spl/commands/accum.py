"""``accum``: a running total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window, column
from bootwatch.algebra.scalars import Case, Column, IsNull, null
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import as_number

_SUM: Final = "#sum"


@command("accum", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Accum(Command):
    """``accum <field> [AS <name>]``: the sum of the field's numbers up to each row, in row order.

    A row where the field is no number adds nothing and keeps what it has.
    """

    field: str
    target: str

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        field, target = renamed_field(args)
        return cls(field, field if target is None else target)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        if of is None:
            return source
        value = as_number(of)
        kind = value.type
        total = Window(source, (), ((_SUM, AggCall(AggFn.SUM, (value,), kind)),), running=True)
        counted = Case(((IsNull(value), null(kind)),), Column(_SUM, kind), kind)
        return Drop(Extend(total, ((self.target, or_before(source, self.target, counted)),)), frozenset((_SUM,)))


def renamed_field(args: Cursor) -> tuple[str, str | None]:
    """``<field> [AS <name>]``."""
    field = args.field(made=True)
    if args.keyword("as") is None:
        return field.value, None
    return field.value, args.field(what="a new name").value
