"""``addtotals``: sums of each row's numbers, and of each column's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Call, Fn, Scalar, number
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.totals import Labelled, with_totals
from bootwatch.spl.values import as_number
from bootwatch.spl.wildcards import expand

_OPTIONS: Final = ("row", "col", "fieldname", "labelfield", "label")


@command("addtotals", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class AddTotals(Command):
    """``addtotals [row=t] [col=f] [fieldname=Total] [labelfield=<field>] [label=Total] [<fields>]``: sums.

    With ``row`` each row gets the sum of its numbers, of all fields or of those named (``*`` is allowed), internal ones
    left out. With ``col`` a last row holds the sum of each column, the new one too; ``labelfield`` names the field of
    that row the label goes to.
    """

    fields: tuple[Word, ...] = ()
    row: bool = True
    total: str = "Total"
    labelled: Labelled | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        fields: list[Word] = []
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif args.mark(",") is None:
                fields.append(result_field(args, wild=True))
                args.mark(",")
        labelled = "col" in options and args.as_bool(options["col"])
        return cls(
            tuple(fields),
            "row" not in options or args.as_bool(options["row"]),
            options["fieldname"].value if "fieldname" in options else "Total",
            Labelled.of(options) if labelled else None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = expand([word.value for word in self.fields] or ["*"], source)
        if self.row:
            values = [as_number(of) for name in names if (of := column(source, name)) is not None]
            source = Extend(source, ((self.total, _sum(values)),))
            names.append(self.total)
        return source if self.labelled is None else with_totals(source, names, self.labelled)


def _sum(values: list[Scalar]) -> Scalar:
    """The sum of the numbers there are; 0 where there is none."""
    total: Scalar = number(0)
    for value in values:
        whole = value.type is FieldType.INTEGER and total.type is FieldType.INTEGER
        kind = FieldType.INTEGER if whole else FieldType.NUMBER
        counted = Call(Fn.COALESCE, (value, number(0)), value.type)
        total = Arithmetic(ArithmeticOp.ADD, total, counted, kind)
    return total
