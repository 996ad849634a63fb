"""``table``: only these columns, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Filter, Plan, Select
from bootwatch.algebra.scalars import FALSE, null
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.presence import everywhere, unless_empty
from bootwatch.spl.wildcards import expand


@command("table", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Table(Command):
    """``table <field list>``: the listed columns in that order; ``*`` is allowed, internal fields only where named.

    A column no row has is shown empty; if no row has any of the columns there are no rows.
    """

    fields: tuple[Word, ...]

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        fields = args.fields(wild=True, made=True)
        if not fields:
            args.unexpected("a field name")
        return cls(fields)

    def plan(self, source: Plan, context: Context) -> Plan:
        names = expand([word.value for word in self.fields], source)
        present = [name for name in names if source.fields.type_of(name) is not None]
        if not present:
            return Filter(Select(source, ()), FALSE)
        if not any(everywhere(source, name) for name in present):
            source = unless_empty(source, present)
        missing = tuple((name, null()) for name in names if name not in present)
        return Select(Extend(source, missing) if missing else source, tuple((name, name) for name in names))
