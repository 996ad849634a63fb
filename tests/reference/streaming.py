"""Commands that look at one row at a time, and those that choose columns (semantics D)."""

from __future__ import annotations

import re

from .calls import Env
from .clock import Clock
from .evaluate import check, evaluate
from .grammar import Call, Literal, Node, names_in, parse_assignments, parse_expression
from .strings import replace_all
from .terms import parse_search
from .text import QUOTED, field_matches, glob, regex, unquote
from .values import ReferenceError_, Row, pack, put, stored, values_of
from .words import Command, columns, command, name, options, words


@command("search")
def _search(text: str, clock: Clock) -> Command:
    search = parse_search(text, clock)
    return Command(lambda rows: [row for row in rows if search.accepts(row)], search.names)


def expression_names(node: Node, clock: Clock) -> frozenset[str]:
    """Fields an expression reads, those of a ``searchmatch`` included."""
    found = set(names_in(node))
    if isinstance(node, Call):
        for arg in node.args:
            found |= expression_names(arg, clock)
            if node.name == "searchmatch" and isinstance(arg, Literal) and isinstance(arg.value, str):
                found |= parse_search(arg.value, clock).names
    return frozenset(found)


@command("eval")
def _eval(text: str, clock: Clock) -> Command:
    assigned = parse_assignments(text)
    for _, node in assigned:
        if check(node) == "bool":
            raise ReferenceError_(
                "Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], [expr])."
            )

    def run(rows: list[Row]) -> list[Row]:
        for row in rows:
            for field, node in assigned:
                put(row, field, stored(evaluate(node, Env(row, clock))))
        return rows

    read = frozenset(n for field, node in assigned for n in {field, *expression_names(node, clock)})
    return Command(run, read)


@command("where")
def _where(text: str, clock: Clock) -> Command:
    node = parse_expression(text)
    if check(node) in ("num", "str"):
        raise ReferenceError_("The expression of where has to be a boolean.")
    return Command(
        lambda rows: [row for row in rows if evaluate(node, Env(row, clock)) is True], expression_names(node, clock)
    )


@command("regex")
def _regex(text: str, clock: Clock) -> Command:
    form = re.fullmatch(rf"(?:(?P<field>[^\s=!\"]+)\s*(?P<sign>!?=)\s*)?(?P<pattern>{QUOTED}|\S+)", text, re.DOTALL)
    if form is None:
        raise ReferenceError_("regex takes field=pattern, field!=pattern or a pattern")
    field, wanted, pattern = form["field"] or "_raw", form["sign"] != "!=", regex(unquote(form["pattern"]))

    def keeps(row: Row) -> bool:
        return any(pattern.search(value) is not None for value in values_of(row, field)) is wanted

    return Command(lambda rows: [row for row in rows if keeps(row)], frozenset({field}))


@command("rex")
def _rex(text: str, clock: Clock) -> Command:
    taken, rest = options(words(text), "field", "max_match", "offset_field", "mode")
    field = name(taken.get("field", "_raw"))
    if len(rest) != 1:
        raise ReferenceError_("rex takes one pattern")
    spelled = unquote(rest[0])
    if taken.get("mode") == "sed":
        return _sed(field, spelled)
    most = int(taken.get("max_match", "1"))
    offsets = taken.get("offset_field")
    pattern = regex(spelled)
    groups = dict(sorted(pattern.groupindex.items(), key=lambda item: item[1]))
    if not groups:
        raise ReferenceError_(
            f"The regex '{spelled}' does not extract anything. It should specify at least one named group."
        )

    def one(row: Row) -> None:
        matches = [found for value in values_of(row, field) for found in pattern.finditer(value)]
        matches = matches[:most] if most else matches
        for group in groups:
            caught = [found.group(group) for found in matches if found.group(group) is not None]
            if caught:
                put(row, group, pack(caught))
        where = [
            f"{group}={found.start(group)}-{found.end(group) - 1}"
            for found in matches
            for group in groups
            if found.group(group) is not None
        ]
        if offsets and where:
            row[offsets] = "&".join(where)

    def run(rows: list[Row]) -> list[Row]:
        for row in rows:
            one(row)
        return rows

    return Command(run, frozenset({field, *groups}))


_SED = re.compile(
    r"s(?P<cut>[^\\\s])(?P<old>(?:\\.|(?!(?P=cut)).)*)(?P=cut)(?P<new>(?:\\.|(?!(?P=cut)).)*)(?P=cut)(?P<flags>g|\d*)",
    re.DOTALL,
)


def _sed(field: str, spelled: str) -> Command:
    form = _SED.fullmatch(spelled)
    swap = re.fullmatch(r"y/([^/]*)/([^/]*)/", spelled)
    if form is None and (swap is None or len(swap[1]) != len(swap[2])):
        raise ReferenceError_(f"cannot read the sed expression {spelled!r}")

    def changed(value: str) -> str:
        if form is None:
            assert swap is not None
            return value.translate(str.maketrans(swap[1], swap[2]))
        cut = form["cut"]
        old, new = (form[part].replace("\\" + cut, cut) for part in ("old", "new"))
        only = 0 if form["flags"] == "g" else int(form["flags"] or "1")
        return replace_all(value, old, new, only=only)

    if form is not None:
        regex(form["old"])

    def run(rows: list[Row]) -> list[Row]:
        for row in rows:
            if field in row:
                put(row, field, pack([changed(v) for v in values_of(row, field)]))
        return rows

    return Command(run, frozenset({field}))


@command("fields")
def _fields(text: str, clock: Clock) -> Command:
    removing = text.startswith("-")
    listed = [name(word) for word in words(text.lstrip("+-"))]
    if not listed:
        raise ReferenceError_("fields needs a list")

    def keeps(field: str) -> bool:
        named = any(field_matches(pattern, field) for pattern in listed)
        return not named if removing else named or field.startswith("_")

    def run(rows: list[Row]) -> list[Row]:
        return [{field: held for field, held in row.items() if keeps(field)} for row in rows]

    return Command(run, frozenset() if removing else frozenset(listed))


@command("table")
def _table(text: str, clock: Clock) -> Command:
    listed = [name(word) for word in words(text)]
    if not listed:
        raise ReferenceError_("table needs a list")

    def run(rows: list[Row]) -> list[Row]:
        known = sorted(columns(rows))
        order = dict.fromkeys(field for pattern in listed for field in known if field_matches(pattern, field))
        if not order:
            return []
        return [{field: row[field] for field in order if field in row} for row in rows]

    return Command(run, frozenset(listed))


@command("rename")
def _rename(text: str, clock: Clock) -> Command:
    found = words(text)
    if not found or len(found) % 3 or any(word.upper() != "AS" for word in found[1::3]):
        raise ReferenceError_("rename takes 'old AS new' pairs")
    pairs = [(name(old), name(new)) for old, new in zip(found[::3], found[2::3], strict=True)]
    if any(old.count("*") != new.count("*") for old, new in pairs):
        raise ReferenceError_("wildcards of rename have to pair one to one")

    def run(rows: list[Row]) -> list[Row]:
        moves: dict[str, str] = {}
        for old, new in pairs:
            for field in (f for f in columns(rows) if field_matches(old, f)) if "*" in old else (old,):
                moves[field] = _renamed(old, new, field)
        moves = {old: new for old, new in moves.items() if old != new}
        return [_moved(row, moves) for row in rows]

    if len({old for old, _ in pairs}) < len(pairs):
        raise ReferenceError_("rename gives one field two names")
    return Command(run, frozenset(old for old, _ in pairs))


def _renamed(old: str, new: str, field: str) -> str:
    found = re.fullmatch(glob(old).replace(".*", "(.*)"), field, re.DOTALL)
    assert found is not None
    pieces = new.split("*")
    return "".join(piece + part for piece, part in zip(pieces, [*found.groups(), ""], strict=True))


def _moved(row: Row, moves: dict[str, str]) -> Row:
    """All moves at once; a source that is absent takes its target's old value away."""
    targets = {new: old for old, new in moves.items()}
    out: Row = {}
    for field, held in row.items():
        if field in moves:
            out[moves[field]] = held
        elif field not in targets:
            out[field] = held
    return out


@command("fillnull")
def _fillnull(text: str, clock: Clock) -> Command:
    taken, rest = options(words(text), "value")
    listed = [name(word) for word in rest]

    def run(rows: list[Row]) -> list[Row]:
        fields = listed or [field for field in columns(rows) if not field.startswith("_")]
        for row in rows:
            for field in fields:
                row.setdefault(field, taken.get("value", "0"))
        return rows

    return Command(run, frozenset(listed))
