"""``trendline``: moving averages of fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.batches.smoothing import Average, Smoothed
from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window, column
from bootwatch.algebra.scalars import Arithmetic, ArithmeticOp, Case, Column, Compare, IsNull, Op, Scalar, null, number
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import as_number, integer

_TREND: Final = re.compile(r"(sma|ema|wma)(\d*)\s*\(", re.IGNORECASE)
_LEAST, _MOST = 2, 10_000
_NUMBER, _WHOLE = FieldType.NUMBER, FieldType.INTEGER
_VALUE, _THERE, _NTH, _SUM, _PLACED = "#value", "#there", "#nth", "#sum", "#placed"


@dataclass(frozen=True, slots=True)
class Trend:
    """One average: ``kind`` is sma, ema or wma."""

    kind: str
    period: int
    field: str
    target: str


@command("trendline", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class Trendline(Command):
    """``trendline (sma|ema|wma)<period>(<field>) [AS <name>] …``: moving averages, in row order.

    ``sma5(x)`` is the mean of the last five numbers; ``wma5(x)`` weighs them 1 to 5, the last one most; ``ema5(x)`` is
    ``alpha`` times the average before plus ``1 - alpha`` times the number, ``alpha`` being 2/6. There is no average
    until there are as many numbers as the period says (2 to 10,000). A row where the field is no number stays as it is
    and counts for none. Without AS the result is called as it is written.
    """

    trends: tuple[Trend, ...]
    at: int

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        found: list[Trend] = []
        while not args.done:
            found.append(_trend(args))
            args.mark(",")
        if not found:
            args.unexpected("an average such as sma5(count)")
        return cls(tuple(found), at)

    def plan(self, source: Plan, context: Context) -> Plan:
        exponential = [trend for trend in self.trends if trend.kind == "ema"]
        if exponential and source.fields.open:
            raise Undecided(discover=True)
        if any(column(source, trend.field) is not None for trend in exponential):
            key = (context.text, self.at, "trendline")
            if key not in context.results:
                numbered, averages = self._numbered(source)
                raise Undecided(source=numbered, key=key, batch=Smoothed(averages))
            source = context.results[key]
        for place, trend in enumerate(self.trends):
            of = column(source, trend.field)
            if of is not None:
                source = _averaged(source, trend, as_number(of), place)
        hidden = frozenset(name for name in source.fields.known if name.startswith("#ema"))
        return Drop(source, hidden) if hidden else source

    def _numbered(self, source: Plan) -> tuple[Plan, tuple[Average, ...]]:
        """The rows with each field of an exponential average as numbers."""
        averages: list[Average] = []
        numbers: list[tuple[str, Scalar]] = []
        for place, trend in enumerate(self.trends):
            of = column(source, trend.field)
            if trend.kind == "ema" and of is not None:
                name = f"#ema_of{place}"
                numbers.append((name, _float(as_number(of))))
                averages.append(Average(name, _ema(place), trend.period))
        return Extend(source, tuple(numbers)) if numbers else source, tuple(averages)


def _ema(place: int) -> str:
    return f"#ema{place}"


def _float(of: Scalar) -> Scalar:
    return Arithmetic(ArithmeticOp.MUL, of, number(1.0), _NUMBER)


def _trend(args: Cursor) -> Trend:
    args.skip()
    start = args.at
    found = _TREND.match(args.text, start, args.end)
    if found is None:
        args.unexpected("an average such as sma5(count)")
    if not found[2]:
        args.fail("the period of the average is missing", args.here(), hint=f"write {found[1]}5(field)")
    period = int(found[2]) if len(found[2]) < 6 else _MOST + 1
    if not _LEAST <= period <= _MOST:
        args.fail(f"the period {found[2]} is not possible", args.here(), hint=f"it goes from {_LEAST} to {_MOST:,}")
    args.at = found.end()
    field = args.field(made=True, what=f"the field of {found[1]}{found[2]}")
    args.expect(")")
    target = f"{found[1]}{found[2]}({field.value})"
    if args.keyword("as") is not None:
        target = args.field(what="the name of the result").value
    return Trend(found[1].lower(), period, field.value, target)


def _averaged(source: Plan, trend: Trend, value: Scalar, place: int) -> Plan:
    """The rows with one average. Rows with a number are a group of their own, so that its windows hold no others."""
    before = source
    there = Case(((IsNull(value), null(_WHOLE)),), integer(1), _WHOLE)
    source = Extend(source, ((_VALUE, _float(value)), (_THERE, there)))
    source = Window(source, (_THERE,), ((_NTH, AggCall(AggFn.ROW_NUMBER, (), _WHOLE)),), running=True)
    of, nth = Column(_VALUE, _NUMBER), Column(_NTH, _WHOLE)
    period = number(float(trend.period))
    if trend.kind == "ema":
        average: Scalar = Column(_ema(place), _NUMBER)
    else:
        placed = Arithmetic(ArithmeticOp.MUL, of, nth, _NUMBER)
        calls = (
            (_SUM, AggCall(AggFn.SUM, (of,), _NUMBER)),
            (_PLACED, AggCall(AggFn.SUM, (placed,), _NUMBER)),
        )
        source = Window(source, (_THERE,), calls, running=True, preceding=integer(trend.period - 1))
        average = Arithmetic(ArithmeticOp.DIV, Column(_SUM, _NUMBER), period, _NUMBER)
        if trend.kind == "wma":  # the weight of the n-th number is n less the place before the window's first
            first = Arithmetic(ArithmeticOp.SUB, nth, period, _NUMBER)
            less = Arithmetic(ArithmeticOp.MUL, first, Column(_SUM, _NUMBER), _NUMBER)
            weighed = Arithmetic(ArithmeticOp.SUB, Column(_PLACED, _NUMBER), less, _NUMBER)
            weights = number(trend.period * (trend.period + 1) / 2)
            average = Arithmetic(ArithmeticOp.DIV, weighed, weights, _NUMBER)
    enough = Compare(Op.GE, nth, period)
    shown = Case(((enough, average),), null(_NUMBER), _NUMBER)
    hidden = frozenset(name for name in (_VALUE, _THERE, _NTH, _SUM, _PLACED) if name in source.fields.known)
    return Drop(Extend(source, ((trend.target, or_before(before, trend.target, shown)),)), hidden)
