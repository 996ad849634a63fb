"""``sort``: order rows by fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan, Sort, SortKey
from bootwatch.algebra.scalars import Case, Column, IsNull, Kernel, Not, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.values import as_number, as_text, integer

DEFAULT_LIMIT: Final = 10_000
_METHODS: Final = ("auto", "num", "str", "ip")
_METHOD: Final = re.compile(r"(auto|num|str|ip)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Key:
    """One sort field: how its values compare (auto, num, str or ip) and in which direction."""

    field: str
    method: str = "auto"
    descending: bool = False


@command("sort", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class SortCommand(Command):
    """``sort [N] [+|-]field[, …] [d]``: at most N rows (10,000 unless said, 0: all) in the order of the keys.

    ``limit=N`` says the same before the keys or behind them.

    A sign glued to a key is that key's; a sign followed by white space holds for the later keys without one as well. A
    trailing ``d`` or ``desc`` turns the whole order round. Rows lacking a key come last in both directions. ``auto``
    puts numbers by value first, then IPv4 addresses, then text by bytes.
    """

    keys: tuple[Key, ...]
    limit: int = DEFAULT_LIMIT

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        limit = args.integer()
        if limit is None and args.option_name() is not None:
            options = args.options("limit")
            limit = args.as_integer(options["limit"])
        if limit is not None and limit < 0:
            args.fail(f"unexpected '{limit}'", hint="the count of sort is 0 or more; a sign needs a field")
        keys: list[Key] = []
        sticky = False
        while not args.done:
            if keys and limit is None and args.option_name() is not None:
                limit = args.as_integer(args.options("limit")["limit"])
                continue
            if keys and args.at_keyword("d", "desc") and _last_word(args):
                args.keyword("d", "desc")
                keys = [Key(key.field, key.method, not key.descending) for key in keys]
                break
            sign = args.mark("-") or args.mark("+")
            descending = sticky
            if sign is not None:
                descending = args.text[sign.start] == "-"
                if args.text[sign.end : sign.end + 1].isspace():
                    sticky = descending
            keys.append(_key(args, descending=descending))
            args.mark(",")
        if not keys:
            args.unexpected("a field to sort by")
        return cls(tuple(keys), DEFAULT_LIMIT if limit is None else limit)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        return Sort(source, sort_keys(self.keys, source), self.limit or None)


def _key(args: Cursor, *, descending: bool) -> Key:
    args.skip()
    found = _METHOD.match(args.text, args.at, args.end)
    if found is None:
        return Key(args.field_or_slip(("limit",), made=True).value, "auto", descending)
    args.at = found.end()
    name = args.field(made=True).value
    args.expect(")")
    return Key(name, found[1].lower(), descending)


def _last_word(args: Cursor) -> bool:
    before = args.at
    args.keyword("d", "desc")
    last = args.done
    args.at = before
    return last


def sort_keys(keys: tuple[Key, ...], source: Plan) -> tuple[SortKey, ...]:
    """The scalars that order rows as the keys say; a field no row has orders nothing."""
    found: list[SortKey] = []
    for key in keys:
        kind = source.fields.type_of(key.field)
        if kind is None:
            continue
        found.extend(SortKey(scalar, key.descending) for scalar in _scalars(Column(key.field, kind), key.method))
    return tuple(found)


def _scalars(column: Column, method: str) -> list[Scalar]:
    if column.type.numeric:
        return [as_text(column)] if method == "str" else [column]
    shown = as_text(column)
    if column.type is FieldType.MULTI:
        shown = Kernel("first_value", (column,), (), FieldType.TEXT)
    if method == "str":
        return [shown]
    value = as_number(shown)
    if method == "num":
        return [value, shown]
    address = Kernel("ipv4_number", (shown,), (), FieldType.NUMBER)
    if method == "ip":
        return [address, shown]
    rank = Case(
        (
            (IsNull(shown), null(FieldType.INTEGER)),
            (Not(IsNull(value)), integer(0)),
            (Not(IsNull(address)), integer(1)),
        ),
        integer(2),
        FieldType.INTEGER,
    )
    return [rank, value, address, shown]
