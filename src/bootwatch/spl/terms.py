"""The language of ``search``: terms, phrases, field comparisons, and their boolean structure.

Follows the Search Reference (search) and Search Manual (boolean expressions): NOT binds tightest, then OR, then AND;
juxtaposition is AND; operators are upper case; the right side of a comparison is always a literal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bootwatch.errors import Span
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.text import unescape

if TYPE_CHECKING:
    from bootwatch.spl.subsearch import Subsearch

MAX_DEPTH: Final = 100
_NOTE: Final = re.compile(r'\(\*\s[^()"|\[\]]*\w[^()"|\[\]]*\s\*\)')
"""A comment of other languages; to the letter it asks for events that hold its words."""

_BARE_STOP: Final = frozenset(' \t\r\n()[]|",=<>')
_VALUE_STOP: Final = frozenset(' \t\r\n()[]|",')
_LIST_STOP: Final = frozenset(' \t\r\n()[]|",')
_APART: Final = frozenset('("[|')
"""What stands in no bare term of TERM() and CASE()."""
_OPERATORS: Final = ("!=", "<=", ">=", "==", "=", "<", ">")
_MEANT: Final = {"=>": ">=", "=<": "<=", "<>": "!="}


@dataclass(frozen=True, slots=True)
class Literal:
    """What a term or a comparison looks for. ``mode``: '' as typed, 'TERM' or 'CASE' inside that directive."""

    value: str
    span: Span
    quoted: bool = False
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase to be found in the event's text."""

    literal: Literal

    @property
    def span(self) -> Span:
        return self.literal.span


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field op value``; ``op`` is one of ``= != < <= > >=``."""

    field: Word
    op: str
    literal: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Membership:
    """``field IN (v1, v2, …)``."""

    field: Word
    literals: tuple[Literal, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negation:
    of: SearchExpression
    span: Span


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All of them; empty: every event."""

    parts: tuple[SearchExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Disjunction:
    parts: tuple[SearchExpression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Embedded:
    """A search in brackets, which stands for the terms its rows become."""

    subsearch: Subsearch
    span: Span


SearchExpression = Keyword | Comparison | Membership | Negation | Conjunction | Disjunction | Embedded


def parse_terms(cursor: Cursor) -> SearchExpression:
    """A search expression up to the end of the cursor."""
    if cursor.done:
        return Conjunction((), Span(cursor.at, cursor.at))
    found = _Parser(cursor).conjunction()
    cursor.finish("a term, a comparison, AND, OR or NOT")
    return found


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.depth = 0

    def conjunction(self) -> SearchExpression:
        cursor = self.cursor
        self.depth += 1
        if self.depth > MAX_DEPTH:
            cursor.fail(f"parentheses nest more than {MAX_DEPTH} levels deep")
        parts = [self._disjunction()]
        while cursor.next not in ("", ")"):
            and_ = self._operator("AND")
            if and_ is not None and cursor.next in ("", ")"):
                cursor.fail("nothing follows AND", and_.span)
            if and_ is None and (or_ := self._operator("OR")) is not None:
                cursor.fail("OR needs a term on both sides", or_.span)
            parts.append(self._disjunction())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts), parts[0].span | parts[-1].span)

    def _disjunction(self) -> SearchExpression:
        parts = [self._negation()]
        while (or_ := self._operator("OR")) is not None:
            if self.cursor.next in ("", ")"):
                self.cursor.fail("nothing follows OR", or_.span)
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Disjunction(tuple(parts), parts[0].span | parts[-1].span)

    def _negation(self) -> SearchExpression:
        negations: list[Span] = []
        while (not_ := self._operator("NOT")) is not None:
            negations.append(not_.span)
        if negations and self.cursor.next in ("", ")"):
            self.cursor.fail("nothing follows NOT", negations[-1])
        found = self._primary()
        if len(negations) % 2 == 0:
            return found
        return Negation(found, negations[0] | found.span)

    def _operator(self, word: str) -> Word | None:
        cursor = self.cursor
        cursor.skip()
        stop = cursor.at + len(word)
        if stop > cursor.end or not cursor.text.startswith(word, cursor.at):
            return None
        after = cursor.text[stop : stop + 1] if stop < cursor.end else " "
        if not (after.isspace() or after in '()"['):
            return None
        found = Word(word, Span(cursor.at, stop))
        cursor.at = stop
        return found

    def _primary(self) -> SearchExpression:
        cursor = self.cursor
        char = cursor.next
        if char == "(":
            if (note := _NOTE.match(cursor.text, cursor.at, cursor.end)) is not None:
                hint = "a comment stands between triple backticks: ```like this```"
                cursor.fail("'(* … *)' is no comment", Span(note.start(), note.end()), hint)
            start = cursor.expect("(")
            if cursor.next == ")":
                cursor.fail("nothing stands between '(' and ')'", Span(start.start, cursor.at + 1))
            inner = self.conjunction()
            if cursor.mark(")") is None:
                cursor.fail("'(' is never closed", start)
            return inner
        if char == "[":
            from bootwatch.spl.subsearch import parse_subsearch  # it reads commands, which read terms

            inner_search = parse_subsearch(cursor)
            return Embedded(inner_search, inner_search.span)
        if char == "`":
            stop = cursor.text.find("`", cursor.at + 1, cursor.end)
            name = cursor.text[cursor.at + 1 : stop if stop > 0 else cursor.end]
            span = Span(cursor.at, stop + 1 if stop > 0 else cursor.end)
            cursor.unsupported(f"macro `{name}` is not defined", span)
        for word in ("AND", "OR", "XOR"):
            if (found := self._operator(word)) is not None:
                if word == "XOR":
                    cursor.unsupported(
                        "XOR is not an operator of search", found.span, "Splunk knows AND, OR and NOT here"
                    )
                cursor.fail(f"{word} needs a term on both sides", found.span)
        first = self._literal(_BARE_STOP)
        if first is None:
            cursor.unexpected("a term, a comparison or '('")
        return self._after(first)

    def _after(self, first: Literal) -> SearchExpression:
        """What a literal turns out to be: a comparison's field, the field of an IN, or a keyword."""
        cursor = self.cursor
        before = cursor.at
        field = Word(first.value, first.span, '"' if first.quoted else "")
        op = next((op for op in _OPERATORS if cursor.next and cursor.text.startswith(op, cursor.at)), None)
        if op is not None and not first.mode:
            if not first.value:
                cursor.fail("a field name cannot be empty", first.span)
            written = cursor.expect(op)
            if op in "=<" and cursor.at < cursor.end and cursor.text[cursor.at] in "<>":
                wrong = cursor.text[written.start : cursor.at + 1]
                hint = f"write {_MEANT[wrong]}, or quote the value" if wrong in _MEANT else "quote the value"
                cursor.fail(f"'{wrong}' is no operator", Span(written.start, cursor.at + 1), hint)
            value = self._literal(_VALUE_STOP)
            if value is None and cursor.next == "[":  # whoever reads the command puts the subsearch's text there
                cursor.fail("a subsearch stands for a value", Span(cursor.at, cursor.at + 1))
            if value is None:
                cursor.fail(f"a value is missing after '{first.value}{op}'", Span(first.span.start, cursor.at))
            return Comparison(field, "=" if op == "==" else op, value, first.span | value.span)
        if first.value and not first.mode and (in_ := self._operator("IN")) is not None:
            if cursor.next == "(":
                return self._membership(field)
            hint = 'write field IN (a, b), or "IN" in quotes for the word'
            cursor.fail("IN needs a list of values in parentheses", in_.span, hint)
        elif op is None:
            cursor.at = before
        return Keyword(first)

    def _membership(self, field: Word) -> Membership:
        cursor = self.cursor
        start = cursor.expect("(")
        values: list[Literal] = []
        cursor.mark(",")  # published searches have lists that begin with a comma
        while (end := cursor.mark(")")) is None:
            value = self._literal(_LIST_STOP)
            if value is None:
                if cursor.done:
                    cursor.fail("'(' is never closed", start)
                cursor.unexpected("a value or ')'")
            values.append(value)
            cursor.mark(",")
        if not values:
            cursor.fail("IN needs at least one value", Span(field.span.start, end.end))
        return Membership(field, tuple(values), field.span | end)

    def _literal(self, stop_at: frozenset[str]) -> Literal | None:
        cursor = self.cursor
        if (found := cursor.quoted()) is not None:
            return Literal(found.value, found.span, quoted=True)
        cursor.skip()
        start = cursor.at
        for mode in ("TERM", "CASE"):
            if cursor.text.startswith(mode + "(", start):
                return self._directive(mode, start)
        text = cursor.text
        at = start
        while at < cursor.end and text[at] not in stop_at:
            if text[at] == "!" and text.startswith("!=", at) and "=" in stop_at:
                break
            at += 2 if text[at] == "\\" and at + 1 < cursor.end and text[at + 1] in '\\"' else 1
        if at == start:
            return None
        cursor.at = at
        return Literal(unescape(text[start:at]), Span(start, at))

    def _directive(self, mode: str, start: int) -> Literal:
        cursor = self.cursor
        cursor.at = start + len(mode) + 1
        inner = cursor.quoted()
        if inner is None:
            stop = cursor.text.find(")", cursor.at, cursor.end)
            if stop < 0 or not _APART.isdisjoint(cursor.text[cursor.at : stop]):
                cursor.fail(f"{mode}( is never closed", Span(start, start + len(mode) + 1))
            inner = Word(cursor.text[cursor.at : stop].strip(), Span(cursor.at, stop))
            cursor.at = stop
        close = cursor.expect(")")
        if not inner.value:
            cursor.fail(f"{mode}() needs a term", Span(start, close.end))
        return Literal(inner.value, Span(start, close.end), bool(inner.quote), mode)
