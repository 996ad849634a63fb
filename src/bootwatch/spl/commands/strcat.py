"""``strcat``: fields and texts put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Call, Fn, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_text


@command("strcat", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class StrCat(Command):
    """``strcat [allrequired=f] <field or "text"> … <name>``: the values one after another, in a new field.

    A word in double quotes is a text, any other a field; the last names the result. An absent field is an empty text,
    or with ``allrequired=t`` leaves the row as it was. Several values of a field are joined by line breaks.
    """

    parts: tuple[Word, ...]
    target: str
    allrequired: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        parts: list[Word] = []
        while not args.done:
            if args.option_name() is not None:
                args.options("allrequired", given=options)
                continue
            part = args.single_quoted() or args.word()
            if part is None:
                args.unexpected("a field or a quoted text")
            parts.append(part)
            args.mark(",")
        if len(parts) < 2:
            args.unexpected("a field or a quoted text, then the name of the result")
        required = "allrequired" in options and args.as_bool(options["allrequired"])
        return cls(tuple(parts[:-1]), parts[-1].value, allrequired=required)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        pieces = tuple(self._piece(source, part) for part in self.parts)
        joined: Scalar = Call(Fn.CONCAT, pieces, FieldType.TEXT)
        if self.allrequired:
            joined = or_before(source, self.target, joined)
        return Extend(source, ((self.target, joined),))

    def _piece(self, source: Plan, part: Word) -> Scalar:
        if part.quote == '"':
            return text(part.value)
        of = column(source, part.value)
        shown: Scalar = null()
        if of is not None:
            several = of.type is FieldType.MULTI
            shown = Call(Fn.LIST_JOIN, (of, text("\n")), FieldType.TEXT) if several else as_text(of)
        return shown if self.allrequired else Call(Fn.COALESCE, (shown, text("")), FieldType.TEXT)
