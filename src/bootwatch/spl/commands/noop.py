"""``noop`` and ``localop``: nothing happens to the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor


@command("noop", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class NoOp(Command):
    """``noop [<option>=<value> …]``: Splunk's switches for its own optimiser and logging; rows stay as they are."""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        seen: set[str] = set()
        while not args.done:
            name = args.bare()
            if name is None or args.mark("=") is None:
                args.unexpected("an option such as search_optimization=false")
            if name.value in seen:
                args.fail(f"the option '{name.value}' is given twice", name.span)
            seen.add(name.value)
            if args.word() is None:
                args.unexpected(f"a value for '{name.value}'")
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return source
