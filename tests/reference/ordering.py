"""Commands that order, cut and thin out rows (semantics D: sort, head, tail, reverse, dedup)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cmp_to_key
from ipaddress import AddressValueError, IPv4Address

from .calls import Env
from .clock import Clock
from .evaluate import evaluate
from .grammar import parse_expression
from .streaming import expression_names
from .text import QUOTED, closing
from .values import ReferenceError_, Row, parse_number, values_of
from .words import Command, command, name, options, truth, whole, words


@dataclass(frozen=True, slots=True)
class _Key:
    field: str
    kind: str
    descending: bool


_SORT_KEY = re.compile(
    rf"[\s,]*(?:(?P<sign>[-+])(?P<gap>\s*))?"
    rf"(?:(?P<kind>auto|num|str|ip)\(\s*(?P<inner>{QUOTED}|[^\s()]+)\s*\)|(?P<field>{QUOTED}|'[^']*'|[^\s,()\"'+-][^\s,()\"']*))"
)


def _keys(text: str) -> list[_Key]:
    """Sort keys; a sign glued to its key is that key's, one followed by a blank also holds for those after it."""
    keys: list[_Key] = []
    lasting = "+"
    at = 0
    text = text.strip().strip(",").strip()
    while at < len(text):
        found = _SORT_KEY.match(text, at)
        if found is None:
            raise ReferenceError_(f"cannot read the sort key {text[at:]!r}")
        at = found.end()
        sign = found["sign"]
        if sign and found["gap"]:
            lasting = sign
        field = name(found["inner"] or found["field"])
        keys.append(_Key(field, found["kind"] or "auto", (sign or lasting) == "-"))
    return keys


def _address(text: str) -> int | None:
    try:
        return int(IPv4Address(text))
    except AddressValueError:
        return None


def _order(kind: str, left: str, right: str) -> int:
    """-1, 0 or 1 for one pair of values of one key."""
    a, b = parse_number(left), parse_number(right)
    if kind in ("auto", "num") and a is not None and b is not None:
        return (a.value > b.value) - (a.value < b.value)
    if kind == "num" and (a is None) != (b is None):
        return 1 if a is None else -1
    x, y = _address(left), _address(right)
    if kind in ("auto", "ip") and x is not None and y is not None:
        return (x > y) - (x < y)
    return (left > right) - (left < right)


def sorted_rows(rows: list[Row], keys: list[_Key]) -> list[Row]:
    """Stable; a row without the key is last in both directions."""

    def compare(one: Row, other: Row) -> int:
        for key in keys:
            left, right = values_of(one, key.field), values_of(other, key.field)
            if not left or not right:
                verdict = bool(right) - bool(left)
            else:
                verdict = _order(key.kind, left[0], right[0]) * (-1 if key.descending else 1)
            if verdict:
                return verdict
        return 0

    return sorted(rows, key=cmp_to_key(compare))


@command("sort")
def _sort(text: str, clock: Clock) -> Command:
    form = re.match(r"(?:limit\s*=\s*)?(\d+)(?=[\s,]|$)", text)
    limit = int(form[1]) if form else 10_000
    rest = text[form.end() :].strip() if form else text
    turn = re.fullmatch(r"(.*[^\s,])\s+(?:d|desc)", rest, re.DOTALL)
    # A final d is the turn only behind a key, never behind a comma or a sign.
    if turn is not None and turn[1][-1] not in "+-":
        keys = [_Key(key.field, key.kind, not key.descending) for key in _keys(turn[1])]
    else:
        keys = _keys(rest)
    if not keys:
        raise ReferenceError_("sort needs a field")

    def run(rows: list[Row]) -> list[Row]:
        ordered = sorted_rows(rows, keys)
        return ordered[:limit] if limit else ordered

    return Command(run, frozenset(key.field for key in keys))


@command("head")
def _head(text: str, clock: Clock) -> Command:
    if text.startswith("("):
        end = closing(text, 0)
        node = parse_expression(text[1:end])
        taken, rest = options(words(text[end + 1 :]), "limit", "null", "keeplast")
        limit = whole(taken["limit"]) if "limit" in taken else whole(rest.pop()) if rest else None

        def while_true(rows: list[Row]) -> list[Row]:
            kept = []
            for row in rows:
                verdict = evaluate(node, Env(row, clock))
                if verdict is not True and not (verdict is None and truth(taken, "null", False)):
                    if truth(taken, "keeplast", False):
                        kept.append(row)
                    break
                kept.append(row)
            return kept[:limit]

        return Command(while_true, expression_names(node, clock))
    taken, rest = options(words(text), "limit")
    count = whole(taken.get("limit") or (rest[0] if rest else "10"))
    return Command(lambda rows: rows[:count])


@command("tail")
def _tail(text: str, clock: Clock) -> Command:
    count = whole(text or "10")
    return Command(lambda rows: rows[::-1][:count])


@command("reverse")
def _reverse(text: str, clock: Clock) -> Command:
    return Command(lambda rows: rows[::-1])


@command("dedup")
def _dedup(text: str, clock: Clock) -> Command:
    plain, _, ordering = text.partition(" sortby ")
    taken, rest = options(words(plain), "keepevents", "keepempty", "consecutive")
    count = whole(rest.pop(0)) if rest and rest[0].isdigit() else 1
    fields = [name(word) for word in rest]
    keys = _keys(ordering) if ordering else []
    keep_events, keep_empty = truth(taken, "keepevents", False), truth(taken, "keepempty", False)
    consecutive = truth(taken, "consecutive", False)
    if not fields or count < 1:
        raise ReferenceError_("dedup needs a field")

    def run(rows: list[Row]) -> list[Row]:
        kept: list[Row] = []
        seen: dict[tuple[tuple[str, ...], ...], int] = {}
        for row in sorted_rows(rows, keys) if keys else rows:
            if any(field not in row for field in fields):
                if keep_empty:
                    kept.append(row)
                continue
            key = tuple(tuple(values_of(row, field)) for field in fields)
            if consecutive and key not in seen:
                seen.clear()
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= count:
                kept.append(row)
            elif keep_events:
                kept.append({field: held for field, held in row.items() if field not in fields})
        return kept

    return Command(run, frozenset([*fields, *(key.field for key in keys)]))
