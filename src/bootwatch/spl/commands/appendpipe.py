"""``appendpipe``: what further commands make of the rows, behind the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Deferred, Plan, Rows, Stored
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import Command, CommandKind, GeneratingCommand, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.pipeline import plan_commands
from bootwatch.spl.subsearch import Subsearch, inner, parse_subsearch


@command("appendpipe", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Appendpipe(Command):
    """``appendpipe [run_in_preview=] [<commands>]``: the rows, then what the commands make of those same rows."""

    subsearch: Subsearch

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("run_in_preview")
        if "run_in_preview" in options:
            args.as_bool(options["run_in_preview"])
        if args.next != "[":
            args.unexpected("commands in brackets")
        found = parse_subsearch(args)
        if isinstance(found.commands[0], GeneratingCommand) and not found.commands[0].append:
            args.fail(f"'{found.stages[0].name}' makes rows of its own", found.stages[0].name_span)
        return cls(found)

    def plan(self, source: Plan, context: Context) -> Plan:
        if not isinstance(source, Stored | Rows):
            raise Undecided(discover=source.fields.open)  # rows that are read twice are made once
        key = (context.text, self.subsearch.span)
        if key in context.results:
            return one_after_the_other((source, context.results[key]))
        found = plan_commands(self.subsearch.commands, source, inner(self.subsearch.span, context))
        if isinstance(found, Deferred):
            raise Undecided(source=found, key=key)
        return one_after_the_other((source, found))
