"""What happens where a search meets a limit or an order it needs: a message on the result, or an error by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootwatch.algebra.rules.optimise import optimise
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.errors import EngineError
from bootwatch.spl.context import Context
from bootwatch.spl.limits import Limits
from bootwatch.spl.pipeline import parse, plan


def run(spl: str, **limits: int) -> tuple[int, list[str]]:
    """How many rows a search has under these limits, and its messages."""
    context = replace(Context(), limits=Limits(**limits))
    answer = DuckDbEngine(threads=1).run(optimise(plan(parse(spl), context)), None)
    count = sum(batch.num_rows for batch in answer.batches)
    return count, [*answer.messages, *context.warnings]


def test_mvexpand_ends_at_its_limit_and_says_so() -> None:
    spl = '| makeresults count=10 | eval a=split("x,y,z", ",") | mvexpand a'
    assert run(spl, max_expanded_rows=30) == (30, [])
    message = "mvexpand: the rows end where they would be more than 10 (max_expanded_rows)"
    assert run(spl, max_expanded_rows=10) == (9, [message])


def test_a_window_of_time_needs_rows_in_its_order() -> None:
    spl = "| makeresults count=3 | streamstats count AS n | eval _time=case(n=1,5,n=2,9,n=3,7) "
    with pytest.raises(EngineError, match=r"^streamstats: time_window needs rows in the order of _time$"):
        run(spl + "| streamstats time_window=1h count")
