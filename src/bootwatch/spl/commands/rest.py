"""``rest``: a short catalogue of what a Splunk server answers about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Plan, Rows, Select
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import INDEX
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.commands.eventcount import SERVER
from bootwatch.spl.commands.metadata import events
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.subsearch import warn

_ADDRESS_STOP: Final = frozenset(" \t\r\n|]")
_OPTIONS: Final = ("count", "splunk_server", "splunk_server_group", "timeout", "f", "search", "strict", "offset")


def _saved(context: Context) -> Plan:
    known = context.knowledge.saved_searches()
    return _table(("title", "search"), [(name, known[name]) for name in sorted(known)])


def _macros(context: Context) -> Plan:
    rows = [
        (macro.name if not macro.most else f"{macro.name}({macro.most})", macro.definition)
        for name in sorted(context.knowledge.macro_names())
        for macro in context.knowledge.macros(name)
    ]
    return _table(("title", "definition"), rows)


def _lookups(context: Context) -> Plan:
    return _table(("title",), [(name,) for name in sorted(context.knowledge.lookups.names())])


def _event_types(context: Context) -> Plan:
    known = context.knowledge.event_types()
    return _table(("title", "search"), [(name, known[name].search) for name in sorted(known)])


def _server(context: Context) -> Plan:
    del context
    return _table(("title", "serverName", "version"), [("server-info", SERVER, "10.0.0")])


def _indexes(context: Context) -> Plan:
    count = (("totalEventCount", AggCall(AggFn.COUNT_ROWS, (), FieldType.INTEGER)),)
    found = Aggregate(events(context, ()), (INDEX,), count)
    return Select(found, (("title", INDEX), ("totalEventCount", "totalEventCount")))


_CATALOGUE: Final[Mapping[str, Callable[[Context], Plan]]] = {
    "saved/searches": _saved,
    "admin/macros": _macros,
    "configs/conf-macros": _macros,
    "data/lookup-table-files": _lookups,
    "data/transforms/lookups": _lookups,
    "saved/eventtypes": _event_types,
    "server/info": _server,
    "data/indexes": _indexes,
}


@command("rest", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Rest(GeneratingCommand):
    """``rest <uri> [count=] [splunk_server=local]``: rows about this installation, from a short catalogue.

    Under ``/services`` or ``/servicesNS/<user>/<app>``: ``saved/searches``, ``admin/macros``, ``configs/conf-macros``,
    ``data/lookup-table-files``, ``data/transforms/lookups``, ``saved/eventtypes``, ``data/indexes``, ``server/info``.
    Each row has a ``title``. Any other address there answers no rows, which is a warning.
    """

    address: str

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        word = args.quoted() or args.bare(_ADDRESS_STOP)
        if word is None:
            args.unexpected("an address such as /services/saved/searches")
        if _parts(word.value)[:1] not in (["services"], ["servicesNS"]):
            hint = "an address begins with /services or /servicesNS/<user>/<app>"
            args.fail(f"{word.value!r} is no address of rest", word.span, hint)
        args.options(*_OPTIONS, given=options)
        args.finish("an option such as count=0")
        return cls(word.value)

    def reads_events(self) -> bool:
        return self._entry() == "data/indexes"

    def _entry(self) -> str:
        parts = _parts(self.address)
        return "/".join(parts[1:] if parts[0] == "services" else parts[3:])

    def generate(self, context: Context) -> Plan:
        answer = _CATALOGUE.get(self._entry())
        if answer is None:
            known = ", ".join(sorted(_CATALOGUE))
            warn(context, f"rest: '{self.address}' answers no rows here; known are: {known}")
            return _table(("title",), ())
        return answer(context)


def _parts(address: str) -> list[str]:
    return [part for part in address.split("?")[0].split("/") if part]


def _table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Plan:
    return Rows(tuple((name, FieldType.TEXT) for name in names), tuple(rows))
