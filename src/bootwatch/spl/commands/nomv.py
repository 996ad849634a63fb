"""``nomv``: several values as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Call, Fn, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor


@command("nomv", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class NoMv(Command):
    """``nomv <field>``: the values of a field as one text, a line each."""

    field: str

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls(args.field(made=True).value)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        if of is None or of.type is not FieldType.MULTI:
            return source
        return Extend(source, ((self.field, Call(Fn.LIST_JOIN, (of, text("\n")), FieldType.TEXT)),))
