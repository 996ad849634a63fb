"""``savedsearch``: the results of a search that is known by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Plan
from bootwatch.spl.command import CommandKind, GeneratingCommand, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.saved import planned


@command("savedsearch", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Savedsearch(GeneratingCommand):
    """``savedsearch <name> [nosubstitution=f] [<token>=<value> …]``: the results of a saved search.

    Saved are the searches of the detections, by id and by name, the hunting queries, by id, and those of
    ``savedsearches.conf`` in the folder of lookups. ``$token$`` in the search becomes the value given.
    """

    name_of_search: Word
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        name = args.word()
        if name is None:
            args.unexpected("the name of a saved search")
        values: dict[str, str] = {}
        plain = False
        while (token := args.option_name()) is not None:
            args.at = token.span.end
            args.expect("=")
            value = args.word()
            if value is None:
                args.unexpected(f"a value for '{token.value}'")
            if token.value.lower() == "nosubstitution":
                plain = args.as_bool(value)
            elif token.value in values:
                args.fail(f"'{token.value}' is given twice", token.span)
            else:
                values[token.value] = value.value
            args.mark(",")
        return cls(name, () if plain else tuple(values.items()))

    def reads_events(self) -> bool:
        return True

    def generate(self, context: Context) -> Plan:
        return planned(self.name_of_search.value, self.name_of_search.span, context, dict(self.values))
