"""``rangemap``: names for ranges of a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import And, Call, Case, Compare, Fn, Op, Scalar, null, number, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import as_multi
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_number

_BOUNDS: Final = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))-(-?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True, slots=True)
class Range:
    """A name and its bounds, both inclusive."""

    name: str
    low: float
    high: float


@command("rangemap", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class RangeMap(Command):
    """``rangemap field=<field> <name>=<low>-<high> … [default=None]``: ``range`` names the ranges the number lies in.

    Bounds are inclusive; a number in several ranges gives several values, any other value the default.
    """

    field: str
    ranges: tuple[Range, ...]
    default: str = "None"

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found: dict[str, Word] = {}
        while (name := args.option_name()) is not None:
            if name.value in found:
                args.fail(f"the option '{name.value}' is given twice", name.span)
            args.at = name.span.end
            args.expect("=")
            value = args.word()
            if value is None:
                args.unexpected(f"a value for '{name.value}'")
            found[name.value] = value
            args.mark(",")
        args.finish("a range such as low=0-10")
        if "field" not in found:
            args.unexpected("field= and a field name")
        ranges = tuple(_range(args, key, word) for key, word in found.items() if key not in ("field", "default"))
        return cls(found["field"].value, ranges, found["default"].value if "default" in found else "None")

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        value: Scalar = null(FieldType.NUMBER) if of is None else as_number(of)
        default = text(self.default)
        inside = [
            (And((Compare(Op.GE, value, number(r.low)), Compare(Op.LE, value, number(r.high)))), text(r.name))
            for r in self.ranges
        ]
        if not self._overlapping():
            return Extend(source, (("range", Case(tuple(inside), default, FieldType.TEXT) if inside else default),))
        each = tuple(as_multi(Case(((hit, name),), null(), FieldType.TEXT)) for hit, name in inside)
        found = Call(Fn.LIST_APPEND, each, FieldType.MULTI)
        return Extend(source, (("range", Call(Fn.COALESCE, (found, as_multi(default)), FieldType.MULTI)),))

    def _overlapping(self) -> bool:
        ordered = sorted(self.ranges, key=lambda r: r.low)
        return any(after.low <= before.high for before, after in pairwise(ordered))


def _range(args: Cursor, name: str, word: Word) -> Range:
    bounds = _BOUNDS.fullmatch(word.value)
    if bounds is None or len(word.value) > 60:
        args.fail(f"{word.value!r} is no range", word.span, hint="write a range as low=0-10")
    low, high = float(bounds[1]), float(bounds[2])
    if low > high:
        args.fail(f"the range {word.value!r} is empty", word.span, hint="the lower bound comes first")
    return Range(name, low, high)
