"""``fromjson``: the members of a JSON object as fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan, column
from bootwatch.algebra.scalars import Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import extracted
from bootwatch.spl.values import as_text


@command("fromjson", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class FromJson(Command):
    """``fromjson <field> [prefix=<text>]``: a field for every member of the object a field holds as JSON.

    An array gives several values, an object inside stays JSON. A field that is there already is replaced. A text that
    is no JSON object gives nothing.
    """

    field: str
    prefix: str = ""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("prefix")
        field = args.field()
        args.options("prefix", given=options)
        return cls(field.value, options["prefix"].value if "prefix" in options else "")

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None:
            return source
        pairs = Kernel("object_pairs", (as_text(of),), (self.prefix,), FieldType.MULTI)
        return extracted(source, pairs, context, what="fromjson")
