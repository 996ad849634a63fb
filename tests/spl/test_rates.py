"""``per_second`` and its relatives where a command says how long a bucket is, which no case file can."""

from __future__ import annotations

import pytest
from tests.spl.cases import given_rows

from bootwatch.algebra.scalars import Column
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.search.rows import rows
from bootwatch.spl.aggregates.registry import Call, Calls, find
from bootwatch.spl.aggregation import grouped
from bootwatch.spl.context import Context
from bootwatch.spl.values import integer


@pytest.mark.parametrize(
    ("name", "of_300_seconds"), [("per_second", 0.1), ("per_minute", 6.0), ("per_hour", 360.0), ("per_day", 8640.0)]
)
def test_a_sum_is_scaled_from_the_bucket_to_the_unit(name: str, of_300_seconds: float) -> None:
    found = find(name)
    assert found is not None
    calls = Calls()
    call = Call(name, Column("x", FieldType.TEXT), None, None, Context(), calls, width=integer(300))
    scaled = found[0].build(call)
    given = given_rows([{"x": "10", "g": "a"}, {"x": "20", "g": "a"}, {"x": "no", "g": "b"}])
    answer = DuckDbEngine(threads=1).run(grouped(given, ["g"], calls, [("r", scaled)]), None)
    assert [row.get("r") for row in rows(answer.batches, answer.fields)] == [of_300_seconds, None]
