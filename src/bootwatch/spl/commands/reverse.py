"""``reverse``: the results in opposite order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra import plans
from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor


@command("reverse", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Reverse(Command):
    """``reverse``: every result, in opposite order."""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        args.finish()
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return plans.Reverse(source)
