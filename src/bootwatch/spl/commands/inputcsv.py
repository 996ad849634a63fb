"""``inputcsv``: the rows of a CSV file of the folder of lookups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.spl.command import CommandKind, command
from bootwatch.spl.commands.inputlookup import OPTIONS, Inputlookup
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.terms import SearchExpression, parse_terms


@command("inputcsv", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Inputcsv(Inputlookup):
    """``inputcsv [append=f] [start=0] [max=] [events=f] [dispatch=f] <file> [where <search>]``: as ``inputlookup``.

    Files are those of the folder of lookups; ``dispatch`` and ``events`` are accepted and change nothing.
    """

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        known = (*OPTIONS, "dispatch", "events")
        options = args.options(*known)
        table = args.word()
        if table is None:
            args.unexpected("the name of a file")
        args.options(*known, given=options)
        where: SearchExpression | None = None
        if args.keyword("where") is not None:
            where = parse_terms(args)
        return cls(
            table,
            where,
            "append" in options and args.as_bool(options["append"]),
            "strict" in options and args.as_bool(options["strict"]),
            args.as_integer(options["start"]) if "start" in options else 0,
            args.as_integer(options["max"]) if "max" in options else None,
        )
