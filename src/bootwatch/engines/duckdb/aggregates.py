"""Aggregate functions spelled for DuckDB, over groups or over windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bootwatch.algebra.plans import AggCall, AggFn
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.sql import (
    STAR,
    Sql,
    Term,
    all_of,
    binary,
    call,
    case,
    cast,
    distinct,
    filtered,
    ignoring_nulls,
    in_order,
    is_null,
    not_,
    number,
    ordered,
    string,
    whole,
)

Over = Callable[[Sql], Sql]
"""Makes an aggregate a window aggregate; the identity for groups."""

Order = Sequence[Term]

Spell = Callable[[AggCall, list[Sql], Over, Order, Order], Sql]


def spell(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The expression of an aggregate; ``order`` is the rows' order, ``reverse`` its opposite."""
    return cast(_FUNCTIONS[aggregate.fn](aggregate, args, over, order, reverse), aggregate.type)


def spell_running(aggregate: AggCall, args: list[Sql], over: Over) -> Sql:
    """The expression of an aggregate over a frame whose rows come in their order."""
    build = _RUNNING.get(aggregate.fn)
    found = spell(aggregate, args, over, (), ()) if build is None else build(aggregate, args, over, (), ())
    return cast(found, aggregate.type)


def _simple(name: str) -> Spell:
    return lambda aggregate, args, over, order, reverse: over(call(name, args[0]))


def _count_rows(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("count", STAR))


def _count(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        return call("coalesce", over(call("sum", call("len", args[0]))), whole(0))
    return over(call("count", args[0]))


def _count_true(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    # Of no rows count_if answers null, where a count is zero.
    return over(call("count", case([(args[0], whole(1))], None)))


def _distinct(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = call("list_distinct", call("flatten", over(filtered(call("list", args[0]), not_(is_null(args[0]))))))
        return call("coalesce", call("len", gathered), whole(0))
    return over(call("count", distinct(args[0])))


def _spread(population: str) -> Spell:
    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        if population.endswith("_samp"):  # of a single value Splunk says 0, DuckDB null
            alone = binary("=", over(call("count", args[0])), whole(1))
            return case([(alone, number(0.0))], over(call(population, args[0])))
        return over(call(population, args[0]))

    return build


def _median(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The middle value, or the mean of the middle pair with an exact .5 rounded up."""
    found = _digits(over(call("quantile_cont", args[0], number(0.5))))
    below = call("floor", found)
    half = binary("=", binary("-", found, below), number(0.5))
    count = over(call("count", args[0]))
    even = binary("=", binary("%", count, whole(2)), whole(0))
    return case([(all_of([half, even]), call("ceil", found))], found)


def _percentile(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    fraction = (aggregate.parameter or 0.0) / 100.0
    return _digits(over(call("quantile_cont", args[0], number(fraction))))


def _digits(of: Sql) -> Sql:
    """To 15 significant digits: interpolating between 9 and 10 gives 9.549999999999999 where 9.55 is meant."""
    return cast(call("format", string("{:.15g}"), of), FieldType.NUMBER)


def _mode(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    """The most frequent text, the lexicographically first of several."""
    return call("spl_mode", over(call("histogram", args[0])))


_FIRST: Final = "any_value"
"""The first non-null argument in the given order; ``first`` takes no FILTER over a window."""


def _end(*, last: bool) -> Spell:
    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        chosen = reverse if last else order
        return over(filtered(call(_FIRST, in_order(args[0], chosen)), not_(is_null(args[0]))))

    return build


def _by_time(*, latest: bool) -> Spell:
    """The value at the smallest or largest time; among equal times the row nearest that end of the order."""

    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        present = all_of([not_(is_null(args[0])), not_(is_null(args[1]))])
        chosen = in_order(args[0], [ordered(args[1], descending=latest), *(order if latest else reverse)])
        return over(filtered(call(_FIRST, chosen), present))

    return build


def _list(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    gathered = over(filtered(call("list", in_order(args[0], order)), not_(is_null(args[0]))))
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = call("flatten", gathered)
    if aggregate.parameter is not None:
        gathered = call("list_slice", gathered, whole(1), whole(int(aggregate.parameter)))
    return gathered


def _values(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    if aggregate.args[0].type is FieldType.MULTI:
        gathered = over(filtered(call("list", args[0]), not_(is_null(args[0]))))
        return call("list_sort", call("list_distinct", call("flatten", gathered)))
    gathered = over(filtered(call("list", distinct(args[0])), not_(is_null(args[0]))))
    return call("list_sort", gathered)


def _row_number(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("row_number"))


def _lag(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("lag", args[0], whole(int(aggregate.parameter or 1))))


def _behind(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
    return over(call("count", STAR))


def _frame_end(name: str) -> Spell:
    # An aggregate with an order of its own would sort the frame of every row.
    return lambda aggregate, args, over, order, reverse: over(call(name, ignoring_nulls(args[0])))


def _frame_by_time(*, latest: bool) -> Spell:
    """As :func:`_by_time`, without sorting every frame; of equal times the first row counts."""

    def build(aggregate: AggCall, args: list[Sql], over: Over, order: Order, reverse: Order) -> Sql:
        present = all_of([not_(is_null(args[0])), not_(is_null(args[1]))])
        name = "arg_max" if latest else "arg_min"
        return over(filtered(call(name, args[0], args[1]), present))

    return build


_RUNNING: Final[dict[AggFn, Spell]] = {
    AggFn.FIRST: _frame_end("first_value"),
    AggFn.LAST: _frame_end("last_value"),
    AggFn.EARLIEST: _frame_by_time(latest=False),
    AggFn.LATEST: _frame_by_time(latest=True),
}

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
    AggFn.BEHIND: _behind,
    AggFn.LAG: _lag,
}
