"""``fillnull``: a value where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Drop, Extend, Plan, column
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Const, Fn, Op, Scalar, ToMulti, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.presence import everywhere, occurring
from bootwatch.spl.values import as_text
from bootwatch.spl.wildcards import expand


@command("fillnull", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class FillNull(Command):
    """``fillnull [value=0] [<fields>]``: the value in every row that lacks a field.

    Listed fields are made where no row has them. Without a list, or by a wildcard, every field is filled that some row
    has, which needs all rows. An empty string is a value and stays (the switch U13 fills it as well).
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
                fields.append(args.field(wild=True, made=True))
                args.mark(",")
        return cls(options["value"].value if "value" in options else "0", tuple(fields))

    def plan(self, source: Plan, context: Context) -> Plan:
        named = {word.value for word in self.fields}
        if self.fields:
            names = expand([word.value for word in self.fields], source)
        elif source.fields.open:
            raise Undecided(discover=True)
        else:
            names = [name for name in source.fields.known if not name.startswith("_")]
        if not names:
            return source
        counted, occurs = occurring(source, [n for n in names if n not in named and not everywhere(source, n)])
        filled: list[tuple[str, Scalar]] = []
        for name in names:
            of = column(source, name)
            value = text(self.value) if of is None else self._filled(of, context)
            if name in occurs:
                value = Case(((occurs[name], value),), null(value.type), value.type)
            filled.append((name, value))
        hidden = frozenset(counted.fields.known) - frozenset(source.fields.known)
        return Drop(Extend(counted, tuple(filled)), hidden) if hidden else Extend(source, tuple(filled))

    def _filled(self, of: Column, context: Context) -> Scalar:
        if of.type is FieldType.MULTI:
            return Call(Fn.COALESCE, (of, ToMulti(text(self.value))), FieldType.MULTI)
        if of.type.numeric and self.value.isascii() and self.value.isdigit() and str(int(self.value)) == self.value:
            return Call(Fn.COALESCE, (of, Const(float(self.value), FieldType.INTEGER)), of.type)
        shown: Scalar = as_text(of)
        if not context.switches.empty_is_value:
            shown = Case(((Compare(Op.EQ, shown, text("")), null()),), shown, FieldType.TEXT)
        return Call(Fn.COALESCE, (shown, text(self.value)), FieldType.TEXT)
