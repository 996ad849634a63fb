"""``top``: the most frequent values, and what ``rare`` shares with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Extend, Filter, Plan, Rows, Select, Sort, SortKey, Window
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Fn,
    Op,
    Scalar,
    ToNumber,
    ToText,
    number,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.errors import SplSyntaxError
from bootwatch.spl.aggregation import split_values
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.commands.head import count_of
from bootwatch.spl.commands.stats import grouping_fields
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.values import as_text, integer

DEFAULT_LIMIT: Final = 10
_OPTIONS: Final = ("limit", "showcount", "showperc", "countfield", "percentfield", "useother", "otherstr")
_COUNT, _TOTAL, _RANK = "#count", "#total", "#rank"
_DECIMALS: Final = 6
_WHOLE: Final = FieldType.INTEGER


@dataclass(frozen=True, slots=True)
class Options:
    """What ``top`` and ``rare`` show besides the values; ``limit`` 0: all."""

    limit: int = DEFAULT_LIMIT
    countfield: str | None = "count"
    percentfield: str | None = "percent"
    other: str | None = None

    @classmethod
    def of(cls, args: Cursor, given: dict[str, Word], count: int | None) -> Self:
        flags = {key: args.as_bool(given[key]) for key in ("showcount", "showperc", "useother") if key in given}
        if "limit" in given:
            if count is not None:
                args.fail("the count is given twice", given["limit"].span)
            count = args.as_integer(given["limit"])
        names = {key: word.value for key, word in given.items()}
        return cls(
            DEFAULT_LIMIT if count is None else count,
            names.get("countfield", "count") if flags.get("showcount", True) else None,
            names.get("percentfield", "percent") if flags.get("showperc", True) else None,
            names.get("otherstr", "OTHER") if flags.get("useother", False) else None,
        )


@dataclass(frozen=True, slots=True)
class Frequency(Command):
    """The arguments and the plan both commands share."""

    fields: tuple[str, ...]
    by: tuple[str, ...] = ()
    options: Options = Options()
    descending: ClassVar[bool] = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given: dict[str, Word] = {}
        count: int | None = None
        fields: list[str] = []
        while not args.done and not args.at_keyword("by"):
            if args.option_name() is not None:
                args.options(*_OPTIONS, given=given)
            elif not fields and count is None and (found := count_of(args)) is not None:
                count = found
            else:
                fields.append(args.field_or_slip(_OPTIONS, made=True).value)
                args.mark(",")
        if not fields:
            args.unexpected("a field name")
        by = tuple(dict.fromkeys(word.value for word in grouping_fields(args)))
        args.options(*_OPTIONS, given=given)
        return cls(tuple(dict.fromkeys(name for name in fields if name not in by)), by, Options.of(args, given, count))

    def plan(self, source: Plan, context: Context) -> Plan:
        options, groups = self.options, (*self.by, *self.fields)
        shown = [name for name in (options.countfield, options.percentfield) if name is not None]
        for name in shown:
            if name in groups:
                raise SplSyntaxError(
                    f"the results have a field '{name}' already",
                    text=context.text,
                    hint="rename the column with countfield= or percentfield=",
                )
        kinds = [(name, source.fields.type_of(name)) for name in groups]
        columns = tuple((name, kind or FieldType.TEXT) for name, kind in kinds)
        if any(kind is None for _, kind in kinds):
            return Rows((*columns, *((name, FieldType.TEXT) for name in shown)), ())
        counted: Plan = Aggregate(
            split_values(source, groups), groups, ((_COUNT, AggCall(AggFn.COUNT_ROWS, (), _WHOLE)),)
        )
        total = AggCall(AggFn.SUM, (Column(_COUNT, _WHOLE),), _WHOLE)
        counted = Window(counted, self.by, ((_TOTAL, total),))
        by_value = [key for name in self.by for key in _natural(Column(name, counted.fields.known[name]))]
        counted = Sort(counted, (*by_value, SortKey(Column(_COUNT, _WHOLE), self.descending)))
        if options.limit:
            counted = self._limited(counted)
        percent = ToText(_percent(Column(_COUNT, _WHOLE), Column(_TOTAL, _WHOLE)), integer(_DECIMALS))
        extra: list[tuple[str, Scalar]] = []
        if options.countfield is not None:
            extra.append((options.countfield, Column(_COUNT, _WHOLE)))
        if options.percentfield is not None:
            extra.append((options.percentfield, percent))
        return Select(Extend(counted, tuple(extra)), tuple((name, name) for name in (*groups, *shown)))

    def _limited(self, counted: Plan) -> Plan:
        """The first ``limit`` rows of each group, the rest dropped or added up under one name."""
        ranked = Window(counted, self.by, ((_RANK, AggCall(AggFn.ROW_NUMBER, (), _WHOLE)),), running=True)
        rank, limit, other = Column(_RANK, _WHOLE), integer(self.options.limit), self.options.other
        beyond = Compare(Op.GT, rank, limit)
        if other is None:
            return Filter(ranked, Compare(Op.LE, rank, limit))
        merged: list[tuple[str, Scalar]] = []
        for name in self.fields:
            value = as_text(Column(name, ranked.fields.known[name]))
            merged.append((name, Case(((beyond, text(other)),), value, FieldType.TEXT)))
        after = Arithmetic(ArithmeticOp.ADD, limit, number(1), _WHOLE)
        merged.append((_RANK, Call(Fn.LEAST, (rank, after), _WHOLE)))
        calls = (
            (_COUNT, AggCall(AggFn.SUM, (Column(_COUNT, _WHOLE),), _WHOLE)),
            (_TOTAL, AggCall(AggFn.MAX, (Column(_TOTAL, _WHOLE),), _WHOLE)),
        )
        return Aggregate(Extend(ranked, tuple(merged)), (*self.by, _RANK, *self.fields), calls)


def _natural(of: Column) -> list[SortKey]:
    """The order of groups: numbers by value, then text by bytes."""
    return [SortKey(of)] if of.type.numeric else [SortKey(ToNumber(of)), SortKey(of)]


def _percent(count: Scalar, total: Scalar) -> Scalar:
    return Arithmetic(ArithmeticOp.DIV, Arithmetic(ArithmeticOp.MUL, count, number(100)), total)


@command("top", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Top(Frequency):
    """``top [N] [limit=10] [showcount=t] [showperc=t] [useother=f] … <fields> [BY <fields>]``: most frequent first.

    Only rows that have all the fields count; ``percent`` is of those, in each BY group, printed with six decimals.
    Equally frequent values come in their natural order. ``useother=t`` adds the rest up in a row of its own.
    """
