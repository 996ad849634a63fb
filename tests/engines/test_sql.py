"""Values and names come back from DuckDB as they went in, whatever they hold, and operands keep to themselves."""

import math

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb import sql
from bootwatch.engines.duckdb.sql import Select, Sql

CONNECTION = duckdb.connect(":memory:")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def one(expression: Sql) -> object:
    found = CONNECTION.execute(Select((expression,)).sql()).fetchone()
    assert found is not None
    return found[0]


@given(TEXTS)
@example("'; DROP TABLE x; --")
@example("\\' OR 1=1 --")
@example("$$ /* */ \0 '' \" ` %s {x} ?1 $1")
@example("\0")
def test_a_text_is_that_text(text: str) -> None:
    assert one(sql.string(text)) == text
    assert one(sql.call("concat", sql.string(text), sql.string("."))) == text + "."
    assert one(sql.in_(sql.string(text), [sql.string(text + "."), sql.string(text)])) is True


@given(TEXTS.filter(lambda text: "\0" not in text and text != ""))
@example('a" FROM x; --')
@example("select")
@example('""')
def test_a_name_is_that_name(name: str) -> None:
    inner = Select((sql.alias(sql.whole(7), name),))
    query = Select((sql.identifier(name),), inner)
    relation = CONNECTION.execute(query.sql())
    assert relation.fetchall() == [(7,)]
    assert relation.description is not None
    assert relation.description[0][0] == name


@given(st.floats(allow_nan=True, allow_infinity=True))
@example(-0.0)
@example(1e15)
@example(5e-324)
def test_a_number_is_that_number(value: float) -> None:
    found = one(sql.number(value))
    assert isinstance(found, float)
    assert (math.isnan(value) and math.isnan(found)) or (
        found == value and math.copysign(1, found) == math.copysign(1, value)
    )


def test_operands_keep_to_themselves() -> None:
    two = sql.binary("+", sql.whole(1), sql.whole(1))
    assert one(sql.binary("*", two, two)) == 4
    assert one(sql.binary("-", sql.whole(3), sql.binary("-", sql.whole(2), sql.whole(1)))) == 2
    assert one(sql.binary("-", sql.whole(0), sql.whole(-5))) == 5
    either = sql.any_of([sql.TRUE, sql.TRUE])
    assert one(sql.all_of([sql.FALSE, either])) is False
    assert one(sql.not_(sql.all_of([sql.TRUE, sql.FALSE]))) is True
    assert one(sql.is_null(sql.null(FieldType.MULTI))) is True
    assert one(sql.case([(sql.FALSE, sql.whole(1))], None)) is None


def test_thousands_of_terms_need_no_nesting() -> None:
    terms = [sql.binary("=", sql.whole(number), sql.whole(-1)) for number in range(20_000)]
    assert one(sql.any_of([*terms, sql.TRUE])) is True


def test_hundreds_of_stages_need_no_recursion() -> None:
    query = Select((sql.alias(sql.whole(0), "x"),))
    for _ in range(400):
        query = Select((sql.alias(sql.binary("+", sql.identifier("x"), sql.whole(1)), "x"),), query)
    assert CONNECTION.execute(query.sql()).fetchall() == [(400,)]
    assert Select((sql.STAR,), query).sql(pretty=True).count("\n") > 400


@pytest.mark.parametrize("pretty", [False, True])
def test_every_clause_stands_in_its_place(pretty: bool) -> None:
    rows = sql.values([[sql.whole(number), sql.string("ab"[number % 2])] for number in range(6)], "t", ["n", "g"])
    n, g = sql.identifier("n"), sql.identifier("g")
    query = Select(
        (
            g,
            sql.alias(
                sql.filtered(sql.call("list", sql.in_order(n, [sql.ordered(n, descending=True)])), sql.TRUE), "l"
            ),
        ),
        rows,
        groups=(g,),
        order=(sql.ordered(g, descending=True),),
        limit=1,
    ).where(sql.binary(">", n, sql.whole(0)))
    assert CONNECTION.execute(query.sql(pretty=pretty)).fetchall() == [("b", [5, 3, 1])]
    running = sql.over(sql.call("sum", n), (g,), [sql.ordered(n)], sql.rows_up_to())
    found = CONNECTION.execute(Select((n, running), rows, order=(sql.ordered(n),)).sql(pretty=pretty)).fetchall()
    assert [int(total) for _, total in found] == [0, 1, 2, 4, 6, 9]
