"""The twenty searches and the SQL beside them give the same number of rows, so that their times can be compared."""

from pathlib import Path

import pytest

from bench import compiling, queries


def test_searches_and_sql_answer_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOTWATCH_BENCH_DIR", str(tmp_path / "bench"))
    (tmp_path / "bench").mkdir()
    queries.stored(8000, tmp_path / "home")
    pairs = queries.measure(tmp_path / "home", rounds=1)
    assert len(pairs) == 20
    assert [(pair.spl, pair.rows) for pair in pairs] == [(pair.spl, pair.sql_rows) for pair in pairs]
    assert sum(pair.rows > 1 for pair in pairs) > 12


def test_the_measuring_data_is_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOTWATCH_SHARED", str(tmp_path))
    assert compiling.corpus() is None
    (tmp_path / "corpus").mkdir()
    assert compiling.corpus() == tmp_path / "corpus"
