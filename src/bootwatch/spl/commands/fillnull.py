"""``fillnull``: a value where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Call, Case, Compare, Const, Fn, Op, Scalar, ToMulti, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_text
from bootwatch.spl.wildcards import expand


@command("fillnull", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class FillNull(Command):
    """``fillnull [value=0] [<fields>]``: the value in every row that lacks a field.

    Listed fields are made where no row has them; without a list every field of the results is filled, which needs all
    of them. An empty string is a value and stays (the switch U13 fills it as well).
    """

    value: str = "0"
    fields: tuple[Word, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        fields: list[Word] = []
        while not args.done:
            if args.option_name() is not None:
                args.options("value", given=options)
            else:
                fields.append(args.field(wild=True))
                args.mark(",")
        return cls(options["value"].value if "value" in options else "0", tuple(fields))

    def plan(self, source: Plan, context: Context) -> Plan:
        if self.fields:
            names = expand([word.value for word in self.fields], source)
        elif source.fields.open:
            raise Undecided(discover=True)
        else:
            names = [name for name in source.fields.known if not name.startswith("_")]
        filled = tuple((name, self._filled(source, name, context)) for name in names)
        return Extend(source, filled) if filled else source

    def _filled(self, source: Plan, name: str, context: Context) -> Scalar:
        of = column(source, name)
        if of is None:
            return text(self.value)
        if of.type is FieldType.MULTI:
            return Call(Fn.COALESCE, (of, ToMulti(text(self.value))), FieldType.MULTI)
        if of.type.numeric and self.value.isascii() and self.value.isdigit() and str(int(self.value)) == self.value:
            return Call(Fn.COALESCE, (of, Const(float(self.value), FieldType.INTEGER)), of.type)
        shown: Scalar = as_text(of)
        if not context.switches.empty_is_value:
            shown = Case(((Compare(Op.EQ, shown, text("")), null()),), shown, FieldType.TEXT)
        return Call(Fn.COALESCE, (shown, text(self.value)), FieldType.TEXT)
