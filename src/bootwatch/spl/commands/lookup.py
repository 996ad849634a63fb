"""``lookup``: columns of a table beside the rows they match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Case, IsNull, Kernel, Not, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span
from bootwatch.events.fields import TIME
from bootwatch.knowledge.lookups import Lookup as Table
from bootwatch.spl import lookups
from bootwatch.spl.before import coalesced
from bootwatch.spl.combining import common, typed
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower_terms import all_of
from bootwatch.spl.values import as_number, as_text

_OPTIONS: Final = ("local", "update", "event_time_field")


@dataclass(frozen=True, slots=True)
class Pair:
    """A column of the table and the field of the event it goes with."""

    column: str
    field: str
    span: Span


@command("lookup", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Lookup(Command):
    """``lookup [local=] [update=] <table> <column> [AS <field>] … [OUTPUT|OUTPUTNEW <column> [AS <field>] …]``.

    Columns of the first matching rows of a table (up to the lookup's ``max_matches``, several are a multivalue) become
    fields. OUTPUT overwrites and clears where nothing matches, OUTPUTNEW fills only what is absent, neither means all
    columns as OUTPUT. A row lacking a key stays as it is. The definition decides about case, wildcards, networks and
    time; a table that is not there matches nothing and is a warning.
    """

    table: Word
    keys: tuple[Pair, ...]
    outputs: tuple[Pair, ...] | None = None
    only_new: bool = False
    time_field: str = TIME

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        table = args.word()
        if table is None:
            args.unexpected("the name of a lookup")
        args.options(*_OPTIONS, given=options)
        for name in ("local", "update"):
            if name in options:
                args.as_bool(options[name])
        keys = _pairs(args, "a column of the lookup")
        mode = args.keyword("output", "outputnew")
        outputs = None if mode is None else _pairs(args, "a column to put out")
        when = options.get("event_time_field")
        new = mode is not None and mode.value.lower() == "outputnew"
        return cls(table, keys, outputs, new, TIME if when is None else when.value)

    def plan(self, source: Plan, context: Context) -> Plan:
        lookup = lookups.found(self.table.value, context)
        names = [pair.column for pair in self.keys]
        if lookup is not None:
            for pair in (*self.keys, *(self.outputs or ())):
                lookups.refuse_column(lookup, pair.column, pair.span, context)
        keys = [column(source, pair.field) or null() for pair in self.keys]
        arrays = [key if key.type is FieldType.MULTI else as_text(key) for key in keys]
        path, rule = lookups.rule(lookup, names)
        if lookup is not None and lookup.time_field:
            when = column(source, self.time_field)
            arrays.append(null(FieldType.NUMBER) if when is None else as_number(when))
        keyed = all_of([Not(IsNull(key)) for key in arrays[: len(keys)]])
        one = lookups.single(lookup, names)
        default, least = ("", 0) if lookup is None else (lookup.default_match, lookup.min_matches)
        kind = FieldType.TEXT if one else FieldType.MULTI
        assignments: list[tuple[str, Scalar]] = []
        for pair in self._wanted(lookup):
            settings = (path, rule, pair.column, default, str(least), "one" if one else "many")
            value = Kernel("lookup_values", tuple(arrays), settings, kind)
            assignments.append((pair.field, self._merged(column(source, pair.field), value, keyed)))
        return Extend(source, tuple(assignments)) if assignments else source

    def _wanted(self, lookup: Table | None) -> tuple[Pair, ...]:
        if self.outputs is not None:
            return self.outputs
        if lookup is None:
            return ()
        keys = {pair.column for pair in self.keys} | {lookup.time_field}
        return tuple(Pair(name, name, self.table.span) for name in lookup.columns() if name not in keys)

    def _merged(self, old: Scalar | None, value: Scalar, keyed: Scalar) -> Scalar:
        if old is None:
            return value
        if self.only_new:
            return coalesced(old, value)
        kind = common(old.type, value.type)
        return Case(((keyed, typed(value, kind)),), typed(old, kind), kind)


def _pairs(args: Cursor, what: str) -> tuple[Pair, ...]:
    found: list[Pair] = []
    while not args.done and not args.at_keyword("output", "outputnew"):
        name = args.field(what=what)
        field = args.field(what="a field of the events") if args.keyword("as") is not None else name
        found.append(Pair(name.value, field.value, name.span))
        args.mark(",")
    if not found:
        args.unexpected(what)
    return tuple(found)
