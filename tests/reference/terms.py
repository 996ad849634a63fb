"""The ``search`` language: terms, phrases, comparisons and booleans over one event (semantics A2 to A4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import pairwise

from .clock import Clock, modifier
from .text import QUOTED, closing, glob, unescape
from .values import ReferenceError_, Row, parse_number, values_of

Predicate = Callable[[Row], bool]

_MAJOR = "--|%2526|%2520|%21|%26|%3B|%7C|%20|%2B|%3D|%5D|%5B|%3A|%0A|%2C|%28|%29"
_MAJOR += r"""|[ \t\n\r\[\]<>(){}|!;,'"*&?+]"""
_MAJOR_CUT = re.compile(_MAJOR, re.IGNORECASE)  # %3b is %3B: case does not count in percent-encoding (RFC 3986, 2.1)
_MINOR_CUT = re.compile(r"[/:=@.\-$#%\\_]")
_QUERY_CUT = re.compile(_MAJOR.replace(r"""'"*&""", r"""'"&""") + r"|[/:=@.\-$#%\\_]", re.IGNORECASE)


def index_terms(raw: str) -> set[str]:
    """Terms of an event in their own case: whole major segments and the pieces between minor breakers."""
    majors = {segment for segment in _MAJOR_CUT.split(raw) if segment}
    return majors | {piece for segment in majors for piece in _MINOR_CUT.split(segment) if piece}


def literal_matches(raw: str, literal: str, *, cased: bool = False) -> bool:
    """A word or phrase against an event's text: every piece a whole term, and the phrase itself in the text."""
    if literal == "*":
        return True
    terms = index_terms(raw)
    wanted = [piece for piece in _QUERY_CUT.split(literal) if piece]
    if not cased:
        terms = {term.lower() for term in terms}
        wanted = [piece.lower() for piece in wanted]
        raw, literal = raw.lower(), literal.lower()
    if "*" not in literal:
        return all(piece in terms for piece in wanted) and literal in raw
    for piece in wanted:
        if not piece.strip("*"):  # alone it is every event's, even of one without a term
            continue
        anchored = re.compile(glob(piece), re.DOTALL)
        if not any(anchored.fullmatch(term) for term in terms):
            return False
    return re.search(glob(literal), raw, re.DOTALL) is not None


def term_matches(raw: str, term: str) -> bool:
    """``TERM(x)``: x, where ``*`` is any run, is one whole index term."""
    anchored = re.compile(glob(term.lower()), re.DOTALL)
    return any(anchored.fullmatch(known.lower()) for known in index_terms(raw))


def value_equals(value: str, wanted: str, *, cased: bool = False) -> bool:
    """``field=value`` for one value: subnet, wildcard, or the same string; case-insensitive."""
    if "/" in wanted and _in_subnet(value, wanted):
        return True
    return re.fullmatch(glob(wanted), value, re.DOTALL | (0 if cased else re.IGNORECASE)) is not None


def _in_subnet(value: str, subnet: str) -> bool:
    try:
        return ip_address(value) in ip_network(subnet, strict=False)
    except ValueError:
        return False


def value_compares(op: str, value: str, wanted: str) -> bool:
    """``< <= > >=``: as numbers where both are, else by text without case."""
    left, right = parse_number(value), parse_number(wanted)
    pair: tuple[float, float] | tuple[str, str]
    pair = (left.value, right.value) if left and right else (value.lower(), wanted.lower())
    below, same = pair[0] < pair[1], pair[0] == pair[1]  # type: ignore[operator]  # both of one kind
    return {"<": below, "<=": below or same, ">": not below and not same, ">=": not below}[op]


@dataclass(frozen=True, slots=True)
class Search:
    """A parsed search: the predicate, and the field names it mentions."""

    accepts: Predicate
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, quoted, op, ( or ), call
    text: str
    body: str = ""


_LEX = re.compile(
    rf"\s+|,|(?P<quoted>{QUOTED})|(?P<call>(?:TERM|CASE)\()|(?P<op>!=|<=|>=|[<>=])|(?P<paren>[()])"
    r"|(?P<word>(?:\\.|(?!!=)[^\s,()\"<>=\\])+)"
)


def _lex(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(text):
        found = _LEX.match(text, at)
        if found is None:
            raise ReferenceError_(f"cannot read the search at {text[at:]!r}")
        at = found.end()
        match found.lastgroup:
            case "quoted":
                tokens.append(_Token("quoted", unescape(found.group()[1:-1])))
            case "call":
                end = closing(text, at - 1)
                tokens.append(_Token("call", found.group()[:4], text[at:end].strip().strip('"')))
                at = end + 1
            case "paren":
                tokens.append(_Token(found.group(), found.group()))
            case "op":
                tokens.append(_Token("op", found.group()))
            case "word":
                tokens.append(_Token("word", unescape(found.group())))
    return tokens


class _Parser:
    """Booleans bind NOT, then OR, then AND; a blank is AND."""

    def __init__(self, tokens: list[_Token], clock: Clock) -> None:
        self.tokens = tokens
        self.at = 0
        self.clock = clock
        self.names: set[str] = set()
        self.latest = any(t.text == "latest" and n.text == "=" for t, n in pairwise(tokens))

    def peek(self, ahead: int = 0) -> _Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def keyword(self, word: str) -> bool:
        token = self.peek()
        if token is not None and token.kind == "word" and token.text == word:
            self.at += 1
            return True
        return False

    def conjunction(self) -> Predicate:
        parts = [self.disjunction()]
        while (token := self.peek()) is not None and token.kind != ")":
            self.keyword("AND")
            parts.append(self.disjunction())
        return lambda row: all(part(row) for part in parts)

    def disjunction(self) -> Predicate:
        parts = [self.negation()]
        while self.keyword("OR"):
            parts.append(self.negation())
        return lambda row: any(part(row) for part in parts)

    def negation(self) -> Predicate:
        if self.keyword("NOT"):
            inner = self.negation()
            return lambda row: not inner(row)
        return self.primary()

    def primary(self) -> Predicate:
        token = self.peek()
        if token is None or token.kind in (")", "op") or (token.kind == "word" and token.text in ("AND", "OR")):
            raise ReferenceError_("the search ends, or an operator stands, where a term was expected")
        self.at += 1
        if token.kind == "(":
            following = self.peek()
            inner = (lambda row: True) if following and following.kind == ")" else self.conjunction()
            end = self.peek()
            if end is None or end.kind != ")":
                raise ReferenceError_("unbalanced parentheses")
            self.at += 1
            return inner
        if token.kind == "call":
            if token.text == "TERM":
                return lambda row: any(term_matches(raw, token.body) for raw in values_of(row, "_raw"))
            return lambda row: any(literal_matches(raw, token.body, cased=True) for raw in values_of(row, "_raw"))
        following, after = self.peek(), self.peek(1)
        if following is not None and following.kind == "op":
            return self.comparison(token.text)
        if following == _Token("word", "IN") and after == _Token("(", "("):
            return self.membership(token.text)
        if token.kind == "word" and token.text == "*":
            return lambda row: True
        return lambda row: any(literal_matches(raw, token.text) for raw in values_of(row, "_raw"))

    def value(self) -> tuple[str, bool]:
        token = self.peek()
        if token is None or token.kind not in ("word", "quoted", "call"):
            raise ReferenceError_("a comparison needs a value")
        self.at += 1
        return (token.body, token.text == "CASE") if token.kind == "call" else (token.text, False)

    def comparison(self, field: str) -> Predicate:
        op = self.tokens[self.at].text
        self.at += 1
        wanted, cased = self.value()
        if field in ("earliest", "latest") and op == "=":
            return self.bound(field, wanted)
        self.names.add(field)
        if op == "=":
            return lambda row: any(_equals(field, v, wanted, cased) for v in values_of(row, field))
        if op == "!=":
            return lambda row: any(not _equals(field, v, wanted, cased) for v in values_of(row, field))
        return lambda row: any(value_compares(op, v, wanted) for v in values_of(row, field))

    def bound(self, which: str, spec: str) -> Predicate:
        limit = modifier(spec, self.clock)
        until = None if self.latest else self.clock.now
        if which == "latest":
            return lambda row: any(float(t) < limit for t in values_of(row, "_time"))
        return lambda row: any(
            limit <= float(t) and (until is None or float(t) < until) for t in values_of(row, "_time")
        )

    def membership(self, field: str) -> Predicate:
        self.at += 2
        self.names.add(field)
        wanted = []
        while (token := self.peek()) is not None and token.kind != ")":
            wanted.append(self.value())
        if token is None:
            raise ReferenceError_("unbalanced parentheses")
        self.at += 1
        return lambda row: any(_equals(field, v, w, cased) for v in values_of(row, field) for w, cased in wanted)


def _equals(field: str, value: str, wanted: str, cased: bool) -> bool:
    if field == "index" and value.startswith("_") and wanted.startswith("*"):
        return False
    return value_equals(value, wanted, cased=cased)


def parse_search(text: str, clock: Clock) -> Search:
    """What follows ``search``; nothing at all accepts every row."""
    parser = _Parser(_lex(text), clock)
    if not parser.tokens:
        return Search(lambda row: True, frozenset())
    accepts = parser.conjunction()
    if parser.peek() is not None:
        raise ReferenceError_("unbalanced parentheses")
    return Search(accepts, frozenset(parser.names))
