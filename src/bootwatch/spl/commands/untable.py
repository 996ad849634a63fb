"""``untable``: columns into rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan, Select
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.names import result_fields
from bootwatch.spl.pivoting import rows_of_columns
from bootwatch.spl.wildcards import expand


@command("untable", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Untable(Command):
    """``untable <x> <name> <value>``: a row for each field of a row besides ``x``: its name and its value.

    Fields without a value give no row; internal fields are left out. The opposite of xyseries.
    """

    x: str
    name_field: str
    value_field: str

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        fields = result_fields(args)
        if len(fields) < 3:
            args.unexpected("three fields: what stays, where names go, where values go")
        if len(fields) > 3:
            args.fail(f"unexpected {fields[3].value!r}", fields[3].span)
        return cls(*(word.value for word in fields))

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = [name for name in expand(["*"], source) if name != self.x]
        rows = rows_of_columns(source, names, self.name_field, self.value_field)
        shown = [name for name in (self.x, self.name_field, self.value_field) if name in rows.fields.known]
        return Select(rows, tuple((name, name) for name in dict.fromkeys(shown)))
