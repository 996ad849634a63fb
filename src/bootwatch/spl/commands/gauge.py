"""``gauge``: one value and the ranges it is shown against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Limit, Plan, Select, column
from bootwatch.algebra.scalars import Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_number, literal_number

_DEFAULT: Final = ("0", "100")


@command("gauge", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Gauge(Command):
    """``gauge <value> [<range> <range> …]``: one row with the value as ``x`` and the ranges as ``y1``, ``y2`` and on.

    Each is a number or a field, of which the first row counts. Without ranges they are 0 and 100.
    """

    value: str
    ranges: tuple[str, ...] = _DEFAULT

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        words: list[Word] = []
        while not args.done:
            words.append(args.field(made=True, what="a field or a number"))
            args.mark(",")
        if not words:
            args.unexpected("a field or a number")
        if len(words) == 2:
            args.fail(
                "one range says nothing", words[1].span, hint="write the ends of the ranges: gauge count 0 10 100"
            )
        ranges = tuple(word.value for word in words[1:])
        return cls(words[0].value, ranges or _DEFAULT)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        shown = {"x": self.value, **{f"y{place}": written for place, written in enumerate(self.ranges, 1)}}
        values = tuple((f"#{name}", _number(source, written)) for name, written in shown.items())
        return Select(Extend(Limit(source, 1), values), tuple((name, f"#{name}") for name in shown))


def _number(source: Plan, written: str) -> Scalar:
    try:
        return literal_number(float(written), written).scalar
    except ValueError:
        of = column(source, written)
        return null(FieldType.NUMBER) if of is None else as_number(of)
