"""What happens where a search meets a limit or an order it needs: a message on the result, or an error by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootwatch.algebra.rules.optimise import optimise
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.errors import EngineError, SettingsError
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


def test_columns_of_values_end_at_their_limit_and_say_so() -> None:
    spl = '| makeresults count=9 | streamstats count AS n | eval x=1, y="c".n '
    message = "xyseries: only 3 of 9 columns are kept (max_columns)"
    assert run(spl + "| xyseries x y n", max_columns=3) == (1, [message])
    message = "chart: only 3 columns are kept, the others are merged (max_columns)"
    assert run(spl + "| chart limit=0 count BY x y", max_columns=3) == (1, [message])
    message = "eval: only 3 of 9 columns are kept (max_columns)"
    assert run(spl + "| eval {y}=n", max_columns=3) == (9, [message])


def test_gaps_stay_where_they_would_be_too_many() -> None:
    spl = "| makeresults count=2 | streamstats count AS n | eval _time=n*100 | timechart span=1s count"
    assert run(spl) == (101, [])
    message = "timechart: gaps stay where they would have more than 50 rows (max_buckets)"
    assert run(spl, max_buckets=50) == (2, [message])


def test_an_extraction_keeps_so_many_fields_and_says_so() -> None:
    spl = '| makeresults | eval j="{\\"a\\":1,\\"b\\":2,\\"c\\":3}" | spath input=j | table a b c'
    message = "spath: only 2 of 3 fields are kept (max_extracted_fields)"
    assert run(spl, max_extracted_fields=2) == (1, [message])


def test_foreach_goes_through_so_many_values_and_says_so() -> None:
    spl = '| makeresults | eval m=split("1,2,3", ","), t=0 | foreach mode=multivalue m [eval t=t+<<ITEM>>]'
    message = "foreach: only the first 2 of 3 values count (max_foreach_items)"
    assert run(spl, max_foreach_items=2) == (1, [message])


def test_a_backslash_at_the_end_is_a_character() -> None:
    assert parse("index=network | table a\\").stages[-1].end == len("index=network | table a\\")


def test_limits_are_set_by_name() -> None:
    assert Limits.of(["max_columns=5", "max_buckets=7"]) == Limits(max_columns=5, max_buckets=7)
    for setting, message in (
        ("max_column=5", "--limit: no limit is called 'max_column'; did you mean max_columns?"),
        ("max_columns=0", "--limit: max_columns needs a whole number above 0, not '0'"),
        ("max_columns", "--limit: max_columns needs a whole number above 0, not ''"),
    ):
        with pytest.raises(SettingsError) as raised:
            Limits.of([setting])
        assert str(raised.value) == message
    with pytest.raises(SettingsError, match="max_columns is given twice"):
        Limits.of(["max_columns=5", "max_columns=6"])


def test_a_join_of_everything_with_everything_ends_at_its_limit_and_says_so() -> None:
    spl = "| makeresults count=30 | eval k=1 | join max=0 k [| makeresults count=40 | eval k=1, v=2]"
    assert run(spl) == (1200, [])
    message = "join: more than 100 rows (max_joined_rows); only the first are joined"
    assert run(spl, max_joined_rows=100) == (80, [message])
