"""Expressions of ``eval`` and ``where``: text to a tree, every node with its span.

Precedence as Splunk documents it, tightest first: parentheses and calls, unary minus, ``* / %``, ``+ - .``, comparisons
with LIKE and IN, NOT, AND, OR, XOR. ``.`` stands on the level of ``+`` and both associate to the left (U11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from bootwatch.errors import Span
from bootwatch.spl.cursor import Cursor, Word

MAX_DEPTH: Final = 200
"""Deepest nesting of parentheses and operators; a hostile text must not exhaust the interpreter's stack."""


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number as written: ``text`` keeps its decimals, which Splunk's display rule needs."""

    value: float
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class StringLiteral:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class FieldName:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` (op '-') or ``NOT x`` (op 'NOT')."""

    op: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """``op`` in upper case: ``+ - . * / % = != < <= > >= LIKE AND OR XOR``; ``==`` is read as ``=``."""

    op: str
    left: Expression
    right: Expression
    span: Span
    op_span: Span


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """``name`` in lower case; ``name_span`` is the name alone."""

    name: str
    args: tuple[Expression, ...]
    span: Span
    name_span: Span


Expression = NumberLiteral | StringLiteral | FieldName | Unary | Binary | FunctionCall

_COMPARISONS: Final = ("==", "!=", "<=", ">=", "=", "<", ">")
_WORD_OPERATORS: Final = frozenset({"and", "or", "xor", "not", "like", "in"})


def parse_expression(cursor: Cursor) -> Expression:
    """One expression, ending where nothing that continues it follows."""
    return _Parser(cursor).xor()


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.depth = 0

    def xor(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.cursor.fail(f"the expression nests more than {MAX_DEPTH} levels deep")
        left = self._or()
        while (found := self._word("xor")) is not None:
            left = self._binary("XOR", left, self._or(), found)
        self.depth -= 1
        return left

    def _or(self) -> Expression:
        left = self._and()
        while (found := self._word("or")) is not None:
            left = self._binary("OR", left, self._and(), found)
        return left

    def _and(self) -> Expression:
        left = self._not()
        while (found := self._word("and")) is not None:
            left = self._binary("AND", left, self._not(), found)
        return left

    def _not(self) -> Expression:
        starts: list[Span] = []
        while True:
            found = self._word("not")
            if found is not None:
                starts.append(found.span)
                continue
            cursor = self.cursor
            if cursor.next == "!" and not cursor.text.startswith("!=", cursor.at):
                starts.append(cursor.expect("!"))
                continue
            break
        operand = self._comparison()
        return Unary("NOT", operand, starts[0] | operand.span) if len(starts) % 2 else operand

    def _comparison(self) -> Expression:
        left = self._sum()
        cursor = self.cursor
        while True:
            op = next((op for op in _COMPARISONS if cursor.next and cursor.text.startswith(op, cursor.at)), None)
            if op is not None:
                span = cursor.expect(op)
                left = self._binary("=" if op == "==" else op, left, self._sum(), span)
            elif (found := self._word("like")) is not None:
                left = self._binary("LIKE", left, self._sum(), found)
            elif (found := self._word("in")) is not None:
                args = self._arguments()
                left = FunctionCall("in", (left, *args), Span(left.span.start, cursor.at), found.span)
            else:
                return left

    def _sum(self) -> Expression:
        left = self._product()
        while (op := self.cursor.next) and op in "+-.":
            span = self.cursor.expect(op)
            left = self._binary(op, left, self._product(), span)
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while (op := self.cursor.next) and op in "*/%":
            span = self.cursor.expect(op)
            left = self._binary(op, left, self._unary(), span)
        return left

    def _unary(self) -> Expression:
        signs: list[Span] = []
        while (span := self.cursor.mark("-")) is not None:
            signs.append(span)
        operand = self._primary()
        if not signs:
            return operand
        if len(signs) % 2 == 0:
            return operand
        if isinstance(operand, NumberLiteral):
            return NumberLiteral(-operand.value, "-" + operand.text, signs[0] | operand.span)
        return Unary("-", operand, signs[0] | operand.span)

    def _primary(self) -> Expression:
        cursor = self.cursor
        char = cursor.next
        if char == "(":
            start = cursor.expect("(")
            inner = self.xor()
            if cursor.mark(")") is None:
                if cursor.done:
                    cursor.fail("'(' is never closed", start)
                cursor.unexpected("')' or an operator")
            return inner
        if char == '"':
            found = cursor.quoted()
            return StringLiteral(found.value, found.span) if found else self._nothing()
        if char == "'":
            name = cursor.single_quoted()
            return FieldName(name.value, name.span) if name else self._nothing()
        if char.isdigit() or (char == "." and cursor.text[cursor.at + 1 : cursor.at + 2].isdigit()):
            return self._number()
        if char.isalpha() or char == "_":
            return self._name()
        if char == "":
            cursor.fail("the expression ends too early", hint="a value, a field or a function is missing")
        cursor.unexpected("a value, a field or a function")

    def _nothing(self) -> NoReturn:
        self.cursor.unexpected("a value, a field or a function")

    def _number(self) -> NumberLiteral:
        cursor = self.cursor
        text, start, end = cursor.text, cursor.at, cursor.end
        at = start
        while at < end and text[at].isdigit():
            at += 1
        if at < end and text[at] == "." and text[at + 1 : at + 2].isdigit():
            at += 1
            while at < end and text[at].isdigit():
                at += 1
        elif (
            at < end
            and text[at] == "."
            and not (text[at + 1 : at + 2].isalpha() or text[at + 1 : at + 2] in ("_", '"', "'", " "))
        ):
            at += 1
        mantissa = at
        if at < end and text[at] in "eE":
            at += 1
            if at < end and text[at] in "+-":
                at += 1
            if at < end and text[at].isdigit():
                while at < end and text[at].isdigit():
                    at += 1
            else:
                at = mantissa
        if at < end and (text[at].isalpha() or text[at] == "_"):
            while at < end and (text[at].isalnum() or text[at] == "_"):
                at += 1
            word = text[start:at]
            cursor.fail(
                f"unexpected {word!r}",
                Span(start, at),
                hint=f"a field name that begins with a digit is quoted: '{word}'",
            )
        if not text[start:at].isascii():
            cursor.fail(f"unexpected {text[start:at]!r}", Span(start, at), hint="digits are 0 to 9")
        cursor.at = at
        return NumberLiteral(float(text[start:at]), text[start:at], Span(start, at))

    def _name(self) -> Expression:
        cursor = self.cursor
        start = cursor.at
        while cursor.at < cursor.end and (cursor.text[cursor.at].isalnum() or cursor.text[cursor.at] == "_"):
            cursor.at += 1
        name, span = cursor.text[start : cursor.at], Span(start, cursor.at)
        if cursor.next == "(":
            args = self._arguments()
            return FunctionCall(name.lower(), args, Span(start, cursor.at), span)
        cursor.at = span.end
        if name.lower() in _WORD_OPERATORS:
            cursor.fail(f"unexpected {name!r}", span, hint="a value, a field or a function belongs here")
        return FieldName(name, span)

    def _arguments(self) -> tuple[Expression, ...]:
        cursor = self.cursor
        start = cursor.expect("(")
        args: list[Expression] = []
        while cursor.mark(")") is None:
            if cursor.done:
                cursor.fail("'(' is never closed", start)
            args.append(self.xor())
            if cursor.mark(",") is None and cursor.next != ")":
                if cursor.done:
                    cursor.fail("'(' is never closed", start)
                cursor.unexpected("',' or ')'")
        return tuple(args)

    def _word(self, word: str) -> Word | None:
        cursor = self.cursor
        cursor.skip()
        stop = cursor.at + len(word)
        if cursor.text[cursor.at : stop].lower() != word or stop > cursor.end:
            return None
        after = cursor.text[stop : stop + 1] if stop < cursor.end else ""
        if after.isalnum() or after == "_":
            return None
        found = Word(cursor.text[cursor.at : stop], Span(cursor.at, stop))
        cursor.at = stop
        return found

    def _binary(self, op: str, left: Expression, right: Expression, found: Word | Span) -> Binary:
        op_span = found if isinstance(found, Span) else found.span
        return Binary(op, left, right, left.span | right.span, op_span)
