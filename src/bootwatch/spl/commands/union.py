"""``union``: the rows of several searches together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.commands.multisearch import STREAMING, by_time
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import Subsearch, appended, parse_subsearch


@command("union", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Union(GeneratingCommand):
    """``union [maxout=50000] [<subsearch>] …``: the rows of several searches, or of the rows there are and others.

    Where every search works event by event the events come newest first, else one search after the other.
    """

    appendable: ClassVar[bool] = True

    subsearches: tuple[Subsearch, ...]
    maxout: int | None = None
    append: bool = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("maxtime", "maxout", "timeout")
        found: list[Subsearch] = []
        while not args.done:
            if args.next != "[":
                args.unsupported("a dataset is named by a subsearch here", args.here(), "write [| from …]")
            found.append(parse_subsearch(args))
            args.mark(",")
        if not found:
            args.unexpected("a subsearch in brackets")
        return cls(tuple(found), args.as_integer(options["maxout"]) if "maxout" in options else None)

    def plan(self, source: Plan, context: Context) -> Plan:
        if not (source.fields.known or source.fields.open):
            return self.generate(context)
        return one_after_the_other([source, *self._found(context)])

    def generate(self, context: Context) -> Plan:
        streaming = all(inner.kind in STREAMING for sub in self.subsearches for inner in sub.commands)
        together = one_after_the_other(self._found(context))
        return by_time(together) if streaming else together

    def _found(self, context: Context) -> list[Plan]:
        return [appended(sub, context, limit=self.maxout, closed=False) for sub in self.subsearches]
