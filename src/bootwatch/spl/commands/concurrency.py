"""``concurrency``: how many events are under way as each begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.batches.overlaps import DURATION, START, UNDER_WAY, Overlaps
from bootwatch.algebra.plans import Drop, Extend, Plan, column
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Column, Scalar, number
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import TIME
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import as_number

_OPTIONS: Final = ("duration", "start", "output")


@command("concurrency", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Concurrency(Command):
    """``concurrency duration=<field> [start=_time] [output=concurrency]``: how many events are under way at each start.

    An event is under way from its start until ``duration`` later, both ends included, in the unit of the start. Each
    row gains how many are at the moment it begins, itself among them. A row without a start or a duration stays as it
    is and counts for none. Rows keep their order.
    """

    duration: str
    start: str
    output: str
    at: int

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        options = args.options(*_OPTIONS)
        args.finish("an option: duration, start or output")
        if "duration" not in options:
            args.unexpected("duration=<field>")
        start = options["start"].value if "start" in options else TIME
        output = options["output"].value if "output" in options else "concurrency"
        return cls(options["duration"].value, start, output, at)

    def plan(self, source: Plan, context: Context) -> Plan:
        if source.fields.open:
            raise Undecided(discover=True)
        start, duration = column(source, self.start), column(source, self.duration)
        if start is None or duration is None:
            return source
        key = (context.text, self.at, "concurrency")
        if key not in context.results:
            numbers = ((START, _float(as_number(start))), (DURATION, _float(as_number(duration))))
            raise Undecided(source=Extend(source, numbers), key=key, batch=Overlaps())
        found: Plan = context.results[key]
        counted = or_before(source, self.output, Column(UNDER_WAY, FieldType.INTEGER))
        return Drop(Extend(found, ((self.output, counted),)), frozenset((START, DURATION, UNDER_WAY)))


def _float(of: Scalar) -> Scalar:
    return Arithmetic(ArithmeticOp.MUL, of, number(1.0), FieldType.NUMBER)
