"""Search expressions to scalars: whole-term matching, string comparison, two-valued logic.

Follows Splunk's segmentation (every term of a phrase whole, then the phrase as text) and the Search Reference on field
comparisons: strings, case-insensitive, ``*`` wildcards, CIDR on addresses; ``!=`` needs the field, NOT does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NoReturn, assert_never

from bootwatch.algebra.scalars import (
    FALSE,
    TRUE,
    And,
    AnyValue,
    Call,
    Case,
    Column,
    Compare,
    Const,
    Fn,
    InSet,
    IsNull,
    Kernel,
    Matches,
    Not,
    Op,
    Or,
    Scalar,
    ToNumber,
    text,
)
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.errors import Span, SplSyntaxError, SplUnsupported
from bootwatch.events.fields import INDEX, RAW, RECOGNISED, SOURCETYPE
from bootwatch.match.regex import Regex
from bootwatch.match.segments import (
    CODED,
    bounded,
    ends_inside,
    glob,
    has_major,
    has_minor,
    one_term,
    phrase,
    starts_inside,
    terms_of,
    walked,
)
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Word
from bootwatch.spl.terms import (
    Comparison,
    Conjunction,
    Disjunction,
    Embedded,
    Keyword,
    Literal,
    Membership,
    Negation,
    SearchExpression,
)
from bootwatch.spl.values import as_text

MAX_LITERAL: Final = 10_000
"""Longest term or pattern of a search; an event's text holds no longer ones."""

_OPS: Final = {"=": Op.EQ, "!=": Op.NE, "<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_CIDR: Final = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/\d{1,3})$")
_NUMBER: Final = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_KNOWLEDGE: Final = frozenset({"eventtype", "tag", "hosttag", "eventtypetag", "savedsearch", "savedsplunk"})


@dataclass(frozen=True, slots=True)
class TermLowerer:
    """Plans search expressions over the fields of one stage; ``aliases``: sourcetype aliases apply (raw events)."""

    fields: FieldSet
    context: Context
    aliases: bool = False

    def predicate(self, node: SearchExpression) -> Scalar:
        """A boolean that is never null."""
        match node:
            case Keyword():
                return self._keyword(node.literal)
            case Comparison():
                return self._comparison(node.field, node.op, node.literal)
            case Membership():
                return self._membership(node.field, node.literals)
            case Negation():
                return Not(settled(self.predicate(node.of)))
            case Conjunction():
                return all_of([self.predicate(part) for part in node.parts])
            case Disjunction():
                return any_of([self.predicate(part) for part in node.parts])
            case Embedded():
                from bootwatch.spl.subsearch import terms  # it plans commands, which plan terms

                return self.predicate(terms(node.subsearch, self.context))
            case _:
                assert_never(node)

    def elsewhere(self, text: str) -> TermLowerer:
        """The same fields, for an expression that stands in another text."""
        return replace(self, context=replace(self.context, text=text))

    # --- free text

    def _keyword(self, literal: Literal) -> Scalar:
        if not literal.value.strip("*"):
            return TRUE  # no term to find: every row, also of results that have no text any more
        kind = self.fields.type_of(RAW)
        if kind is None:
            return FALSE
        if kind is not FieldType.TEXT:
            self._fail("free text needs the event's text, and _raw is no longer that", literal.span)
        if len(literal.value) > MAX_LITERAL:
            self._fail(f"a term has more than {MAX_LITERAL:,} characters", literal.span)
        raw = Column(RAW, FieldType.TEXT)
        if literal.mode == "TERM":
            return self._one_term(raw, literal.value)
        if literal.mode == "CASE":
            return all_of([self._text(raw, literal.value.lower()), *self._whole_terms(raw, literal.value, fold=False)])
        return self._phrase(raw, literal.value)

    def _one_term(self, raw: Column, value: str) -> Scalar:
        if has_major(value):
            return FALSE
        whole: Scalar = Matches(folded(raw), one_term(value))
        if "*" in value or value[0] in "-%" or value[-1] in "-%":
            lowered = value.lower()
            whole = _walking(folded(raw), whole, walked(lowered, segments_only=has_minor(lowered)))
        return all_of([self._text(raw, value.lower()), whole])

    def _phrase(self, raw: Column, value: str) -> Scalar:
        lowered = value.lower()
        return all_of([self._text(raw, lowered), *self._whole_terms(raw, lowered, fold=True)])

    def _text(self, raw: Column, lowered: str) -> Scalar:
        """The literal as text, ``*`` being any run: the post-filter, and what a prefilter can use."""
        parts = [part for part in lowered.split("*") if part]
        contains = [Call(Fn.CONTAINS, (folded(raw), text(part)), FieldType.BOOL) for part in parts]
        if len(parts) < 2:
            return all_of(contains)
        return all_of([*contains, Matches(folded(raw), glob(lowered.strip("*")))])

    def _whole_terms(self, raw: Column, value: str, *, fold: bool) -> list[Scalar]:
        """Every term of the literal stands whole in the event; terms bounded inside the literal need no question."""
        searched = folded(raw) if fold else raw
        if "*" not in value:
            terms = terms_of(value) if fold else _unfolded_terms(value)
            if not terms:
                return [] if fold else [Call(Fn.CONTAINS, (raw, text(value)), FieldType.BOOL)]
            open_ends: dict[str, None] = {}
            if not starts_inside(value) or (len(terms) == 1 and not ends_inside(value)):
                open_ends[terms[0]] = None
            if not ends_inside(value):
                open_ends[terms[-1]] = None
            if self.context.switches.phrase_boundaries:
                return [*(Matches(searched, bounded(term)) for term in open_ends), Matches(searched, phrase(value))]
            found: list[Scalar] = [Matches(searched, bounded(term)) for term in open_ends]
            return found if fold else [Call(Fn.CONTAINS, (raw, text(value)), FieldType.BOOL), *found]
        terms = terms_of(value, wildcards=True) if fold else _unfolded_terms(value, wildcards=True)
        wanted = [_whole_term(searched, term) for term in terms if term.strip("*")]
        return wanted if fold else [Matches(raw, glob(value.strip("*"))), *wanted]

    # --- fields

    def _comparison(self, field: Word, op: str, literal: Literal) -> Scalar:
        name = field.value
        if op in ("=", "!=") and (named := self._knowledge(field, (literal,))) is not None:
            return named if op == "=" else Not(settled(named))
        if name == SOURCETYPE and self.aliases and op in ("=", "!="):
            matched = self._sourcetype((literal,))
            return matched if op == "=" else Not(matched)
        kind = self.fields.type_of(name)
        if kind is None:
            return FALSE
        column = Column(name, kind)
        if op in ("=", "!="):
            return self._equality(column, op, literal)
        return self._both_or_text(column, _OPS[op], literal)

    def _equality(self, column: Column, op: str, literal: Literal) -> Scalar:
        value = literal.value
        if value == "*" and literal.mode == "":
            return self._exists(column) if op == "=" else FALSE
        if column.type is FieldType.MULTI:
            item = Column("#item", FieldType.TEXT)
            return settled(AnyValue(column, "#item", self._equal_text(item, op, literal, column.name == INDEX)))
        return settled(self._equal_text(column, op, literal, column.name == INDEX))

    def _exists(self, column: Column) -> Scalar:
        present: Scalar = Not(IsNull(column))
        if column.name == INDEX:  # index=* leaves the internal indexes out
            return all_of([present, Not(Call(Fn.STARTS_WITH, (column, text("_")), FieldType.BOOL))])
        if not self.context.switches.empty_exists and column.type is FieldType.TEXT:
            return all_of([present, settled(Compare(Op.NE, column, text("")))])
        return present

    def _equal_text(self, column: Column, op: str, literal: Literal, is_index: bool) -> Scalar:
        value = literal.value
        shown = as_text(column)
        if literal.mode == "CASE":
            equal = self._pattern(shown, value) if "*" in value else Compare(Op.EQ, shown, text(value))
        elif "*" in value:
            equal = self._pattern(Call(Fn.LOWER, (shown,), FieldType.TEXT), value.lower())
            if is_index and value.startswith("*"):
                equal = all_of([equal, Not(Call(Fn.STARTS_WITH, (column, text("_")), FieldType.BOOL))])
        else:
            equal = Compare(Op.EQ, Call(Fn.LOWER, (shown,), FieldType.TEXT), text(value.lower()))
            if _CIDR.match(value):
                network = Kernel("cidr_match", (shown,), (value,), FieldType.BOOL)
                equal = any_of([settled(equal), settled(network)])
        if op == "=":
            return equal
        # A field that is absent is not different: '!=' keeps only rows that have it.
        return all_of([Not(IsNull(column)), Not(settled(equal))])

    def _pattern(self, shown: Scalar, value: str) -> Scalar:
        if len(value) > MAX_LITERAL:
            raise SplSyntaxError(f"a pattern has more than {MAX_LITERAL:,} characters", text=self.context.text)
        return Matches(shown, glob(value, anchored=True))

    def _both_or_text(self, column: Column, op: Op, literal: Literal) -> Scalar:
        """Greater and less: by number if both sides are numbers, otherwise as text."""
        if column.type is FieldType.MULTI:
            item = Column("#item", FieldType.TEXT)
            return settled(AnyValue(column, "#item", self._ordered(item, op, literal)))
        return settled(self._ordered(column, op, literal))

    def _ordered(self, column: Column, op: Op, literal: Literal) -> Scalar:
        lowered = Call(Fn.LOWER, (as_text(column),), FieldType.TEXT)
        as_words = Compare(op, lowered, text(literal.value.lower()))
        if not _NUMBER.match(literal.value):
            return as_words
        constant = Const(float(literal.value), FieldType.NUMBER)
        if column.type.numeric:
            return Compare(op, column, constant)
        numbers = Compare(op, ToNumber(column), constant)
        return Call(Fn.COALESCE, (numbers, as_words), FieldType.BOOL)

    def _membership(self, field: Word, literals: Sequence[Literal]) -> Scalar:
        if (named := self._knowledge(field, literals)) is not None:
            return named
        if field.value == SOURCETYPE and self.aliases:
            return self._sourcetype(literals)
        kind = self.fields.type_of(field.value)
        if kind is None:
            return FALSE
        column = Column(field.value, kind)
        others: list[Scalar] = []
        distinct: dict[str, None] = {}
        for literal in literals:
            if "*" in literal.value or literal.mode or _CIDR.match(literal.value):
                others.append(self._equality(column, "=", literal))
            else:
                distinct[literal.value.lower()] = None
        values = tuple(distinct)
        if not values:
            return any_of(others)
        if kind is FieldType.MULTI:
            item = Call(Fn.LOWER, (Column("#item", FieldType.TEXT),), FieldType.TEXT)
            return any_of([settled(AnyValue(column, "#item", InSet(item, values))), *others])
        lowered = Call(Fn.LOWER, (as_text(column),), FieldType.TEXT)
        return any_of([settled(InSet(lowered, values)), *others])

    def _sourcetype(self, literals: Sequence[Literal]) -> Scalar:
        """``sourcetype`` of raw events: the name itself, or an alias where bootwatch recognised the sourcetype."""
        column = Column(SOURCETYPE, FieldType.TEXT)
        found: list[Scalar] = []
        known: set[str] = set()
        for literal in literals:
            found.append(self._equality(column, "=", literal))
            wanted = glob(literal.value.lower(), anchored=True) if "*" in literal.value else None
            for alias, names in self.context.sourcetype_aliases.items():
                if literal.value != "*" and (
                    alias == literal.value.lower() if wanted is None else _python_glob(literal.value, alias)
                ):
                    known |= names
        if known:
            lowered = Call(Fn.LOWER, (column,), FieldType.TEXT)
            aliased = all_of(
                [settled(Column(RECOGNISED, FieldType.BOOL)), settled(InSet(lowered, tuple(sorted(known))))]
            )
            found.append(aliased)
        return any_of(found)

    def _knowledge(self, field: Word, literals: Sequence[Literal]) -> Scalar | None:
        """What event types and tags say; None for a field like any other."""
        name = field.value  # eventType is a field like any other; names keep their case
        if name in self.fields.known or not (name in _KNOWLEDGE or name.startswith("tag::")):
            return None
        from bootwatch.spl.event_types import of_tag, of_type

        if name == "eventtype":
            return any_of([of_type(self, literal) for literal in literals])
        if name == "tag" or name.startswith("tag::"):
            return any_of([of_tag(self, literal, name.removeprefix("tag").removeprefix("::")) for literal in literals])
        raise SplUnsupported(f"'{name}=' is not supported", text=self.context.text, span=field.span)

    def _fail(self, message: str, span: Span) -> NoReturn:
        raise SplSyntaxError(message, text=self.context.text, span=span)


def folded(raw: Column) -> Scalar:
    """The event's text in lower case."""
    return Call(Fn.LOWER, (raw,), FieldType.TEXT)


def _whole_term(of: Scalar, term: str) -> Scalar:
    found = Matches(of, bounded(term)) if _constrains(term) else TRUE
    return _walking(of, found, walked(term)) if "*" in term else found


def _walking(of: Scalar, quick: Scalar, exact: Regex) -> Scalar:
    """The quick answer, except for texts with breakers of several characters: a wildcard must not run over one."""
    return Case(((Matches(of, CODED), Matches(of, exact)),), quick, FieldType.BOOL)


def settled(predicate: Scalar) -> Scalar:
    """A predicate with null read as false: search logic has two values."""
    if isinstance(predicate, Const | IsNull):
        return predicate
    if isinstance(predicate, Call) and predicate.fn is Fn.COALESCE and predicate.args[-1] == FALSE:
        return predicate
    return Call(Fn.COALESCE, (predicate, FALSE), FieldType.BOOL)


def all_of(parts: Sequence[Scalar]) -> Scalar:
    """A flat conjunction with constants folded."""
    terms: list[Scalar] = []
    for part in parts:
        if part == FALSE:
            return FALSE
        if isinstance(part, And):
            terms.extend(part.terms)
        elif part != TRUE:
            terms.append(part)
    return TRUE if not terms else terms[0] if len(terms) == 1 else And(tuple(terms))


def any_of(parts: Sequence[Scalar]) -> Scalar:
    """A flat disjunction with constants folded."""
    terms: list[Scalar] = []
    for part in parts:
        if part == TRUE:
            return TRUE
        if isinstance(part, Or):
            terms.extend(part.terms)
        elif part != FALSE:
            terms.append(part)
    return FALSE if not terms else terms[0] if len(terms) == 1 else Or(tuple(terms))


def _constrains(term: str) -> bool:
    return bool(term.strip("*")) and not (term.startswith("*") and term.endswith("*") and "*" not in term.strip("*"))


def _unfolded_terms(value: str, *, wildcards: bool = False) -> tuple[str, ...]:
    """The terms of a literal in its own case."""
    found: list[str] = []
    at = 0
    lowered = value.lower()
    if len(lowered) != len(value):
        return terms_of(value, wildcards=wildcards)
    for term in terms_of(value, wildcards=wildcards):
        at = lowered.index(term, at)
        found.append(value[at : at + len(term)])
        at += len(term)
    return tuple(found)


def _python_glob(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.lower().split("*")), name) is not None
