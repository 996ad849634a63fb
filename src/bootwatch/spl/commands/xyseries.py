"""``xyseries``: rows into columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, Rows, column
from bootwatch.algebra.scalars import Column, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.names import result_fields
from bootwatch.spl.pivoting import bounded, column_name, columns_of_values, label

_LABEL: Final = "#label"
_OPTIONS: Final = ("grouped", "sep", "format")


@command("xyseries", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class XySeries(Command):
    """``xyseries [sep=": "] [format=<text>] <x> <name> <value> [<value> …]``: a column for each value of ``name``.

    One row for each value of ``x``, in natural order; its cells come from ``value``. With several value fields a column
    is called ``value: name``, or as ``format`` says with ``$AGG$`` and ``$VAL$``. Of several rows for one cell the last
    counts. ``grouped`` changes nothing. The opposite of untable.
    """

    x: str
    name_field: str
    values: tuple[str, ...]
    sep: str = ": "
    format: str | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        fields: list[Word] = []
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
                continue
            found = result_fields(args)
            if not found:
                args.unexpected("a field name")
            fields += found
        if len(fields) < 3:
            args.unexpected("three fields: of the rows, of the columns, of the values")
        if "grouped" in options:
            args.as_bool(options["grouped"])
        return cls(
            fields[0].value,
            fields[1].value,
            tuple(dict.fromkeys(word.value for word in fields[2:])),
            options["sep"].value if "sep" in options else ": ",
            options["format"].value if "format" in options else None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        x, named = column(source, self.x), column(source, self.name_field)
        if x is None or named is None:
            return Rows(((self.x, FieldType.TEXT),), ())
        labels = distinct_values(source, _LABEL)
        if labels is None:
            labelled: Plan = Extend(source, ((_LABEL, label(named)),))
            if x.type is FieldType.MULTI:
                labelled = Extend(labelled, ((self.x, label(x)),))
            raise Undecided(distinct=(_LABEL,), source=labelled)
        values = [of for name in self.values if (of := column(source, name)) is not None]
        cells: list[tuple[str, str, Scalar]] = []
        taken = {self.x}
        for of in values:
            for found in bounded(labels, context, "xyseries"):
                name = self._name(of.name, found)
                if name not in taken:
                    taken.add(name)
                    cells.append((name, found, of))
        return columns_of_values(source, (self.x,), Column(_LABEL, FieldType.TEXT), cells, last=True)

    def _name(self, value: str, found: str) -> str:
        if self.format is not None:
            return self.format.replace("$AGG$", value).replace("$VAL$", found)
        return column_name(found) if len(self.values) == 1 else f"{value}{self.sep}{found}"
