"""``rename``: give fields other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, Self

from bootwatch.algebra.plans import Drop, Extend, Plan, Select
from bootwatch.algebra.scalars import Column
from bootwatch.errors import SplSyntaxError
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.wildcards import expand, pattern


@dataclass(frozen=True, slots=True)
class Renaming:
    """``old AS new``; both hold as many ``*``."""

    old: Word
    new: Word


@command("rename", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Rename(Command):
    """``rename <field> AS <name> [, …]``: all at once, so two fields can change places; ``*`` pairs with ``*``.

    A field that is absent in a row but renamed onto one that is there leaves that row without it. Names with blanks are
    quoted. One field cannot be renamed twice, nor two fields to one name.
    """

    renamings: tuple[Renaming, ...]

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found: list[Renaming] = []
        while not args.done:
            old = args.field(wild=True, made=True, what="a field to rename")
            if args.keyword("as") is None:
                args.unexpected(f"AS and the new name of '{old.value}'")
            new = args.field(wild=True, what="a new name")
            if old.value.count("*") != new.value.count("*"):
                args.fail(f"the wildcards of '{old.value}' and '{new.value}' do not pair", new.span)
            found.append(Renaming(old, new))
            args.mark(",")
        if not found:
            args.unexpected("a field to rename")
        return cls(tuple(found))

    def plan(self, source: Plan, context: Context) -> Plan:
        targets = self._targets(source, context)
        fields = source.fields
        if not fields.open:
            gone = set(targets.values()) - targets.keys()
            kept = [(targets.get(name, name), name) for name in fields.known if name not in gone]
            return Select(source, tuple(kept))
        assignments: list[tuple[str, Column]] = []
        gone = targets.keys() - set(targets.values())
        for old, new in targets.items():
            kind = fields.type_of(old)
            if kind is None:
                gone.add(new)
            else:
                assignments.append((new, Column(old, kind)))
        extended = Extend(source, tuple(assignments)) if assignments else source
        return Drop(extended, frozenset(gone)) if gone else extended

    def _targets(self, source: Plan, context: Context) -> dict[str, str]:
        """New name by old name; ``a AS a`` changes nothing and is left out."""
        found: dict[str, str] = {}
        for renaming in self.renamings:
            wild = pattern(renaming.old.value)
            for old in expand((renaming.old.value,), source):
                match = wild.fullmatch(old)
                if match is None:
                    continue
                pieces = renaming.new.value.split("*")
                new = pieces[0] + "".join(run + piece for run, piece in zip(match.groups(), pieces[1:], strict=True))
                if old in found:
                    _fail(f"the field '{old}' is renamed twice", renaming.old, context)
                if new in found.values():
                    _fail(f"two fields are renamed to '{new}'", renaming.new, context)
                found[old] = new
        return {old: new for old, new in found.items() if old != new}


def _fail(message: str, word: Word, context: Context) -> NoReturn:
    raise SplSyntaxError(message, text=context.text, span=word.span)
