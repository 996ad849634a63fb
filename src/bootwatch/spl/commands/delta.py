"""``delta``: the difference to an earlier row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window, column
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Column
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.accum import renamed_field
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_number

_EARLIER: Final = "#earlier"


@command("delta", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Delta(Command):
    """``delta <field> [AS <name>] [p=1]``: the field's number less the one ``p`` rows earlier, as ``delta(<field>)``.

    Nothing is written where either is missing or no number. Events come newest first, so earlier rows are later ones.
    """

    field: str
    target: str
    back: int = 1

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("p")
        field, target = renamed_field(args)
        args.options("p", given=options)
        back = args.as_integer(options["p"], least=1) if "p" in options else 1
        return cls(field, f"delta({field})" if target is None else target, back)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        of = column(source, self.field)
        if of is None:
            return source
        value = as_number(of)
        lag = AggCall(AggFn.LAG, (value,), value.type, self.back)
        lagged = Window(source, (), ((_EARLIER, lag),), running=True)
        difference = Arithmetic(ArithmeticOp.SUB, value, Column(_EARLIER, value.type), value.type)
        written = or_before(source, self.target, difference)
        return Drop(Extend(lagged, ((self.target, written),)), frozenset((_EARLIER,)))
