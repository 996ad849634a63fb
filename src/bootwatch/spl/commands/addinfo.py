"""``addinfo``: what the search was asked, in every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.algebra.scalars import text
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.searchrange import search_range


@command("addinfo", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class AddInfo(Command):
    """``addinfo``: adds ``info_min_time``, ``info_max_time``, ``info_search_time`` and ``info_sid`` to every row.

    The bounds of the search in epoch seconds, 0.000 and +Infinity where there are none, the time it was started, and
    an identifier made of that time.
    """

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        del args
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        earliest, latest = search_range(source, context)
        now = context.clock.now.timestamp()
        fields = {
            "info_min_time": "0.000" if earliest is None else f"{earliest:.3f}",
            "info_max_time": "+Infinity" if latest is None else f"{latest:.3f}",
            "info_search_time": f"{now:.3f}",
            "info_sid": f"{now:.3f}",
        }
        return Extend(source, tuple((name, text(value)) for name, value in fields.items()))
