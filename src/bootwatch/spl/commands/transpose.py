"""``transpose``: rows as columns, columns as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Limit, Plan, Rows, Window, column
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Fn,
    Op,
    Scalar,
    ToText,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.commands.head import count_of
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.pivoting import column_name, columns_of_values, label, rows_of_columns
from bootwatch.spl.values import integer
from bootwatch.spl.wildcards import expand

DEFAULT_ROWS: Final = 5
_OPTIONS: Final = ("column_name", "header_field", "include_empty")
_ROW, _KEY, _CELL, _PLACE = "#row", "#key", "#cell", "#place"
_PADDING: Final = 1_000_000
_WHOLE: Final = FieldType.INTEGER


@command("transpose", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Transpose(Command):
    """``transpose [N=5] [column_name=column] [header_field=<field>] [include_empty=t]``: a row for each field.

    The first N rows (0: all) become columns called ``row 1``, ``row 2`` and so on, or like the values of
    ``header_field``; the names of the fields go to ``column``. ``include_empty=f`` leaves out fields without a value.
    """

    count: int = DEFAULT_ROWS
    column_name: str = "column"
    header: str | None = None
    include_empty: bool = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        count: int | None = None
        while not args.done:
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            elif count is None and (found := count_of(args)) is not None:
                count = found
            else:
                args.finish("a count of rows or an option such as header_field=host")
        return cls(
            DEFAULT_ROWS if count is None else count,
            options["column_name"].value if "column_name" in options else "column",
            options["header_field"].value if "header_field" in options else None,
            "include_empty" not in options or args.as_bool(options["include_empty"]),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        names = [name for name in expand(["*"], source, internal=True) if name != self.header]
        keys = distinct_values(source, _KEY)
        if keys is None:
            raise Undecided(distinct=(_KEY,), source=self._keyed(source, context))
        names = [name for name in names if not name.startswith("#")]
        if not names:
            return Rows(((self.column_name, FieldType.TEXT),), ())
        long = rows_of_columns(source, names, self.column_name, _CELL, empty=self.include_empty)
        cell = Column(_CELL, long.fields.known[_CELL])
        which = Column(self.column_name, FieldType.TEXT)
        places = tuple((Compare(Op.EQ, which, text(name)), integer(place)) for place, name in enumerate(names))
        placed = Extend(long, ((_PLACE, Case(places, integer(len(names)), _WHOLE)),))
        cells = {column_name(key.partition("\x1f")[2]): key for key in keys}
        table = columns_of_values(
            placed,
            (_PLACE, self.column_name),
            Column(_KEY, FieldType.TEXT),
            [(name, key, cell) for name, key in cells.items()],
            last=True,
        )
        return Drop(table, frozenset((_PLACE,)))

    def _keyed(self, source: Plan, context: Context) -> Plan:
        """The first rows with a key each that sorts as they stand and names their column."""
        most = context.limits.max_columns
        count = min(self.count or most, most)
        numbered = Window(source, (), ((_ROW, AggCall(AggFn.ROW_NUMBER, (), _WHOLE)),), running=True)
        row = Column(_ROW, _WHOLE)
        name: Scalar = Call(Fn.CONCAT, (text("row "), ToText(row)), FieldType.TEXT)
        header = None if self.header is None else column(source, self.header)
        if header is not None:
            name = Call(Fn.COALESCE, (label(header), name), FieldType.TEXT)
        padded = ToText(Arithmetic(ArithmeticOp.ADD, row, integer(_PADDING), _WHOLE))
        key = Call(Fn.CONCAT, (padded, text("\x1f"), name), FieldType.TEXT)
        return Drop(Extend(Limit(numbered, count), ((_KEY, key),)), frozenset((_ROW,)))
