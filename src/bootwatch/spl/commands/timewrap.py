"""``timewrap``: periods of a time chart beside one another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

import pyarrow as pa

from bootwatch.algebra.kernels import find
from bootwatch.algebra.plans import AggCall, AggFn, Extend, Filter, Plan, Rows, Window, column
from bootwatch.algebra.scalars import Call, Column, Fn, IsNull, Kernel, Not, Scalar, ToNumber, text
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.events.fields import TIME
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import distinct_values
from bootwatch.spl.pivoting import bounded, columns_of_values
from bootwatch.spl.searchrange import search_range
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import as_number, integer

_OPTIONS: Final = ("align", "series", "time_format")
_SPAN: Final = re.compile(r"(\d{0,6})([a-z]+)", re.IGNORECASE)
_SCALES: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("second", 1, "s")),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("minute", 60, "s")),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("hour", 3600, "s")),
    **dict.fromkeys(("d", "day", "days"), ("day", 1, "d")),
    **dict.fromkeys(("w", "week", "weeks"), ("week", 1, "w")),
    **dict.fromkeys(("mon", "month", "months"), ("month", 1, "mon")),
    **dict.fromkeys(("q", "qtr", "qtrs", "quarter", "quarters"), ("quarter", 3, "mon")),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), ("year", 12, "mon")),
}
_HINT: Final = "write a span such as 1d, 1week or 2mon"
_PERIOD, _LAST, _FOUND, _KEY = "#period", "#last", "#found", "#key"
_NUMBER: Final = FieldType.NUMBER


@dataclass(frozen=True, slots=True)
class Period:
    """How long a period is: ``times`` of Splunk's scale, each ``width`` of the ``unit`` (s, d, w or mon)."""

    times: int
    scale: str
    width: int
    unit: str

    @property
    def count(self) -> int:
        return self.times * self.width


@command("timewrap", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Timewrap(Command):
    """``timewrap <span> [align=end|now] [series=relative|exact|short] [time_format=]``: a column for each period.

    Over the rows of timechart. Periods are counted back from the end of the search, or from now; a row of the latest
    one has beside its own values those of the same moment of each period before, the oldest first:
    ``count_2weeks_before``, ``count_1week_before``, ``count_latest_week``. ``series=short`` calls them ``count_s2``,
    ``count_s1``, ``count_s0``, ``series=exact`` by the start of the period as ``time_format`` writes it. A search
    without an end ends with the day, week or other unit of its last row.
    """

    period: Period
    series: str = "relative"
    now: bool = False
    time_format: str = "%Y-%m-%d %H:%M:%S"

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options(*_OPTIONS)
        word = args.word()
        if word is None:
            args.unexpected("the span of a period, such as 1d")
        period = _period(args, word)
        args.options(*_OPTIONS, given=options)
        args.finish("an option: align, series or time_format")
        series, align = "relative", "end"
        if "series" in options:
            series = args.one_of(options["series"], ("relative", "exact", "short"), "series")
        if "align" in options:
            align = args.one_of(options["align"], ("end", "now"), "alignment")
        if "time_format" in options:
            return cls(period, series, align == "now", options["time_format"].value)
        return cls(period, series, align == "now")

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, TIME)
        if source.fields.open:
            raise SplSyntaxError("timewrap needs the rows of timechart before it", text=context.text)
        if of is None:
            return Rows(((TIME, _NUMBER),), ())
        keys = distinct_values(source, _KEY)
        if keys is None:
            raise Undecided(distinct=(_KEY,), source=self._keyed(source, as_number(of), context))
        back = sorted((int(key.partition(" ")[0]), key) for key in keys)
        series = [name for name in source.fields.known if not name.startswith(("#", "_"))]
        cells: list[tuple[str, str, Scalar]] = []
        names = bounded([key for _, key in reversed(back)], context, "timewrap")
        for name in series:
            kind = source.fields.known[name]
            cells += [(f"{name}_{self._label(key, context)}", key, Column(name, kind)) for key in names]
        moved = Extend(source, ((TIME, Column(_FOUND, _NUMBER)),))
        kept = Filter(moved, Not(IsNull(Column(TIME, _NUMBER))))
        return columns_of_values(kept, (TIME,), Column(_KEY, FieldType.TEXT), cells)

    def _keyed(self, source: Plan, time: Scalar, context: Context) -> Plan:
        """The rows with the period they lie in and the same moment of the latest one."""
        end = context.clock.now.timestamp() if self.now else search_range(source, context)[1]
        zone = zone_name(context.clock.zone)
        span = (str(self.period.count), self.period.unit, zone)
        source = Window(source, (), ((_LAST, AggCall(AggFn.MAX, (time,), _NUMBER)),))
        settings = (*span, "" if end is None else repr(end), self.period.scale)
        period = Kernel("period_back", (time, Column(_LAST, _NUMBER)), settings, FieldType.MULTI)
        source = Extend(source, ((_PERIOD, period),))
        listed = Column(_PERIOD, FieldType.MULTI)
        number = ToNumber(Call(Fn.LIST_ITEM, (listed, integer(1)), FieldType.TEXT))
        latest = Kernel("period_latest", (time, number), span, _NUMBER)
        return Extend(source, ((_FOUND, latest), (_KEY, Call(Fn.LIST_JOIN, (listed, text(" ")), FieldType.TEXT))))

    def _label(self, key: str, context: Context) -> str:
        back, _, start = key.partition(" ")
        if self.series == "short":
            return f"s{back}"
        if self.series == "exact":
            moment, form = pa.array([float(start)], pa.float64()), pa.array([self.time_format])
            shown = find("format_time").run([moment, form], (zone_name(context.clock.zone),), [])
            return str(pa.array(shown)[0].as_py())
        units = int(back) * self.period.times
        if not units:
            return f"latest_{self.period.scale}"
        return f"{units}{self.period.scale}{'s' if units > 1 else ''}_before"


def _period(args: Cursor, word: Word) -> Period:
    found = _SPAN.fullmatch(word.value)
    if found is not None and found[2].lower() == "m":
        args.fail(f"{word.value!r} may be minutes or months", word.span, hint="write min or mon")
    if found is None or found[2].lower() not in _SCALES or found[1].strip("0") == "" != found[1]:
        args.fail(f"{word.value!r} is no span of a period", word.span, hint=_HINT)
    scale, width, unit = _SCALES[found[2].lower()]
    return Period(int(found[1] or 1), scale, width, unit)
