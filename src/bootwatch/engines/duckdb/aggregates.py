"""Aggregate functions spelled for DuckDB, over groups or over windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp

from bootwatch.algebra.plans import AggCall, AggFn
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.scalars import Sql, call, case, cast, is_null, not_, number

Over = Callable[[Sql], Sql]
"""Makes an aggregate a window aggregate; the identity for groups."""

Order = Sequence[exp.Ordered]

Spell = Callable[[AggCall, list[Sql], Over, Order, Order], Sql]


def spell(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The expression of an aggregate; ``order`` is the rows' order, ``reverse`` its opposite."""
    return cast(_FUNCTIONS[aggregate.fn](aggregate, args, over, order, reverse), aggregate.type)


def _simple(name: str) -> Spell:
    return lambda aggregate, args, over, order, reverse: over(call(name, args[0]))


def _count_rows(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(exp.Count(this=exp.Star()))


def _count(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        return call("coalesce", over(call("sum", call("len", args[0]))), exp.Literal.number(0))
    return over(exp.Count(this=args[0]))


def _count_true(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("count_if", args[0]))


def _distinct(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = call(
            "list_distinct", call("flatten", over(_filtered(call("list", args[0]), not_(is_null(args[0].copy())))))
        )
        return call("coalesce", call("len", gathered), exp.Literal.number(0))
    return over(exp.Count(this=exp.Distinct(expressions=[args[0]])))


def _spread(population: str) -> Spell:
    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        if population.endswith("_samp"):  # of a single value Splunk says 0, DuckDB null
            alone = exp.Paren(this=exp.EQ(this=over(exp.Count(this=args[0])), expression=exp.Literal.number(1)))
            return case([(alone, exp.Literal.number("0e0"))], over(call(population, args[0].copy())))
        return over(call(population, args[0]))

    return build


def _median(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The middle value, or the mean of the middle pair with an exact .5 rounded up."""
    found = _digits(over(call("quantile_cont", args[0], exp.Literal.number("0.5"))))
    whole = call("floor", found.copy())
    half = exp.Paren(this=exp.EQ(this=exp.Sub(this=found, expression=whole), expression=exp.Literal.number("0.5e0")))
    count = over(exp.Count(this=args[0].copy()))
    parity = exp.Mod(this=count, expression=exp.Literal.number(2))
    even = exp.Paren(this=exp.EQ(this=parity, expression=exp.Literal.number(0)))
    return case([(exp.Paren(this=exp.And(this=half, expression=even)), call("ceil", found.copy()))], found.copy())


def _percentile(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    fraction = (aggregate.parameter or 0.0) / 100.0
    return _digits(over(call("quantile_cont", args[0], number(fraction))))


def _digits(of: Sql) -> Sql:
    """To 15 significant digits: interpolating between 9 and 10 gives 9.549999999999999 where 9.55 is meant."""
    return cast(call("format", exp.Literal.string("{:.15g}"), of), FieldType.NUMBER)


def _mode(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The most frequent text, the lexicographically first of several."""
    return call("spl_mode", over(call("histogram", args[0])))


def _ordered(args: list[Sql], order: Order) -> Sql:
    return exp.Order(this=args[0], expressions=[item.copy() for item in order])


def _filtered(of: Sql, condition: Sql) -> Sql:
    return exp.Filter(this=of, expression=exp.Where(this=condition))


_FIRST: Final = "any_value"
"""The first non-null argument in the given order; ``first`` takes no FILTER over a window."""


def _end(*, last: bool) -> Spell:
    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        chosen = reverse if last else order
        return over(_filtered(call(_FIRST, _ordered(args, chosen)), not_(is_null(args[0].copy()))))

    return build


def _by_time(*, latest: bool) -> Spell:
    """The value at the smallest or largest time; among equal times the row nearest that end of the order."""

    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        present = exp.Paren(this=exp.And(this=not_(is_null(args[0])), expression=not_(is_null(args[1]))))
        by_time = exp.Ordered(this=args[1].copy(), desc=latest)
        chosen = exp.Order(
            this=args[0].copy(), expressions=[by_time, *(item.copy() for item in (order if latest else reverse))]
        )
        return over(_filtered(call(_FIRST, chosen), present))

    return build


def _list(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    gathered = over(_filtered(call("list", _ordered(args, order)), not_(is_null(args[0].copy()))))
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = call("flatten", gathered)
    if aggregate.parameter is not None:
        gathered = call("list_slice", gathered, exp.Literal.number(1), exp.Literal.number(int(aggregate.parameter)))
    return gathered


def _values(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = over(_filtered(call("list", args[0]), not_(is_null(args[0].copy()))))
        return call("list_sort", call("list_distinct", call("flatten", gathered)))
    distinct = call("list", exp.Distinct(expressions=[args[0]]))
    return call("list_sort", over(_filtered(distinct, not_(is_null(args[0].copy())))))


def _row_number(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("row_number"))


_FUNCTIONS: Final[dict[AggFn, Spell]] = {
    AggFn.COUNT_ROWS: _count_rows,
    AggFn.COUNT: _count,
    AggFn.COUNT_TRUE: _count_true,
    AggFn.DISTINCT: _distinct,
    AggFn.SUM: _simple("sum"),
    AggFn.AVG: _simple("avg"),
    AggFn.MIN: _simple("min"),
    AggFn.MAX: _simple("max"),
    AggFn.VAR_SAMPLE: _spread("var_samp"),
    AggFn.VAR_POPULATION: _spread("var_pop"),
    AggFn.STDEV_SAMPLE: _spread("stddev_samp"),
    AggFn.STDEV_POPULATION: _spread("stddev_pop"),
    AggFn.MEDIAN: _median,
    AggFn.PERCENTILE: _percentile,
    AggFn.MODE: _mode,
    AggFn.FIRST: _end(last=False),
    AggFn.LAST: _end(last=True),
    AggFn.EARLIEST: _by_time(latest=False),
    AggFn.LATEST: _by_time(latest=True),
    AggFn.LIST: _list,
    AggFn.VALUES: _values,
    AggFn.ROW_NUMBER: _row_number,
    AggFn.LAG: _simple("lag"),
}
