"""``addcoltotals``: a last row with the sum of each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.totals import Labelled, with_totals
from bootwatch.spl.wildcards import expand


@command("addcoltotals", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class AddColTotals(Command):
    """``addcoltotals [labelfield=<field>] [label=Total] [<fields>]``: a last row with the sum of each column.

    Of all fields or of those named; ``labelfield`` names the field of that row the label goes to.
    """

    fields: tuple[Word, ...]
    labelled: Labelled

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        fields: list[Word] = []
        while not args.done:
            if args.option_name() is not None:
                args.options("labelfield", "label", given=options)
            else:
                fields.append(result_field(args, wild=True))
                args.mark(",")
        return cls(tuple(fields), Labelled.of(options))

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return with_totals(source, expand([word.value for word in self.fields] or ["*"], source), self.labelled)
