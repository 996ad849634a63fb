"""``uniq``: no row twice in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Filter, Plan, Window
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Fn, IsNull, Not, Op, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.values import as_text
from bootwatch.spl.wildcards import expand

_KEY, _BEFORE = "#key", "#before"
_BETWEEN, _WITHIN, _ABSENT = "\x1f", "\x1e", "\x1d"


@command("uniq", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Uniq(Command):
    """``uniq``: drops a row whose fields all equal those of the row before it."""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        del args
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = expand(["*"], source, internal=True)
        keyed = Extend(source, ((_KEY, row_key(source, names)),))
        key = Column(_KEY, FieldType.TEXT)
        lagged = Window(keyed, (), ((_BEFORE, AggCall(AggFn.LAG, (key,), FieldType.TEXT)),), running=True)
        same = settled(Compare(Op.EQ, key, Column(_BEFORE, FieldType.TEXT)))
        return Drop(Filter(lagged, Not(same)), frozenset((_KEY, _BEFORE)))


def row_key(source: Plan, names: Sequence[str]) -> Scalar:
    """The values of some fields as one text; two rows have the same text where all of them agree, absence included."""
    parts: list[Scalar] = []
    for name in names:
        kind = source.fields.type_of(name)
        if kind is None:
            continue
        of = Column(name, kind)
        shown = Call(Fn.LIST_JOIN, (of, text(_WITHIN)), FieldType.TEXT) if kind is FieldType.MULTI else as_text(of)
        parts += [Case(((IsNull(of), text(_ABSENT)),), shown, FieldType.TEXT), text(_BETWEEN)]
    return Call(Fn.CONCAT, tuple(parts), FieldType.TEXT) if parts else text("")
