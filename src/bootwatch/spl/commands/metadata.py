"""``metadata``: what hosts, sources or sourcetypes there are, and when they were seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Extend, Filter, Plan, Select
from bootwatch.algebra.scalars import Column, text
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import HOST, INDEX, INDEXTIME, SOURCE, SOURCETYPE, TIME
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower_terms import TermLowerer, all_of, any_of
from bootwatch.spl.terms import Comparison, Literal
from bootwatch.spl.timerange import bound_predicate, scoped

_TYPES: Final = {"hosts": HOST, "sources": SOURCE, "sourcetypes": SOURCETYPE}
_COLUMNS: Final = ("firstTime", "lastTime", "recentTime", "totalCount", "type")


@command("metadata", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Metadata(GeneratingCommand):
    """``metadata type=hosts|sources|sourcetypes [index=<name>] …``: a row for each value, with times and a count.

    ``firstTime`` and ``lastTime`` are the earliest and the latest event, ``recentTime`` the latest arrival.
    """

    of: str
    indexes: tuple[Word, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        indexes: list[Word] = []
        of: Word | None = None
        while (name := args.option_name()) is not None:
            args.at = name.span.end
            args.expect("=")
            value = args.word()
            if value is None:
                args.unexpected(f"a value for '{name.value}'")
            match name.value.lower():
                case "type":
                    of = value
                case "index":
                    indexes.append(value)
                case "splunk_server" | "splunk_server_group" | "datatype":
                    pass
                case _:
                    args.fail(f"unknown option '{name.value}'", name.span, hint="options are: index, type")
            args.mark(",")
        if of is None:
            args.unexpected("type=hosts, type=sources or type=sourcetypes")
        if of.value.lower() not in _TYPES:
            args.fail(f"{of.value!r} is no type of metadata", of.span, hint=f"types are: {', '.join(_TYPES)}")
        return cls(of.value.lower(), tuple(indexes))

    def reads_events(self) -> bool:
        return True

    def generate(self, context: Context) -> Plan:
        field = _TYPES[self.of]
        source = events(context, self.indexes)
        when, arrival = Column(TIME, FieldType.NUMBER), Column(INDEXTIME, FieldType.NUMBER)
        found = Aggregate(
            source,
            (field,),
            (
                ("firstTime", AggCall(AggFn.MIN, (when,), FieldType.NUMBER)),
                ("lastTime", AggCall(AggFn.MAX, (when,), FieldType.NUMBER)),
                ("recentTime", AggCall(AggFn.MAX, (arrival,), FieldType.NUMBER)),
                ("totalCount", AggCall(AggFn.COUNT_ROWS, (), FieldType.INTEGER)),
            ),
        )
        typed = Extend(found, (("type", text(self.of)),))
        return Select(typed, tuple((name, name) for name in (field, *_COLUMNS)))


def events(context: Context, indexes: tuple[Word, ...]) -> Plan:
    """The events of some indexes (none: all but the internal ones) in the time range of the search."""
    scan = context.scan()
    lowerer = TermLowerer(scan.fields, context, aliases=True)
    field = Word(INDEX, indexes[0].span if indexes else _ANY.span)
    wanted = [
        lowerer.predicate(Comparison(field, "=", Literal(word.value, word.span), word.span))
        for word in indexes or (_ANY,)
    ]
    bounds = [bound_predicate(bound) for bound in scoped([], context)]
    return Filter(scan, all_of([*bounds, any_of(wanted)]))


_ANY: Final = Word("*", Cursor("*", 0, 1).here())
