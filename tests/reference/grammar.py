"""Expressions of ``eval`` and ``where``: text to tree (semantics C1), and the checks before running (C2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .text import QUOTED, unescape
from .values import Num, ReferenceError_, parse_number


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a string written in the search."""

    value: Num | str


@dataclass(frozen=True, slots=True)
class Ref:
    """A field."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or an operator under its own sign."""

    name: str
    args: tuple[Node, ...]


Node = Literal | Ref | Call

_LEX = re.compile(
    rf"\s+|(?P<string>{QUOTED})|'(?P<field>(?:[^'\\]|\\.)*)'|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|\.\d+|\d+)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<op>==|!=|<=|>=|[-+*/%.(),=<>!])",
    re.ASCII,
)
_Token = tuple[str, str]


def tokens(text: str) -> list[_Token]:
    """Kind and text of each token; kinds are string, field, number, name, word (an operator in letters) and op."""
    found: list[_Token] = []
    at = 0
    while at < len(text):
        one = _LEX.match(text, at)
        if one is None:
            raise ReferenceError_(f"The expression is malformed at {text[at:]!r}")
        at = one.end()
        kind = one.lastgroup
        if kind == "string":
            found.append((kind, unescape(one.group()[1:-1])))
        elif kind == "name" and one.group().upper() in ("AND", "OR", "NOT", "XOR", "LIKE", "IN"):
            found.append(("word", one.group().upper()))
        elif kind is not None:
            found.append((kind, one[kind]))
    return found


class _Parser:
    def __init__(self, found: list[_Token]) -> None:
        self.tokens = found
        self.at = 0

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *texts: str) -> str | None:
        kind, text = self.peek()
        if kind in ("op", "word") and text in texts:
            self.at += 1
            return text
        return None

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            raise ReferenceError_(f"The expression is malformed. Expected {text}")

    def chain(self, lower: str, *operators: str) -> Node:
        below = getattr(self, lower)
        node: Node = below()
        while (op := self.take(*operators)) is not None:
            node = Call(op, (node, below()))
        return node

    def expression(self) -> Node:
        return self.chain("either", "XOR")

    def either(self) -> Node:
        return self.chain("both", "OR")

    def both(self) -> Node:
        return self.chain("negation", "AND")

    def negation(self) -> Node:
        if self.take("NOT", "!"):
            return Call("NOT", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Node:
        node = self.sum()
        while (op := self.take("==", "=", "!=", "<=", ">=", "<", ">", "LIKE", "IN")) is not None:
            if op == "IN":
                self.expect("(")
                node = Call("in", (node, *self.arguments()))
            elif op == "LIKE":
                node = Call("like", (node, self.sum()))
            else:
                node = Call("==" if op == "=" else op, (node, self.sum()))
        return node

    def sum(self) -> Node:
        return self.chain("term", "+", "-", ".")

    def term(self) -> Node:
        return self.chain("sign", "*", "/", "%")

    def sign(self) -> Node:
        if self.take("-"):
            return Call("negative", (self.sign(),))
        if self.take("+"):
            return self.sign()
        return self.primary()

    def arguments(self) -> Iterator[Node]:
        if self.take(")"):
            return
        while True:
            yield self.expression()
            if self.take(")"):
                return
            self.expect(",")

    def primary(self) -> Node:
        kind, text = self.peek()
        self.at += 1
        if kind == "string":
            return Literal(text)
        if kind == "number":
            number = parse_number(text)
            assert number is not None
            return Literal(Num(number.value, number.decimals, number.figures, text if "." in text else None))
        if kind == "field":
            return Ref(text)
        following = self.peek()
        if following == ("op", "(") and (kind == "name" or text in ("IN", "LIKE")):
            self.at += 1
            return Call(text.lower(), tuple(self.arguments()))
        if kind == "name":
            return Ref(text)
        if (kind, text) == ("op", "("):
            node = self.expression()
            self.expect(")")
            return node
        raise ReferenceError_(f"The expression is malformed at {text!r}")


def parse_expression(text: str) -> Node:
    """One whole expression."""
    parser = _Parser(tokens(text))
    node = parser.expression()
    if parser.peek()[0] != "end":
        raise ReferenceError_(f"The expression is malformed at {parser.peek()[1]!r}")
    return node


def parse_assignments(text: str) -> list[tuple[str, Node]]:
    """``f=expr, g=expr``: names left of the sign may be bare with ``-`` or ``.``, or quoted either way."""
    assigned: list[tuple[str, Node]] = []
    rest = text
    while True:
        target = re.match(rf"\s*(?:(?P<quoted>{QUOTED})|'(?P<field>[^']*)'|(?P<bare>[^\s=,\"']+))\s*=(?!=)", rest)
        if target is None:
            raise ReferenceError_(f"eval needs field=expression, found {rest!r}")
        name = target["field"] or target["bare"] or unescape(target["quoted"][1:-1])
        if "{" in name:
            raise ReferenceError_("a name made from a value ({field}=) is outside this evaluator")
        parser = _Parser(tokens(rest[target.end() :]))
        assigned.append((name, parser.expression()))
        kind, found = parser.peek()
        if kind == "end":
            return assigned
        if found != ",":
            raise ReferenceError_(f"The expression is malformed at {found!r}")
        rest = _after_comma(rest[target.end() :], parser.at)


def _after_comma(text: str, count: int) -> str:
    """The text behind token number ``count``, which is the comma."""
    at = seen = 0
    while True:
        one = _LEX.match(text, at)
        assert one is not None
        at = one.end()
        if one.lastgroup is not None:
            seen += 1
        if seen == count + 1:
            return text[at:]


def names_in(node: Node) -> set[str]:
    """Fields an expression reads."""
    if isinstance(node, Ref):
        return {node.name}
    return {name for arg in node.args for name in names_in(arg)} if isinstance(node, Call) else set()
