"""``multisearch``: the events of several streaming searches together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan, Sort, SortKey, column
from bootwatch.events.fields import TIME
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch
from bootwatch.spl.values import as_number

STREAMING: Final = (CommandKind.DISTRIBUTABLE_STREAMING, CommandKind.GENERATING)


@command("multisearch", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Multisearch(GeneratingCommand):
    """``multisearch [<subsearch>] [<subsearch>] …``: the events of several streaming searches, newest first."""

    subsearches: tuple[Subsearch, ...]

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found: list[Subsearch] = []
        while args.next == "[":
            found.append(parse_subsearch(args))
            for stage, inner in zip(found[-1].stages, found[-1].commands, strict=True):
                if inner.kind not in STREAMING:
                    hint = "multisearch takes searches whose commands work event by event; union takes any"
                    args.fail(f"'{stage.name}' is no streaming command", stage.name_span, hint)
        if len(found) < 2:
            args.unexpected("two subsearches in brackets or more")
        return cls(tuple(found))

    def generate(self, context: Context) -> Plan:
        return by_time(one_after_the_other([appended(sub, context, limit=0, closed=False) for sub in self.subsearches]))


def by_time(found: Plan) -> Plan:
    """Rows newest first, where they have a time."""
    when = column(found, TIME)
    return found if when is None else Sort(found, (SortKey(as_number(when), descending=True),))
