"""``tail``: the last results, the last one first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Limit, Plan, Reverse
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.head import DEFAULT_COUNT, count_of
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor


@command("tail", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Tail(Command):
    """``tail [<count>]``: the last results, ten unless told otherwise, in reverse order."""

    count: int = DEFAULT_COUNT

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        count = count_of(args)
        args.finish("a count" if count is None else "nothing more")
        return cls() if count is None else cls(count)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return Limit(Reverse(source), self.count)
