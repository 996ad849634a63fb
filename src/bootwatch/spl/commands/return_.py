"""``return``: what a subsearch stands for, from its first rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Limit, Plan, Rows
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import compared, shown


@dataclass(frozen=True, slots=True)
class Returned:
    """A field to return: as ``alias="value"``, or (``bare``) the value alone."""

    field: str
    alias: str
    bare: bool = False


@command("return", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Return(Command):
    """``return [<count>] <field> | <alias>=<field> | $<field> …``: the first rows as one text in the field ``search``.

    One row unless told otherwise; its fields are joined by blanks, rows by OR in parentheses. ``$field`` gives the
    value alone. A field a row lacks is left out; no rows give no text.
    """

    fields: tuple[Returned, ...]
    count: int = 1
    at: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        count = args.integer()
        found: list[Returned] = []
        while not args.done:
            word = args.field(what="a field to return")
            if args.text.startswith("=", args.at) and args.at < args.end:
                args.at += 1
                field = args.field(what=f"the field of '{word.value}'")
                found.append(Returned(field.value, word.value))
            elif word.value.startswith("$") and len(word.value) > 1:
                found.append(Returned(word.value[1:], word.value[1:], bare=True))
            else:
                found.append(Returned(word.value, word.value))
            args.mark(",")
        if not found:
            args.unexpected("a field to return")
        if count is not None and count < 1:
            args.fail(f"{count} is too small", hint="the least is 1")
        return cls(tuple(found), count or 1, at)

    def plan(self, source: Plan, context: Context) -> Plan:
        key = (context.text, self.at, "return")
        if key not in context.results:
            raise Undecided(source=Limit(source, self.count), key=key, rows=self.count, discover=source.fields.open)
        written = [text for row in context.results[key].rows if (text := self._row(dict(row)))]
        columns = (("search", FieldType.TEXT),)
        if not written:
            return Rows(columns, ())
        if len(written) == 1:
            return Rows(columns, ((written[0],),))
        if all(field.bare for field in self.fields):
            return Rows(columns, ((" OR ".join(f"({text})" if " " in text else text for text in written),),))
        return Rows(columns, ((" OR ".join(f"({text})" for text in written),),))

    def _row(self, row: dict[str, str | float | tuple[str, ...]]) -> str:
        parts: list[str] = []
        for field in self.fields:
            if field.field in row:
                value = shown(row[field.field])
                parts.append(value if field.bare else compared(field.alias, value))
        return " ".join(parts)
