"""``fieldsummary``: what the fields hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import AggCall, AggFn, Aggregate, Explode, Extend, Plan, Rows, Select, Sort, SortKey
from bootwatch.algebra.scalars import (
    Arithmetic,
    ArithmeticOp,
    Call,
    Case,
    Column,
    Compare,
    Const,
    Fn,
    IsNull,
    Kernel,
    Op,
    Scalar,
    ToText,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.names import result_fields
from bootwatch.spl.pivoting import rows_of_columns
from bootwatch.spl.values import as_number, integer
from bootwatch.spl.wildcards import expand

DEFAULT_VALUES: Final = 100
_VALUE, _COUNT, _TOTAL, _SQUARES, _LIST = "#value", "#count", "#total", "#squares", "#list"
_WHOLE, _NUMBER = FieldType.INTEGER, FieldType.NUMBER
_COLUMNS: Final = (
    "field",
    "count",
    "distinct_count",
    "is_exact",
    "max",
    "mean",
    "min",
    "numeric_count",
    "stdev",
    "values",
)


@command("fieldsummary", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class FieldSummary(Command):
    """``fieldsummary [maxvals=100] [<fields>]``: a row for each field: how many values, which, and their statistics.

    ``values`` is JSON: the most frequent values with their counts. ``max``, ``mean``, ``min`` and ``stdev`` are of the
    values that are numbers, and absent where there is none. Counts are exact. ``*`` may stand in the names.
    """

    fields: tuple[Word, ...] = ()
    maxvals: int = DEFAULT_VALUES

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options: dict[str, Word] = args.options("maxvals")
        fields = result_fields(args, wild=True)
        args.options("maxvals", given=options)
        maxvals = args.as_integer(options["maxvals"], least=1) if "maxvals" in options else DEFAULT_VALUES
        return cls(fields, maxvals)

    def plan(self, source: Plan, context: Context) -> Plan:
        del context
        names = expand([word.value for word in self.fields] or ["*"], source)
        names = [name for name in names if source.fields.type_of(name) is not None]
        if not names:
            return Rows(tuple((name, FieldType.TEXT) for name in _COLUMNS), ())
        if any(name not in source.fields.known for name in names):  # fields of open events become columns
            source = Extend(
                source, tuple((n, Column(n, FieldType.TEXT)) for n in names if n not in source.fields.known)
            )
        long = rows_of_columns(source, names, "field", _VALUE)
        if long.fields.known[_VALUE] is FieldType.MULTI:
            long = Explode(long, _VALUE)
        counted = Aggregate(long, ("field", _VALUE), ((_COUNT, AggCall(AggFn.COUNT_ROWS, (), _WHOLE)),))
        count = Column(_COUNT, _WHOLE)
        ordered = Sort(counted, (SortKey(count, descending=True), SortKey(Column(_VALUE, FieldType.TEXT))))
        summed = Aggregate(ordered, ("field",), self._calls(count))
        return Select(Extend(summed, _statistics()), tuple((name, name) for name in _COLUMNS))

    def _calls(self, count: Scalar) -> tuple[tuple[str, AggCall], ...]:
        """Over the distinct values of each field, each with its count, the most frequent first."""
        shown = Column(_VALUE, FieldType.TEXT)
        value = as_number(shown)
        weight = Case(((IsNull(value), null(_WHOLE)),), count, _WHOLE)
        weighed = Arithmetic(ArithmeticOp.MUL, value, weight)
        squares = Arithmetic(ArithmeticOp.MUL, weighed, value)
        kinds = ("object", "text", "text", "text", "any")
        pair = Kernel("json_build", (text("value"), shown, text("count"), ToText(count)), kinds, FieldType.TEXT)
        return (
            ("count", AggCall(AggFn.SUM, (count,), _WHOLE)),
            ("distinct_count", AggCall(AggFn.COUNT_ROWS, (), _WHOLE)),
            ("numeric", AggCall(AggFn.SUM, (weight,), _WHOLE)),
            ("max", AggCall(AggFn.MAX, (value,), _NUMBER)),
            ("min", AggCall(AggFn.MIN, (value,), _NUMBER)),
            (_TOTAL, AggCall(AggFn.SUM, (weighed,), _NUMBER)),
            (_SQUARES, AggCall(AggFn.SUM, (squares,), _NUMBER)),
            (_LIST, AggCall(AggFn.LIST, (pair,), FieldType.MULTI, self.maxvals)),
        )


def _statistics() -> tuple[tuple[str, Scalar], ...]:
    numeric, total = Column("numeric", _WHOLE), Column(_TOTAL, _NUMBER)
    mean = Arithmetic(ArithmeticOp.DIV, total, numeric)
    beyond = Arithmetic(ArithmeticOp.SUB, Column(_SQUARES, _NUMBER), Arithmetic(ArithmeticOp.MUL, total, mean))
    variance = Arithmetic(ArithmeticOp.DIV, beyond, Arithmetic(ArithmeticOp.SUB, numeric, integer(1)))
    spread = Call(Fn.SQRT, (Call(Fn.GREATEST, (variance, Const(0.0, _NUMBER)), _NUMBER),), _NUMBER)
    alone = Compare(Op.EQ, numeric, integer(1))
    stdev = Case(((alone, integer(0)), (IsNull(total), null(_NUMBER))), spread, _NUMBER)
    listed = Call(Fn.LIST_JOIN, (Column(_LIST, FieldType.MULTI), text(",")), FieldType.TEXT)
    return (
        ("is_exact", integer(1)),
        ("mean", mean),
        ("numeric_count", Call(Fn.COALESCE, (numeric, integer(0)), _WHOLE)),
        ("stdev", stdev),
        ("values", Call(Fn.CONCAT, (text("["), listed, text("]")), FieldType.TEXT)),
    )
