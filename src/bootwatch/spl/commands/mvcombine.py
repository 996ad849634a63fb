"""``mvcombine``: rows that differ in one field as one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Filter, Plan, Window, column
from bootwatch.algebra.scalars import Column, Compare, Op
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import as_multi
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.uniq import row_key
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import integer
from bootwatch.spl.wildcards import expand

_KEY, _ROW, _ALL = "#key", "#row", "#all"


@command("mvcombine", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class MvCombine(Command):
    """``mvcombine [delim=" "] <field>``: rows that agree in every other field become one that has all the values.

    The row stands where the first of them stood. ``delim`` only matters where Splunk shows the values as one text, and
    changes nothing here.
    """

    field: str

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("delim")
        field = args.field(made=True)
        args.options("delim", given=options)
        return cls(field.value)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = [name for name in expand(["*"], source, internal=True) if name != self.field]
        of = column(source, self.field)
        if of is None:
            return source
        keyed = Extend(source, ((_KEY, row_key(source, names)),))
        values = AggCall(AggFn.LIST, (as_multi(of),), FieldType.MULTI)
        gathered = Window(keyed, (_KEY,), ((_ALL, values),))
        numbered = Window(gathered, (_KEY,), ((_ROW, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),), running=True)
        first = Filter(numbered, Compare(Op.EQ, Column(_ROW, FieldType.INTEGER), integer(1)))
        combined = Extend(first, ((self.field, Column(_ALL, FieldType.MULTI)),))
        return Drop(combined, frozenset((_KEY, _ROW, _ALL)))
