"""``outputcsv``: the rows as a CSV file of the folder of lookups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.outputlookup import DEFAULT_ROWS, Outputlookup
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.risky import guard

_OPTIONS: Final = ("append", "create_empty", "override_if_empty", "dispatch", "usexml", "singlefile")


@command("outputcsv", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Outputcsv(Command):
    """``outputcsv [append=f] [create_empty=f] [override_if_empty=t] <file>``: writes the rows, keeps them.

    As ``outputlookup``. A risky command of Splunk's list: it runs only with ``--allow-risky``.
    """

    output: Outputlookup

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        table = args.word()
        if table is None:
            args.unexpected("the name of a file")
        args.options(*_OPTIONS, given=options)
        append = "append" in options and args.as_bool(options["append"])
        create = "create_empty" in options and args.as_bool(options["create_empty"])
        override = "override_if_empty" not in options or args.as_bool(options["override_if_empty"])
        return cls(Outputlookup(table, append, create, override, DEFAULT_ROWS, table.span))

    def plan(self, source: Plan, context: Context) -> Plan:
        guard("outputcsv", context, self.output.span)
        return self.output.plan(source, context)
