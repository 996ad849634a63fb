"""``streamstats``: statistics over the rows so far, or a window of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Plan, Window, column
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Case,
    Column,
    Compare,
    IsNull,
    Kernel,
    Op,
    Or,
    Scalar,
    null,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.events.fields import TIME
from bootwatch.spl.aggregates.registry import Calls
from bootwatch.spl.aggregation import Term, concrete, parse_terms, plan_terms
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command, lowerer
from bootwatch.spl.commands.stats import grouping_fields
from bootwatch.spl.commands.uniq import row_key
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.expressions import Expression, parse_expression
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.options import scopes_of
from bootwatch.spl.spans import Calendar, Fixed, parse_span
from bootwatch.spl.text import unescape
from bootwatch.spl.values import as_number, integer

MAX_WINDOW: Final = 10_000
"""Splunk's ``max_stream_window``."""
_FLAGS: Final = ("current", "global", "allnum", "reset_on_change")
_OPTIONS: Final = (*_FLAGS, "window", "time_window")
_RESETS: Final = ("reset_before", "reset_after")
_KEY, _RUN, _BEFORE, _AFTER, _PREVIOUS = "#key", "#run", "#reset_before", "#reset_after", "#previous"
_PLACE, _NTH, _BEHIND, _STEP, _FIRST, _LAST, _TIMED = "#place", "#nth", "#behind", "#step", "#first", "#last", "#timed"
_WHOLE: Final = FieldType.INTEGER
_SECONDS: Final = {"d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Resets:
    """When the statistics begin anew."""

    on_change: bool = False
    before: Expression | None = None
    after: Expression | None = None

    def __bool__(self) -> bool:
        return self.on_change or self.before is not None or self.after is not None


@command("streamstats", kind=CommandKind.CENTRALIZED_STREAMING)
@dataclass(frozen=True, slots=True)
class StreamStats(Command):
    """``streamstats [current=t] [window=0] [global=t] [time_window=<span>] … func(field) … [BY fields]``: running ones.

    Each row gains statistics over the rows up to it, in row order; ``current=f`` leaves the row itself out.
    ``window=n`` takes the last n rows (0: all, at most 10,000): of all rows those that are of the row's group, or with
    ``global=f`` the last n of each group. ``time_window`` takes the rows less than that long ago, and needs rows in the
    order of time. ``reset_on_change=t`` begins anew where the BY values change, ``reset_before=(expr)`` and
    ``reset_after=(expr)`` where an expression is true. A row lacking a BY field stays as it is.
    """

    terms: tuple[Term, ...]
    by: tuple[str, ...] = ()
    current: bool = True
    shared: bool = True
    allnum: bool = False
    window: int = 0
    seconds: float | None = None
    resets: Resets = Resets()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given: dict[str, Word] = {}
        resets: dict[str, Expression] = {}
        _options(args, given, resets)
        terms = parse_terms(args, "by")
        _options(args, given, resets)
        by = grouping_fields(args)
        _options(args, given, resets)
        flags = {name: args.as_bool(given[name]) for name in _FLAGS if name in given}
        window = args.as_integer(given["window"]) if "window" in given else 0
        if window > MAX_WINDOW:
            args.fail(f"the window {window:,} is too large", given["window"].span, hint=f"at most {MAX_WINDOW:,} rows")
        seconds = _seconds(args, given["time_window"]) if "time_window" in given else None
        if seconds is not None and window:
            args.fail("window and time_window exclude each other", given["window"].span)
        return cls(
            terms,
            tuple(dict.fromkeys(word.value for word in by)),
            current=flags.get("current", True),
            shared=flags.get("global", True),
            allnum=flags.get("allnum", False),
            window=window,
            seconds=seconds,
            resets=Resets(flags.get("reset_on_change", False), resets.get("reset_before"), resets.get("reset_after")),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        kinds = [source.fields.type_of(name) for name in self.by]
        if None in kinds:
            return source
        terms = concrete(self.terms, source, self.by, context)
        calls = Calls()
        results = plan_terms(terms, source, context, calls, allnum=self.allnum)
        before = source
        hidden: set[str] = set()
        partition = self.by
        if self.resets:
            source = self._runs(source, context, hidden)
            partition = (*self.by, _RUN)
        if self.seconds is not None:  # a row without a time is in no window
            source, partition = _timed(source, context, hidden), (*partition, _TIMED)
        preceding, source = self._frame(source, partition, hidden)
        window = Window(source, partition, tuple(calls.found), running=True, preceding=preceding, current=self.current)
        hidden.update(name for name, _ in calls.found)
        added = tuple((name, or_before(before, name, scalar)) for name, scalar in results)
        return Drop(Extend(window, added), frozenset(hidden))

    def _runs(self, source: Plan, context: Context, hidden: set[str]) -> Plan:
        """Rows with ``#run``, a number that grows wherever the statistics begin anew."""
        starts: list[Scalar] = []
        resets = self.resets
        if resets.on_change and self.by:
            lacking = Or(tuple(IsNull(_known(source, name)) for name in self.by))
            key = Case(((lacking, null()),), row_key(source, self.by), FieldType.TEXT)
            source = Extend(source, ((_KEY, key),))
            last = AggCall(AggFn.LAST, (Column(_KEY, FieldType.TEXT),), FieldType.TEXT)
            source = Window(source, (), ((_PREVIOUS, last),), running=True, current=False)
            hidden |= {_KEY, _PREVIOUS}
            starts.append(settled(Compare(Op.NE, Column(_KEY, FieldType.TEXT), Column(_PREVIOUS, FieldType.TEXT))))
        planner = lowerer(source.fields, context)
        if resets.before is not None:
            starts.append(settled(planner.condition(resets.before)))
        if starts:
            started = AggCall(AggFn.COUNT_TRUE, (Or(tuple(starts)),), _WHOLE)
            source = Window(source, (), ((_BEFORE, started),), running=True)
        else:
            source = Extend(source, ((_BEFORE, integer(0)),))
        ended: Scalar = integer(0)
        if resets.after is not None:
            call = AggCall(AggFn.COUNT_TRUE, (settled(planner.condition(resets.after)),), _WHOLE)
            source = Window(source, (), ((_AFTER, call),), running=True, current=False)
            ended = Column(_AFTER, _WHOLE)
            hidden.add(_AFTER)
        run = Arithmetic(ArithmeticOp.ADD, Column(_BEFORE, _WHOLE), ended, _WHOLE)
        hidden |= {_BEFORE, _RUN}
        return Extend(source, ((_RUN, run),))

    def _frame(self, source: Plan, partition: tuple[str, ...], hidden: set[str]) -> tuple[Scalar | None, Plan]:
        """How many rows of its group before a row its window begins."""
        if self.seconds is not None:
            return self._behind(source, partition, Column(_STEP, FieldType.NUMBER), self.seconds, hidden)
        if not self.window:
            return None, source
        if not self.by or not self.shared:
            return integer(self.window - self.current), source
        place = AggCall(AggFn.ROW_NUMBER, (), _WHOLE)
        source = Window(source, (), ((_PLACE, place),), running=True)
        hidden.add(_PLACE)
        distance = self.window if self.current else self.window + 1
        return self._behind(source, partition, Column(_PLACE, _WHOLE), distance, hidden)

    def _behind(
        self, source: Plan, partition: tuple[str, ...], key: Scalar, distance: float, hidden: set[str]
    ) -> tuple[Scalar, Plan]:
        """All rows of the group before a row but those whose key is at least ``distance`` smaller."""
        calls = (
            (_NTH, AggCall(AggFn.ROW_NUMBER, (), _WHOLE)),
            (_BEHIND, AggCall(AggFn.BEHIND, (key,), _WHOLE, distance)),
        )
        hidden |= {_NTH, _BEHIND}
        earlier = Arithmetic(ArithmeticOp.SUB, Column(_NTH, _WHOLE), integer(1), _WHOLE)
        rows = Arithmetic(ArithmeticOp.SUB, earlier, Column(_BEHIND, _WHOLE), _WHOLE)
        return rows, Window(source, partition, calls, running=True)


def _known(source: Plan, name: str) -> Column:
    found = column(source, name)
    if found is None:
        raise KeyError(name)
    return found


def _timed(source: Plan, context: Context, hidden: set[str]) -> Plan:
    """Rows with ``#step``, ``_time`` as a number that grows from row to row (negated where they come newest first).

    ``#timed`` is there in rows that have a time. Rows in neither order end the search.
    """
    of = column(source, TIME)
    if of is None:
        raise SplSyntaxError("time_window needs _time, which the results do not have", text=context.text)
    time = as_number(of)
    ends = ((_FIRST, AggCall(AggFn.FIRST, (time,), time.type)), (_LAST, AggCall(AggFn.LAST, (time,), time.type)))
    source = Window(source, (), ends)
    descending = Compare(Op.GT, Column(_FIRST, time.type), Column(_LAST, time.type))
    negated = Arithmetic(ArithmeticOp.SUB, integer(0), time)
    source = Extend(source, ((_STEP, Case(((descending, negated),), time, FieldType.NUMBER)),))
    step = Column(_STEP, FieldType.NUMBER)
    earlier = AggCall(AggFn.LAST, (step,), FieldType.NUMBER)
    source = Window(source, (), ((_PREVIOUS, earlier),), running=True, current=False)
    hidden |= {_FIRST, _LAST, _STEP, _PREVIOUS, _TIMED}
    message = "streamstats: time_window needs rows in the order of _time"
    checked = Kernel("ascending", (step, Column(_PREVIOUS, FieldType.NUMBER)), (message,), FieldType.NUMBER)
    there = Case(((IsNull(step), null(_WHOLE)),), integer(1), _WHOLE)
    return Extend(source, ((_STEP, checked), (_TIMED, there)))


def _options(args: Cursor, given: dict[str, Word], resets: dict[str, Expression]) -> None:
    """Every option standing next."""
    known = scopes_of((_OPTIONS, given), (_RESETS, given))
    while (name := args.option_name()) is not None:
        key = name.value.lower()
        if key not in _RESETS:
            args.option(known)
            continue
        if key in resets:
            args.fail(f"the option '{name.value}' is given twice", name.span)
        args.at = name.span.end
        args.expect("=")
        resets[key] = _condition(args)
        args.mark(",")


def _condition(args: Cursor) -> Expression:
    """``(expr)``, ``"(expr)"`` or, as Splunk's reference writes it, ``"("expr")"``."""
    if args.next != '"':
        return parse_expression(args)
    word = args.quoted()
    if word is None:
        args.unexpected("an expression in parentheses")
    written = word.value
    if written.strip() == "(":
        stop = args.text.find('")"', args.at, args.end)
        if stop < 0:
            args.fail("the expression is never closed", word.span, hint='write it as "("expression")"')
        written, args.at = unescape(args.text[args.at : stop]), stop + 3
    inner = Cursor(written, 0, len(written))
    found = parse_expression(inner)
    inner.finish()
    return found


def _seconds(args: Cursor, word: Word) -> float:
    span = parse_span(args, word)
    match span:
        case Fixed(timed=True):
            return span.width
        case Calendar() if span.unit in _SECONDS:
            return float(span.count * _SECONDS[span.unit])
        case _:
            args.fail(f"{word.value!r} is no length of time", word.span, hint="write a span such as 5m, 1h or 1d")
