"""``convert``: times, durations and sizes into numbers, numbers into times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Column, Kernel, Scalar, text
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import coalesced
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_field
from bootwatch.spl.spans import zone_name
from bootwatch.spl.values import as_number, as_text
from bootwatch.spl.wildcards import expand, pattern

DEFAULT_FORMAT: Final = "%m/%d/%Y %H:%M:%S"
_FUNCTIONS: Final = ("auto", "ctime", "dur2sec", "memk", "mktime", "mstime", "none", "num", "rmcomma", "rmunit")


@dataclass(frozen=True, slots=True)
class Conversion:
    """``function(field) [AS name]``; both names may hold ``*``."""

    function: str
    field: Word
    target: Word | None


@command("convert", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Convert(Command):
    """``convert [timeformat="%m/%d/%Y %H:%M:%S"] <function>(<field>) [AS <name>] …``: values in another form.

    ``ctime`` makes epoch seconds a time as text, ``mktime`` the other way; ``dur2sec`` reads ``[D+]HH:MM:SS``,
    ``mstime`` ``[MM:]SS.SSS``, ``memk`` a size in k, m or g as kilobytes; ``rmunit`` keeps the number a text begins
    with, ``rmcomma`` leaves out commas. What a function cannot read stays as it is. ``num`` removes what is no number,
    ``auto`` converts a field only if that leaves nothing out, ``none`` leaves fields out of the wildcards of the
    others. Several values are converted one by one. Without AS the field itself changes.
    """

    conversions: tuple[Conversion, ...]
    timeformat: str = DEFAULT_FORMAT

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        found: list[Conversion] = []
        while not args.done:
            if args.option_name() is not None:
                args.options("timeformat", given=options)
                continue
            found.append(_conversion(args))
            args.mark(",")
        if not found:
            args.unexpected("a conversion such as ctime(_time)")
        return cls(tuple(found), options["timeformat"].value if "timeformat" in options else DEFAULT_FORMAT)

    def plan(self, source: Plan, context: Context) -> Plan:
        spared = {name for c in self.conversions if c.function == "none" for name in expand([c.field.value], source)}
        for conversion in self.conversions:
            if conversion.function == "none":
                continue
            for name, target in _targets(conversion, source, spared):
                of = column(source, name)
                if of is not None:
                    source = self._converted(source, conversion.function, of, target, context)
        return source

    def _converted(self, source: Plan, function: str, of: Column, target: str, context: Context) -> Plan:
        if function == "auto":  # a text that looks like a number is one already, and other values are to stay
            return source if target == of.name else Extend(source, ((target, of),))
        if function in ("ctime", "mktime"):
            new = self._time(function, of, context)
        elif of.type.numeric and function != "dur2sec":
            new = of
        else:
            shown: Scalar = of if of.type is FieldType.MULTI else as_text(of)
            new = Kernel("conversion", (shown,), (function,), shown.type)
            new = new if function == "num" else coalesced(new, shown)
        return Extend(source, ((target, new),))

    def _time(self, function: str, of: Column, context: Context) -> Scalar:
        kernel = "format_time" if function == "ctime" else "parse_time"
        settings: tuple[str, ...] = (zone_name(context.clock.zone),)
        if function == "mktime":
            settings = (*settings, repr(context.clock.now.timestamp()))
        if of.type is FieldType.MULTI:
            return Kernel("each_time", (of,), (kernel, self.timeformat, *settings), FieldType.MULTI)
        if function == "ctime":
            made: Scalar = Kernel(kernel, (as_number(of), text(self.timeformat)), settings, FieldType.TEXT)
        else:
            made = Kernel(kernel, (as_text(of), text(self.timeformat)), settings, FieldType.NUMBER)
        return coalesced(made, of)


def _conversion(args: Cursor) -> Conversion:
    name = args.bare()
    if name is None:
        args.unexpected("a conversion such as ctime(_time)")
    function = args.one_of(name, _FUNCTIONS, "conversion")
    args.expect("(")
    field = args.field(wild=True, made=True)
    args.expect(")")
    target: Word | None = None
    if args.keyword("as") is not None:
        target = result_field(args, wild=True, what="a new name")
        if target.value.count("*") != field.value.count("*"):
            args.fail(f"the wildcards of '{field.value}' and '{target.value}' do not pair", target.span)
    return Conversion(function, field, target)


def _targets(conversion: Conversion, source: Plan, spared: set[str]) -> Iterator[tuple[str, str]]:
    """The fields a conversion is for, and the name of each result."""
    wild = pattern(conversion.field.value)
    for name in expand([conversion.field.value], source):
        found = wild.fullmatch(name)
        if name in spared or found is None:
            continue
        if conversion.target is None:
            yield name, name
            continue
        pieces = conversion.target.value.split("*")
        yield name, pieces[0] + "".join(run + piece for run, piece in zip(found.groups(), pieces[1:], strict=True))
