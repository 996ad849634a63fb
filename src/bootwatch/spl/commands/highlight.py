"""``highlight``: words Splunk's pages mark, which does not concern the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import warn


@command("highlight", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Highlight(Command):
    """``highlight <text>[, <text> …]``: marks words on Splunk's pages; rows stay as they are, with a warning."""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found = 0
        while not args.done:
            if args.word() is None:
                args.unexpected("a word to mark")
            found += 1
            args.mark(",")
        if not found:
            args.unexpected("a word to mark")
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        warn(context, "highlight marks words on Splunk's pages; the rows stay as they are")
        return source
