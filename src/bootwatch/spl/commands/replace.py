"""``replace``: values by other values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Extend, Plan, column
from bootwatch.algebra.scalars import Case, Compare, Kernel, Matches, Op, Scalar, Substitute, text
from bootwatch.algebra.types import FieldType
from bootwatch.match.regex import parse
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_fields
from bootwatch.spl.values import as_text
from bootwatch.spl.wildcards import expand


@dataclass(frozen=True, slots=True)
class Replacement:
    """``old WITH new``, both perhaps with ``*``."""

    old: str
    new: str

    @property
    def pattern(self) -> str:
        """The whole value as a regular expression, a group for each ``*``."""
        return r"\A" + "(.*)".join(re.escape(part) for part in self.old.split("*")) + r"\z"

    @property
    def template(self) -> str:
        """The new value with references to what each ``*`` stood for."""
        parts = [part.replace("\\", "\\\\") for part in self.new.split("*")]
        return parts[0] + "".join(f"\\{number}{part}" for number, part in enumerate(parts[1:], 1))


@command("replace", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Replace(Command):
    """``replace <old> WITH <new> [, …] [IN <fields>]``: whole values by others, in some fields or in all.

    Case counts. ``*`` stands for any run of characters, and in the new value for what it stood for in the old one. The
    first pair that fits counts. Internal fields are only replaced where they are named.
    """

    replacements: tuple[Replacement, ...]
    fields: tuple[Word, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        found: list[Replacement] = []
        while not args.done and not args.at_keyword("in"):
            old = args.word() or args.unexpected("a value to replace")
            args.mark(",")  # published searches have one here, which Splunk takes
            if args.keyword("with") is None:
                args.unexpected(f"WITH and the new value of {old.value!r}")
            args.mark(",")
            new = args.word() or args.unexpected("a new value")
            wildcards = new.value.count("*")
            if wildcards > old.value.count("*") or wildcards > 9:
                args.fail(f"the wildcards of {old.value!r} and {new.value!r} do not pair", new.span)
            found.append(Replacement(old.value, new.value))
            args.mark(",")
        if not found:
            args.unexpected("a value to replace")
        fields: tuple[Word, ...] = ()
        if args.keyword("in") is not None:
            fields = result_fields(args, wild=True) or args.unexpected("a field name")
        return cls(tuple(found), fields)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = expand([word.value for word in self.fields] or ["*"], source)
        changed: list[tuple[str, Scalar]] = []
        for name in names:
            of = column(source, name)
            if of is not None:
                changed.append((name, self._replaced(of)))
        return Extend(source, tuple(changed)) if changed else source

    def _replaced(self, of: Scalar) -> Scalar:
        if of.type is FieldType.MULTI:
            settings = [part for r in self.replacements for part in (r.pattern, r.template)]
            return Kernel("replace_values", (of,), tuple(settings), FieldType.MULTI)
        shown = as_text(of)
        branches = tuple(_branch(shown, replacement) for replacement in self.replacements)
        return Case(branches, shown, FieldType.TEXT)


def _branch(shown: Scalar, replacement: Replacement) -> tuple[Scalar, Scalar]:
    if "*" not in replacement.old:
        return Compare(Op.EQ, shown, text(replacement.old)), text(replacement.new)
    regex = parse("(?s)" + replacement.pattern)
    if "*" not in replacement.new:
        return Matches(shown, regex), text(replacement.new)
    return Matches(shown, regex), Substitute(shown, regex, replacement.template)
