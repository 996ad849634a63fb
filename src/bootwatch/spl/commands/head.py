"""``head``: the first results, or those before a condition fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Filter, Limit, Plan, Window
from bootwatch.algebra.scalars import And, Column, Compare, IsNull, Not, Op, Or, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command, lowerer
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.values import integer

DEFAULT_COUNT: Final = 10
_FAILED: Final = "#failed"


@command("head", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Head(Command):
    """``head [<count> | limit=n]`` or ``head (<expression>) [limit=n] [null=f] [keeplast=f]``.

    A count keeps the first results, ten unless told otherwise. An expression keeps the results before the first for
    which it is not true; ``null=t`` lets a null pass, ``keeplast=t`` keeps the result that ended it.
    """

    count: int | None = DEFAULT_COUNT
    expression: Expression | None = None
    null: bool = False
    keeplast: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("limit", "null", "keeplast")
        expression: Expression | None = None
        count = count_of(args)
        if count is None and args.next == "(":
            expression = parse_expression(args)
        args.options("limit", "null", "keeplast", given=options)
        args.finish(
            "a count or an expression in parentheses" if count is None and expression is None else "nothing more"
        )
        if "limit" in options:
            if count is not None:
                args.fail("the count is given twice", options["limit"].span)
            count = args.as_integer(options["limit"])
        return cls(
            DEFAULT_COUNT if count is None and expression is None else count,
            expression,
            null="null" in options and args.as_bool(options["null"]),
            keeplast="keeplast" in options and args.as_bool(options["keeplast"]),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        if self.expression is not None:
            source = self._while(source, lowerer(source.fields, context).condition(self.expression))
        return source if self.count is None else Limit(source, self.count)

    def _while(self, source: Plan, condition: Scalar) -> Plan:
        fails: Scalar = settled(Not(condition))
        if not self.null:
            fails = Or((fails, IsNull(condition)))
        failed = Column(_FAILED, FieldType.INTEGER)
        kept: Scalar = Compare(Op.EQ, failed, integer(0))
        if self.keeplast:
            kept = Or((kept, And((fails, Compare(Op.EQ, failed, integer(1))))))
        counted = AggCall(AggFn.COUNT_TRUE, (fails,), FieldType.INTEGER)
        window = Window(source, (), ((_FAILED, counted),), running=True)
        return Drop(Filter(window, kept), frozenset((_FAILED,)))


def count_of(args: Cursor) -> int | None:
    """A count of 0 or more if a number stands next; a negative one is refused at its place."""
    before = args.here() if not args.done else None
    count = args.integer()
    if count is not None and count < 0:
        args.fail(f"unexpected '{count}'", before)
    return count
