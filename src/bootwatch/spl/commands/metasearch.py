"""``metasearch``: where events come from, without what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan, Select
from bootwatch.events.fields import HOST, INDEX, SOURCE, SOURCETYPE, TIME
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.commands.search import Search
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor

_FIELDS: Final = (TIME, HOST, SOURCE, SOURCETYPE, INDEX)


@command("metasearch", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Metasearch(GeneratingCommand):
    """``metasearch [<terms and comparisons>]``: where events come from, without what they say.

    ``_time``, ``host``, ``source``, ``sourcetype`` and ``index`` of the events ``search`` finds with the expression.
    """

    search: Search

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls(Search.parse(args))

    def reads_events(self) -> bool:
        return True

    def generate(self, context: Context) -> Plan:
        return Select(self.search.plan(context.scan(), context), tuple((name, name) for name in _FIELDS))
