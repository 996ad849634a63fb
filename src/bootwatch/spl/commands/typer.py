"""``typer``: the event types of each event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan
from bootwatch.spl.before import or_before
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.labels import named


@command("typer", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Typer(Command):
    """``typer [eventtypes=<n>] [maxlen=<n>]``: the names of all event types an event satisfies, in ``eventtype``.

    The options limit Splunk's work and change nothing here.
    """

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("eventtypes", "maxlen")
        for word in options.values():
            args.as_integer(word, least=1)
        return cls()

    def plan(self, source: Plan, context: Context) -> Plan:
        kinds = context.knowledge.event_types()
        found = named(source, context, {name: frozenset((name,)) for name in kinds})
        return Extend(source, (("eventtype", or_before(source, "eventtype", found)),))
