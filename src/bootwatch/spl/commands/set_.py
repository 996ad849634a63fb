"""``set``: the rows two subsearches have together, in common, or not in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Filter, Plan, Window, column
from bootwatch.algebra.scalars import Call, Case, Column, Compare, Const, Fn, IsNull, Op, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch
from bootwatch.spl.values import as_text

_SIDE, _ROW, _PLACE = "#side", "#row_text", "#place"
_KINDS: Final = ("union", "diff", "intersect")


@command("set", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Set(GeneratingCommand):
    """``set union|diff|intersect [<subsearch>] [<subsearch>]``: whole rows of two searches compared, each kept once.

    ``diff`` keeps rows that only one of the searches has. Rows are equal if all their fields are; internal fields do
    not count, and are left out.
    """

    kind_of_set: str
    left: Subsearch
    right: Subsearch

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        word = args.keyword(*_KINDS)
        if word is None:
            args.unexpected("union, diff or intersect")
        found: list[Subsearch] = []
        while args.next == "[":
            found.append(parse_subsearch(args))
        if len(found) != 2:
            args.unexpected("two subsearches in brackets")
        return cls(word.value.lower(), found[0], found[1])

    def generate(self, context: Context) -> Plan:
        sides = [
            Extend(_visible(appended(sub, context)), ((_SIDE, Const(float(number), FieldType.INTEGER)),))
            for number, sub in enumerate((self.left, self.right))
        ]
        both = one_after_the_other(sides)
        names = [name for name in both.fields.known if name != _SIDE]
        marked = Extend(both, ((_ROW, _as_text(both, names)),))
        side = Column(_SIDE, FieldType.INTEGER)
        lowest = (("#low", AggCall(AggFn.MIN, (side,), FieldType.INTEGER)),)
        highest = (("#high", AggCall(AggFn.MAX, (side,), FieldType.INTEGER)),)
        spread = Window(marked, (_ROW,), (*lowest, *highest))
        numbered = Window(spread, (_ROW,), ((_PLACE, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),), running=True)
        once = Filter(numbered, Compare(Op.EQ, Column(_PLACE, FieldType.INTEGER), Const(1.0, FieldType.INTEGER)))
        low, high = Column("#low", FieldType.INTEGER), Column("#high", FieldType.INTEGER)
        found: Plan = once
        if self.kind_of_set != "union":
            found = Filter(once, Compare(Op.NE if self.kind_of_set == "intersect" else Op.EQ, low, high))
        return Drop(found, frozenset((_SIDE, _ROW, _PLACE, "#low", "#high")))


def _visible(source: Plan) -> Plan:
    hidden = frozenset(name for name in source.fields.known if name.startswith("_"))
    return Drop(source, hidden) if hidden else source


def _as_text(source: Plan, names: list[str]) -> Scalar:
    """A row as one text: two rows have the same exactly if all their fields are the same."""
    parts: list[Scalar] = []
    for name in names:
        found = column(source, name)
        if found is None:
            continue
        shown: Scalar
        if found.type is FieldType.MULTI:
            joined = Call(Fn.LIST_JOIN, (found, text("\x1f")), FieldType.TEXT)
            shown = joined
        else:
            shown = as_text(found)
        length = as_text(Call(Fn.LENGTH, (shown,), FieldType.INTEGER))
        sized = Call(Fn.CONCAT, (length, text(":"), shown), FieldType.TEXT)
        parts.append(Case(((IsNull(shown), text("-")),), sized, FieldType.TEXT))
    return Call(Fn.CONCAT, (text(""), *parts), FieldType.TEXT)
