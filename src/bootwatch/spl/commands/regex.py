"""``regex``: keep results by a regular expression over one field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.algebra.plans import Filter, Plan, column
from bootwatch.algebra.scalars import FALSE, AnyValue, Column, Matches, Not, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower import pattern_of
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.values import as_text

_FIELD_STOP = frozenset(' \t\r\n,()[]|"=!')
_PATTERN_STOP = frozenset(" \t\r\n|")


@command("regex", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class RegexCommand(Command):
    """``regex [field](=|!=)"<pcre>"`` or ``regex "<pcre>"`` over ``_raw``: the results that match, or do not.

    Unanchored and case-sensitive. The quoted pattern is unescaped once. A result without the field does not match, so
    ``!=`` keeps it. On multivalue fields any value decides.
    """

    pattern: Word
    raw_pattern: str
    field: str = RAW
    negated: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        start = args.at
        name = args.quoted() or args.single_quoted() or args.bare(_FIELD_STOP)
        negated = False
        if args.mark("!=") is not None:
            negated = True
        elif args.mark("=") is None:
            args.at, name = start, None
        pattern = args.quoted() or args.bare(_PATTERN_STOP)
        if pattern is None:
            args.unexpected("a quoted regular expression")
        if not pattern.quote and '"' in pattern.value:
            hint = 'write field="expression" or field!="expression"'
            args.fail("a quote stands inside an expression without quotes", pattern.span, hint)
        raw = args.text[pattern.span.start + 1 : pattern.span.end - 1] if pattern.quote else pattern.value
        args.finish('field="expression" or field!="expression"')
        return cls(pattern, raw, RAW if name is None else name.value, negated)

    def plan(self, source: Plan, context: Context) -> Plan:
        written = self.pattern.value if context.switches.unescape_regex else self.raw_pattern
        regex = pattern_of(written, context, self.pattern.span)
        of = column(source, self.field)
        matched: Scalar = FALSE
        if of is not None and of.type is FieldType.MULTI:
            matched = settled(AnyValue(of, "#item", Matches(Column("#item", FieldType.TEXT), regex)))
        elif of is not None:
            matched = settled(Matches(as_text(of), regex))
        return Filter(source, Not(matched) if self.negated else matched)
