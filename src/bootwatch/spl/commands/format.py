"""``format``: all rows as one text of the search language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Limit, Plan, Rows
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import MARKS, formatted

_OPTIONS: Final = ("mvsep", "maxresults", "emptystr")


@command("format", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Format(Command):
    """``format [mvsep=OR] [maxresults=0] [emptystr="NOT ()"] ["(" "(" "AND" ")" "OR" ")"]``: the rows as a condition.

    One row with the field ``search``: a row is the conjunction of its fields, rows are alternatives. The six texts
    stand around everything, around a row, between fields and between rows. Fields that begin with ``_`` are left out,
    one called ``search`` or ``query`` is text of its own; no rows give ``NOT ()``.
    """

    marks: tuple[str, ...] = MARKS
    separator: str = "OR"
    most: int = 0
    empty: str = "NOT ()"
    at: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        options = args.options(*_OPTIONS)
        marks: list[str] = []
        start = args.here() if not args.done else None
        while (mark := args.quoted()) is not None:
            marks.append(mark.value)
        args.options(*_OPTIONS, given=options)
        if marks and len(marks) != len(MARKS):
            args.fail(f"format takes six texts, not {len(marks)}", start)
        return cls(
            tuple(marks) or MARKS,
            options["mvsep"].value if "mvsep" in options else "OR",
            args.as_integer(options["maxresults"]) if "maxresults" in options else 0,
            options["emptystr"].value if "emptystr" in options else "NOT ()",
            at,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        most = self.most or context.limits.max_subsearch_rows
        key = (context.text, self.at, "format")
        if key not in context.results:
            raise Undecided(source=Limit(source, most), key=key, rows=most, discover=source.fields.open)
        rows = context.results[key].rows
        text = formatted(rows, self.marks, self.separator)
        return Rows((("search", FieldType.TEXT),), ((self.empty if text == "NOT ()" else text,),))
