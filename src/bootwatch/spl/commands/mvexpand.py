"""``mvexpand``: a row for each value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Explode, Extend, Filter, Plan, Window, column
from bootwatch.algebra.scalars import Call, Column, Fn, Kernel, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import integer

_ROWS: Final = "#rows"


@command("mvexpand", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class MvExpand(Command):
    """``mvexpand <field> [limit=0]``: a row for each value of a field, the other fields copied.

    Rows with one value or none stay. ``limit`` takes the first values of each row (0: all). Internal fields cannot be
    expanded. Beyond the setting ``max_expanded_rows`` the rows end, and a message says so.
    """

    field: str
    limit: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("limit")
        field = args.field(made=True)
        if field.value.startswith("_"):
            args.fail(f"the internal field '{field.value}' cannot be expanded", field.span)
        args.options("limit", given=options)
        return cls(field.value, args.as_integer(options["limit"]) if "limit" in options else 0)

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, self.field)
        if of is None or of.type is not FieldType.MULTI:
            return source
        if self.limit:
            first = Kernel("values_between", (of, integer(0), integer(self.limit - 1)), (), FieldType.MULTI)
            source = Extend(source, ((self.field, first),))
        most = context.limits.max_expanded_rows
        count: Scalar = Call(Fn.LIST_COUNT, (of,), FieldType.INTEGER)
        count = Call(Fn.COALESCE, (count, integer(1)), FieldType.INTEGER)
        counted = Window(source, (), ((_ROWS, AggCall(AggFn.SUM, (count,), FieldType.INTEGER)),), running=True)
        message = f"mvexpand: the rows end where they would be more than {most:,} (max_expanded_rows)"
        within = Kernel("within", (Column(_ROWS, FieldType.INTEGER),), (str(most), message), FieldType.BOOL)
        return Explode(Drop(Filter(counted, within), frozenset((_ROWS,))), self.field)
