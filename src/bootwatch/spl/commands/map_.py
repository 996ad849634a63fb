"""``map``: a search for each row, with the row's values in its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Cell, Deferred, Limit, Plan, Rows
from bootwatch.errors import Span, SplError, SplSyntaxError
from bootwatch.spl.combining import one_after_the_other
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.pipeline import parse, plan
from bootwatch.spl.risky import guard
from bootwatch.spl.subsearch import Subsearch, inner, parse_subsearch, shown, warn

DEFAULT_SEARCHES: Final = 10
_ANY: Final = "1"
"""What a check puts where a row's value will stand: it can be read as a number, a text, a name and a time."""
_TOKEN: Final = re.compile(r"\$([\w.:{}-]+)\$")


@command("map", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Map(Command):
    """``map search="<search>" | [<search>] [maxsearches=10]``: the results of a search for each row, one after another.

    ``$field$`` in the search is the row's value of that field ('' where it has none), quotes in it kept from ending a
    quoted text; ``$_serial_id$`` is the number of the row. Rows beyond ``maxsearches`` are left out with a message. A
    risky command of Splunk's list: it runs only with ``--allow-risky``.
    """

    search: str
    span: Span
    most: int = DEFAULT_SEARCHES

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options("search", "maxsearches")
        text, span = "", Span(args.at, args.at)
        if args.next == "[":
            sub: Subsearch = parse_subsearch(args)
            text, span = args.text[sub.span.start + 1 : sub.span.end - 1], sub.span
        elif "search" in options:
            text, span = options["search"].value, options["search"].span
        args.options("search", "maxsearches", given=options)
        if not text.strip() and "search" in options:
            text, span = options["search"].value, options["search"].span
        if not text.strip():
            args.unexpected('search="…"')
        most = args.as_integer(options["maxsearches"], least=1) if "maxsearches" in options else DEFAULT_SEARCHES
        return cls(text, span, most)

    def reads_events(self) -> bool:
        return True  # what its search reads stands in a text

    def plan(self, source: Plan, context: Context) -> Plan:
        guard("map", context, self.span)
        most = min(self.most, context.limits.max_map_searches)
        key = (context.text, self.span, "map")
        if key not in context.results:
            raise Undecided(source=Limit(source, most + 1), key=key, rows=most + 1, discover=source.fields.open)
        stored = context.results[key]
        if len(stored.rows) > most:
            warn(context, f"map ran its search for the first {most:,} rows; maxsearches= raises that")
        if stored.preview:
            self._planned(dict.fromkeys(_TOKEN.findall(self.search), _ANY), 1, context)
            return Rows((), ())
        found: list[Plan] = []
        for number, row in enumerate(stored.rows[:most], 1):
            done = (*key, number)
            if done in context.results:
                found.append(context.results[done])
                continue
            one = self._planned(row, number, context)
            if isinstance(one, Deferred) or one.fields.open:
                raise Undecided(source=one, key=done, discover=not isinstance(one, Deferred))
            found.append(one)
        return one_after_the_other(found) if found else Rows((), ())

    def _planned(self, row: Mapping[str, Cell], number: int, context: Context) -> Plan:
        values = {**row, "_serial_id": str(number)}

        def value(token: re.Match[str]) -> str:
            cell = values.get(token[1])
            text = "" if cell is None else shown(cell)
            return text.replace("\\", "\\\\").replace('"', '\\"')

        written = _TOKEN.sub(value, self.search)
        try:
            return plan(parse(written, context.knowledge), inner(self.span, context))
        except SplError as exc:
            if exc.text == context.text:
                raise
            message = f"in the search of map: {exc.message}"
            raise SplSyntaxError(message, text=context.text, span=self.span, hint=written[:160]) from exc
