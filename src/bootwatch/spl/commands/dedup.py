"""``dedup``: the first results of each combination of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Drop, Extend, Filter, Plan, Sort, Window
from bootwatch.algebra.scalars import (
    FALSE,
    And,
    Call,
    Case,
    Column,
    Compare,
    Fn,
    IsNull,
    Not,
    Op,
    Or,
    Scalar,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.head import count_of
from bootwatch.spl.commands.sort import Key, sort_keys
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.lower_terms import settled
from bootwatch.spl.values import as_text, integer

_OPTIONS: Final = ("keepevents", "keepempty", "consecutive")
_NTH, _RUN = "#nth", "#run"


@command("dedup", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Dedup(Command):
    """``dedup [N] <fields> [keepevents=f] [keepempty=f] [consecutive=f] [sortby [+|-]<field> …]``.

    The first N results (one unless said) of each combination of values, in row order; multivalue fields must agree in
    full. Results lacking a field are dropped, or all kept with ``keepempty``. ``consecutive`` only drops repeats of the
    result right before; ``keepevents`` keeps repeats without the fields. ``sortby`` sorts first, and it stays sorted.
    """

    fields: tuple[str, ...]
    count: int = 1
    keepevents: bool = False
    keepempty: bool = False
    consecutive: bool = False
    sortby: tuple[Key, ...] = ()

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        start = args.here() if not args.done else None
        count = count_of(args)
        if count == 0:
            args.fail("0 is too small", start, hint="the least is 1")
        fields: dict[str, None] = {}
        while not args.done and not args.at_keyword("sortby"):
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=options)
            else:
                fields[args.field_or_slip(_OPTIONS, made=True).value] = None
                args.mark(",")
        if not fields:
            args.unexpected("a field name")
        flags = {name: args.as_bool(word) for name, word in options.items()}
        return cls(
            tuple(fields),
            1 if count is None else count,
            keepevents=flags.get("keepevents", False),
            keepempty=flags.get("keepempty", False),
            consecutive=flags.get("consecutive", False),
            sortby=_sortby(args),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        if self.sortby:
            source = Sort(source, sort_keys(self.sortby, source))
        columns = [Column(name, kind) for name in self.fields if (kind := source.fields.type_of(name)) is not None]
        whole = len(columns) == len(self.fields)
        if not whole:  # no row has every field
            return source if self.keepempty else Filter(source, FALSE)
        lacking: Scalar = Or(tuple(IsNull(column) for column in columns))
        if self.consecutive:
            numbered, hidden = self._within_runs(source, columns, lacking)
        else:
            numbered, hidden = Window(source, self.fields, _number(_NTH), running=True), {_NTH}
        nth = Column(_NTH, FieldType.INTEGER)
        repeated = settled(Compare(Op.GT, nth, integer(self.count)))
        if self.keepevents:
            if not self.keepempty:
                numbered = Filter(numbered, Not(lacking))
            cleared = tuple((c.name, Case(((repeated, null(c.type)),), c, c.type)) for c in columns)
            return Drop(Extend(numbered, cleared), frozenset(hidden))
        kept: Scalar = Not(repeated) if self.keepempty else And((Not(repeated), Not(lacking)))
        return Drop(Filter(numbered, kept), frozenset(hidden))

    def _within_runs(self, source: Plan, columns: Sequence[Column], lacking: Scalar) -> tuple[Plan, set[str]]:
        """Rows numbered within each run of equal values; a row lacking a field is a run of its own."""
        if not self.keepempty:
            source = Filter(source, Not(lacking))
        keys = [_key(column) for column in columns]
        before = [f"#before{position}" for position in range(len(keys))]
        lags = tuple((name, AggCall(AggFn.LAG, (key,), FieldType.TEXT)) for name, key in zip(before, keys, strict=True))
        lagged = Window(source, (), lags, running=True)
        same = And(
            tuple(Compare(Op.EQ, key, Column(name, FieldType.TEXT)) for name, key in zip(before, keys, strict=True))
        )
        runs = AggCall(AggFn.COUNT_TRUE, (Not(settled(same)),), FieldType.INTEGER)
        counted = Window(lagged, (), ((_RUN, runs),), running=True)
        return Window(counted, (_RUN,), _number(_NTH), running=True), {_NTH, _RUN, *before}


def _number(name: str) -> tuple[tuple[str, AggCall], ...]:
    return ((name, AggCall(AggFn.ROW_NUMBER, (), FieldType.INTEGER)),)


def _key(column: Column) -> Scalar:
    if column.type is FieldType.MULTI:
        return Call(Fn.LIST_JOIN, (column, text("\x1f")), FieldType.TEXT)
    return as_text(column)


def _sortby(args: Cursor) -> tuple[Key, ...]:
    """``sortby [+|-]<field> …``, in the notation of sort."""
    if args.keyword("sortby") is None:
        return ()
    keys: list[Key] = []
    while not args.done:
        sign = args.mark("-") or args.mark("+")
        word: Word = args.field(made=True, what="a field to sort by")
        method = "auto"
        if word.value.lower() in ("auto", "num", "str", "ip") and args.mark("(") is not None:
            method = word.value.lower()
            word = args.field(made=True, what="a field to sort by")
            args.expect(")")
        keys.append(Key(word.value, method, sign is not None and args.text[sign.start] == "-"))
        args.mark(",")
    if not keys:
        args.unexpected("a field to sort by")
    return tuple(keys)
