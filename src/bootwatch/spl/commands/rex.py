"""``rex``: extract fields by a regular expression, or rewrite a field like sed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.kernels.scalar_text import encode
from bootwatch.algebra.plans import Extend, Plan
from bootwatch.algebra.scalars import AllGroups, Call, Column, Fn, Group, Kernel, Scalar, Substitute, ToMulti, null
from bootwatch.algebra.types import FieldType
from bootwatch.errors import Span, SplSyntaxError
from bootwatch.events.fields import RAW
from bootwatch.match.regex import Regex
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower import pattern_of
from bootwatch.spl.values import as_text, integer


@command("rex", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Rex(Command):
    """``rex [field=f] "<pcre>" [max_match=n] [offset_field=g]`` or ``rex [field=f] mode=sed "s/re/rep/flags"``.

    Every named group becomes a field, overwriting it where the pattern matches and leaving it alone where it does not.
    The quoted pattern is unescaped once (``\\\\`` is one backslash) before PCRE reads it. With ``max_match`` other than
    1 the fields are multivalue (0: every match). Of a multivalue field the values are searched one after another, and
    each is rewritten; ``offset_field`` is for single values.
    """

    pattern: Word
    raw_pattern: str
    field: str = RAW
    max_match: int = 1
    offset_field: str | None = None
    sed: bool = False

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = {}
        pattern: Word | None = None
        raw = ""
        known = ("field", "max_match", "offset_field", "mode")
        while not args.done:
            before = len(options)
            args.options(*known, given=options)
            if not args.next or len(options) != before:
                continue
            if pattern is not None:
                args.finish("an option such as max_match=0")
            pattern = args.quoted() or args.bare(frozenset(" \t\r\n|"))
            if pattern is None:
                args.unexpected("a quoted regular expression")
            raw = args.text[pattern.span.start + 1 : pattern.span.end - 1] if pattern.quote else pattern.value
        if pattern is None:
            args.unexpected("a quoted regular expression")
        mode = options.get("mode")
        if mode is not None and mode.value.lower() != "sed":
            args.fail(f"unknown mode {mode.value!r}", mode.span, hint="the only mode is sed")
        return cls(
            pattern,
            raw,
            options["field"].value if "field" in options else RAW,
            args.as_integer(options["max_match"]) if "max_match" in options else 1,
            options["offset_field"].value if "offset_field" in options else None,
            sed=mode is not None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        text = self.pattern.value if context.switches.unescape_regex else self.raw_pattern
        kind = source.fields.type_of(self.field)
        of: Scalar = null() if kind is None else as_text(Column(self.field, kind))
        several = Column(self.field, FieldType.MULTI) if kind is FieldType.MULTI else None
        if self.sed:
            if kind is None:
                return source
            changed = sed(text, of if several is None else _ITEM, context, self.pattern.span)
            return Extend(source, ((self.field, changed if several is None else _each(several, changed)),))
        regex = pattern_of(text, context, self.pattern.span)
        if not regex.names:
            raise SplSyntaxError(
                "the regular expression does not extract anything. It should specify at least one named group",
                text=context.text,
                span=self.pattern.span,
                hint="name a group: (?<name>...)",
            )
        assignments = [
            (name, _or_old(source, name, self._value(group, regex, of, several))) for name, group in regex.names
        ]
        if self.offset_field is not None:
            names = ",".join(f"{name}:{group}" for name, group in regex.names)
            offsets = Kernel("regex_offsets", (of,), (regex.source, names), FieldType.TEXT)
            assignments.append((self.offset_field, _or_old(source, self.offset_field, offsets)))
        return Extend(source, tuple(assignments))

    def _value(self, group: int, regex: Regex, of: Scalar, several: Column | None) -> Scalar:
        """What the pattern catches in ``of``, or one after another in the values of ``several``."""
        if several is None:
            return Group(of, regex, group) if self.max_match == 1 else AllGroups(of, regex, group, self.max_match)
        found = _each(several, AllGroups(_ITEM, regex, group, self.max_match))
        if self.max_match == 1:
            return Call(Fn.LIST_ITEM, (found, integer(1)), FieldType.TEXT)
        if self.max_match:
            return Kernel("values_between", (found, integer(0), integer(self.max_match - 1)), (), FieldType.MULTI)
        return found


_ITEM: Final = Column("#item", FieldType.TEXT)


def _each(of: Column, scalar: Scalar) -> Kernel:
    """What a scalar over ``#item`` makes of each value."""
    return Kernel("map_values", (of,), (encode(scalar), _ITEM.name), FieldType.MULTI)


def _or_old(source: Plan, name: str, new: Scalar) -> Scalar:
    """The new value, or what the field held before where there is none."""
    kind = source.fields.type_of(name)
    if kind is None:
        return new
    old: Scalar = Column(name, kind)
    if new.type is FieldType.MULTI and kind is not FieldType.MULTI:
        old = ToMulti(as_text(old))
    elif kind is FieldType.MULTI and new.type is not FieldType.MULTI:
        new = ToMulti(new)
    else:
        old = old if kind is new.type else as_text(old)
    return Call(Fn.COALESCE, (new, old), new.type)


def sed(script: str, of: Scalar, context: Context, span: Span) -> Scalar:
    """``s/regex/replacement/flags`` (flags ``g`` or a number) or ``y/abc/xyz/`` over a text."""

    def fail(message: str) -> SplSyntaxError:
        return SplSyntaxError(message, text=context.text, span=span, hint='a sed expression is "s/regex/replacement/g"')

    script = script.strip()
    if len(script) < 4 or script[0] not in "sy":
        raise fail(f"{script!r} is not a sed expression")
    parts = _split_sed(script[2:], script[1])
    if len(parts) != 3:
        raise fail(f"{script!r} is not a sed expression")
    first, second, flags = parts
    if script[0] == "y":
        if len(first) != len(second):
            raise fail("both sides of y/// must have as many characters")
        return Kernel("translate", (of,), (first, second), FieldType.TEXT)
    flags = flags.strip()
    if flags and flags != "g" and not (flags.isascii() and flags.isdigit() and int(flags) > 0):
        raise fail(f"unknown sed flag {flags!r}")
    regex = pattern_of(first, context, span)
    return Substitute(of, regex, second, 0 if flags == "g" else int(flags or 1))


def _split_sed(body: str, delimiter: str) -> list[str]:
    """The parts between delimiters; a delimiter after a backslash is itself."""
    parts: list[str] = [""]
    at = 0
    while at < len(body):
        if body[at] == "\\" and body[at + 1 : at + 2] == delimiter:
            parts[-1] += delimiter
            at += 2
        elif body[at] == "\\" and at + 1 < len(body):
            parts[-1] += body[at : at + 2]
            at += 2
        elif body[at] == delimiter:
            parts.append("")
            at += 1
        else:
            parts[-1] += body[at]
            at += 1
    return parts
