"""``gentimes``: rows of times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn, Self

from bootwatch.algebra.plans import AggCall, AggFn, Extend, Generate, Plan, Select, Window
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Column,
    Const,
    Fn,
    Kernel,
    Scalar,
    ToText,
    number,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import integer

_INCREMENT: Final = re.compile(r"(\d{1,6})([smhd])", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_HUMAN: Final = "%a %b %e %H:%M:%S %Y"
_NTH: Final = "#nth"


@command("gentimes", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class GenTimes(GeneratingCommand):
    """``gentimes start=<time> [end=<time>] [increment=1d]``: a row for each step from start to end.

    ``starttime`` and ``endtime``, a second before the next step, in epoch seconds; ``starthuman`` and ``endhuman`` the
    same to read. Times are ``MM/DD/YYYY[:HH:MM:SS]``, the year perhaps of two digits, or a number of days from today;
    ``end`` is today's midnight unless said, and no step begins at or after it. Steps are in s, m, h or d.
    """

    start: Word
    end: Word | None = None
    count: int = 1
    unit: str = "d"

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("start", "end", "increment")
        args.finish("an option such as start=01/31/2026")
        if "start" not in options:
            args.unexpected("start= and a time")
        count, unit = 1, "d"
        if "increment" in options:
            word = options["increment"]
            found = _INCREMENT.fullmatch(word.value)
            if found is None or not int(found[1]):
                args.fail(f"{word.value!r} is no increment", word.span, hint="write 30m, 6h or 1d")
            count, unit = int(found[1]), found[2].lower()
        return cls(options["start"], options.get("end"), count, unit)

    def generate(self, context: Context) -> Plan:
        start = _time(self.start, context)
        end = _time(self.end, context) if self.end is not None else _midnight(0, context)
        step = self.count * _SECONDS[self.unit]
        most = context.limits.max_generated_rows
        rows = max(0, -int(-(end - start) // step))
        if rows > most:
            context.warnings.append(f"gentimes: only {most:,} of {rows:,} rows are made (max_generated_rows)")
        first = Generate(min(rows, most), (("#start", Const(start, FieldType.NUMBER)),))
        numbered = Window(first, (), ((_NTH, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),), running=True)
        nth = Column(_NTH, FieldType.INTEGER)
        before = Arithmetic(ArithmeticOp.SUB, nth, integer(1), FieldType.INTEGER)
        after = Arithmetic(ArithmeticOp.SUB, self._moved(nth, context), number(1))
        timed = Extend(numbered, (("starttime", self._moved(before, context)), ("endtime", after)))
        zone = (zone_name(context.clock.zone),)
        shown: list[tuple[str, Scalar]] = []
        for name in ("start", "end"):
            args = (Column(f"{name}time", FieldType.NUMBER), text(_HUMAN))
            shown.append((f"{name}human", Kernel("format_time", args, zone, FieldType.TEXT)))
        names = ("starttime", "endtime", "starthuman", "endhuman")
        return Select(Extend(timed, tuple(shown)), tuple((name, name) for name in names))

    def _moved(self, steps: Scalar, context: Context) -> Scalar:
        """The start so many steps on; days keep the time of day where clocks change."""
        start = Column("#start", FieldType.NUMBER)
        moved = Arithmetic(ArithmeticOp.MUL, steps, integer(self.count), FieldType.INTEGER)
        if self.unit != "d":
            seconds = Arithmetic(ArithmeticOp.MUL, moved, integer(_SECONDS[self.unit]), FieldType.INTEGER)
            return Arithmetic(ArithmeticOp.ADD, start, seconds)
        spec = Call(Fn.CONCAT, (text("+"), ToText(moved), text("d")), FieldType.TEXT)
        return Kernel("relative_time", (start, spec), (zone_name(context.clock.zone),), FieldType.NUMBER)


def _time(word: Word, context: Context) -> float:
    for form in ("%m/%d/%Y:%H:%M:%S", "%m/%d/%Y", "%m/%d/%y:%H:%M:%S", "%m/%d/%y"):
        try:
            return datetime.strptime(word.value, form).replace(tzinfo=context.clock.zone).timestamp()
        except (ValueError, OverflowError):
            continue
    if re.fullmatch(r"[+-]?\d{1,6}", word.value):
        return _midnight(int(word.value), context, word)
    _fail(word, context)


def _midnight(days: int, context: Context, word: Word | None = None) -> float:
    today = context.clock.now.astimezone(context.clock.zone)
    try:
        day = today.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=days)
        return day.replace(tzinfo=context.clock.zone).timestamp()
    except (OverflowError, ValueError):
        if word is None:
            raise
        _fail(word, context)


def _fail(word: Word, context: Context) -> NoReturn:
    raise SplSyntaxError(
        f"{word.value!r} is no time",
        text=context.text,
        span=word.span,
        hint="write MM/DD/YYYY, MM/DD/YYYY:HH:MM:SS, or a number of days such as -7",
    )
