"""``fields``: keep or remove fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Drop, Plan, Select
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.wildcards import expand


@command("fields", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Fields(Command):
    """``fields [+] <list>`` keeps the listed fields, ``fields - <list>`` removes them; ``*`` is allowed.

    Keeping never loses internal fields such as ``_raw`` and ``_time``; removing one takes its name, or a pattern that
    begins with the underscore.
    """

    fields: tuple[Word, ...]
    remove: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        remove = args.mark("-") is not None
        if not remove:
            args.mark("+")
        found = args.fields(wild=True, made=True)
        if not found:
            args.unexpected("a field name")
        return cls(found, remove)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = [word.value for word in self.fields]
        if self.remove:
            return Drop(source, frozenset(expand(names, source)))
        if "*" in names:
            return source
        kept = [name for name in expand(names, source) if source.fields.type_of(name) is not None]
        internal = [name for name in source.fields.known if name.startswith("_") and name not in kept]
        return Select(source, tuple((name, name) for name in (*kept, *internal)))
