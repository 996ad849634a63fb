"""``eventcount``: how many events there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Extend, Plan, Select
from bootwatch.algebra.scalars import text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import INDEX
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.commands.metadata import events
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word

SERVER: Final = "bootwatch"
"""What stands for the name of the search head."""
_FLAGS: Final = ("summarize", "report_size", "list_vix", "list_federated_remote")


@command("eventcount", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Eventcount(GeneratingCommand):
    """``eventcount [index=<name>] … [summarize=t]``: how many events there are in all time.

    ``summarize=f`` gives a row for each index, with ``server`` and ``count``.
    """

    indexes: tuple[Word, ...] = ()
    summarize: bool = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        indexes: list[Word] = []
        summarize = True
        while (name := args.option_name()) is not None:
            key = name.value.lower()
            if key not in ("index", *_FLAGS):
                args.fail(f"unknown option '{name.value}'", name.span, hint="options are: index, summarize")
            args.at = name.span.end
            args.expect("=")
            value = args.word()
            if value is None:
                args.unexpected(f"a value for '{name.value}'")
            if key == "index":
                indexes.append(value)
            elif key == "summarize":
                summarize = args.as_bool(value)
            elif args.as_bool(value):
                args.unsupported(f"{key}=t is not supported", value.span)
            args.mark(",")
        return cls(tuple(indexes), summarize)

    def reads_events(self) -> bool:
        return True

    def generate(self, context: Context) -> Plan:
        count = (("count", AggCall(AggFn.COUNT_ROWS, (), FieldType.INTEGER)),)
        source = events(context, self.indexes)
        if self.summarize:
            return Aggregate(source, (), count)
        found = Extend(Aggregate(source, (INDEX,), count), (("server", text(SERVER)),))
        return Select(found, ((INDEX, INDEX), ("server", "server"), ("count", "count")))
