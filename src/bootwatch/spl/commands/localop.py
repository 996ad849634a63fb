"""``localop``: where Splunk runs what follows, which does not concern the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor


@command("localop", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class LocalOp(Command):
    """``localop``: keeps what follows on the search head in Splunk; rows stay as they are."""

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        del args
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return source
