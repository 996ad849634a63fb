"""``filldown``: the last value above where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import AggCall, AggFn, Plan, Window
from bootwatch.algebra.scalars import Column
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.wildcards import expand


@command("filldown", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class FillDown(Command):
    """``filldown [<fields>]``: where a row lacks a field, the last value above; all fields unless listed.

    Rows before the first value stay without. ``*`` may stand in the names.
    """

    fields: tuple[Word, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls(args.fields(wild=True, made=True))

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = expand([word.value for word in self.fields] or ["*"], source)
        columns = [Column(name, kind) for name in names if (kind := source.fields.type_of(name)) is not None]
        calls = tuple((column.name, AggCall(AggFn.LAST, (column,), column.type)) for column in columns)
        return Window(source, (), calls, running=True) if calls else source
