"""``append``: the rows of a subsearch behind those there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch

OPTIONS: Final = ("extendtimerange", "maxtime", "maxout", "timeout")


@command("append", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Append(Command):
    """``append [maxout=50000] [maxtime=60] [timeout=60] [extendtimerange=f] [<subsearch>]``: further rows at the end.

    The subsearch sees the time range of the whole search. At most ``maxout`` of its rows are taken; the times are
    accepted and change nothing.
    """

    subsearch: Subsearch
    maxout: int | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*OPTIONS)
        if args.next != "[":
            args.unexpected("a subsearch in brackets")
        found = parse_subsearch(args)
        args.options(*OPTIONS, given=options)
        for name in ("maxtime", "timeout"):
            if name in options:
                args.as_integer(options[name])
        if "extendtimerange" in options:
            args.as_bool(options["extendtimerange"])
        return cls(found, args.as_integer(options["maxout"]) if "maxout" in options else None)

    def plan(self, source: Plan, context: Context) -> Plan:
        return one_after_the_other((source, appended(self.subsearch, context, limit=self.maxout, closed=False)))
