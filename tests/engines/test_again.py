"""A search that is run again with what its first runs left says what a first run says."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from bootwatch import app
from bootwatch.algebra.types import FieldType
from bootwatch.detect.planned import Plans
from bootwatch.engines.duckdb import database
from bootwatch.engines.duckdb.session import Session
from bootwatch.engines.engine import Again
from bootwatch.errors import InputError
from bootwatch.events.clock import Clock
from bootwatch.knowledge.objects import Knowledge

NOW = Clock.of("2026-01-15T12:00:00Z")
SEARCHES = (
    "index=network copy | where 1=2 | table host",
    "index=nowhere NOT * | stats count",
    'index=network copy | rex "(?<word>\\w+)$" | table _time host word',
    "index=network copy | stats count, values(host) AS hosts by user | sort - count",
    'index=network copy | eval x=replace(_raw, "(?<=o)py", "-") | dedup x | table x',
    "index=network copy | streamstats count AS n BY host | where n>1 | table host n",
)


@pytest.fixture
def kept() -> Iterator[Plans]:
    with closing(Plans()) as plans:
        yield plans


def log(folder: Path, name: str, rows: Iterable[dict[str, object]]) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def some(count: int, first: int, **more: object) -> list[dict[str, object]]:
    rows = ((at, at % 3) for at in range(first, first + count))
    return [{"_time": at, "host": f"r{of}", "_raw": f"copy {at} user=u{of} end{at}", **more} for at, of in rows]


def rows(spl: str, path: Path, scope: app.Scope, plans: Plans | None = None) -> list[dict[str, object]]:
    return [dict(row) for row in app.search(spl, app.files([path], scope), scope, plans=plans).rows()]


@pytest.mark.parametrize("spl", SEARCHES)
def test_runs_over_other_events_say_what_a_first_run_says(spl: str, tmp_path: Path, kept: Plans) -> None:
    scope = app.Scope(clock=NOW)
    logs = [log(tmp_path, f"l{n}", some(count, 7 * n)) for n, count in enumerate((5, 0, 40, 3, 40))]
    for path in logs:
        assert rows(spl, path, scope, kept) == rows(spl, path, scope), path.name


def test_what_the_events_carry_themselves_may_change(tmp_path: Path, kept: Plans) -> None:
    scope = app.Scope(clock=NOW)
    spl = "index=network copy | stats count by user"
    plain, own = log(tmp_path, "plain", some(6, 0)), log(tmp_path, "own", some(6, 0, user="me"))
    for path in (plain, plain, own, own, own, plain, plain):
        assert rows(spl, path, scope, kept) == rows(spl, path, scope)
    assert rows(spl, own, scope, kept) == [{"user": "me", "count": 6}]


def test_messages_are_those_of_the_run(tmp_path: Path, kept: Plans) -> None:
    scope = app.Scope(clock=NOW)
    spl = 'index=network copy | where match(_raw, "^(a+)+(?<=a)$") | table _raw'
    wild = log(
        tmp_path, "wild", [{"_time": 1, "host": "r1", "_raw": "copy"}, {"_time": 1, "_raw": "a" * 5000 + " copy"}]
    )
    tame = log(tmp_path, "tame", some(3, 0))
    said = []
    for path in (tame, tame, wild, tame, wild):
        result = app.search(spl, app.files([path], scope), scope, plans=kept)
        list(result.rows())
        first = app.search(spl, app.files([path], scope), scope)
        list(first.rows())
        said.append((result.messages, first.messages))
    assert all(mine == other for mine, other in said)


def test_a_run_that_fails_is_no_use_to_the_next(tmp_path: Path, kept: Plans) -> None:
    scope = app.Scope(clock=NOW)
    spl = SEARCHES[2]
    good = log(tmp_path, "good", some(4, 0))
    expected = rows(spl, good, scope)
    for _ in range(3):
        assert rows(spl, good, scope, kept) == expected
    gone = log(tmp_path, "gone", some(4, 0))
    source = app.files([gone], scope)
    gone.unlink()
    with pytest.raises(InputError):
        list(app.search(spl, source, scope, plans=kept).rows())
    for _ in range(3):
        assert rows(spl, good, scope, kept) == expected


def test_a_table_from_outside_is_read_each_time(tmp_path: Path, kept: Plans) -> None:
    folder = tmp_path / "lookups"
    folder.mkdir()
    (folder / "sites.csv").write_text("host,site\nr1,lyon\n", encoding="utf-8")
    path = log(tmp_path, "l", some(3, 0))
    spl = "index=network copy host=r1 | lookup sites host OUTPUT site | table site"
    scope = app.Scope(clock=NOW, knowledge=Knowledge(None, folder))
    assert [rows(spl, path, scope, kept) for _ in range(3)] == [[{"site": "lyon"}]] * 3
    (folder / "sites.csv").write_text("host,site\nr1,brest\n", encoding="utf-8")
    fresh = app.Scope(clock=NOW, knowledge=Knowledge(None, folder))
    assert rows(spl, path, fresh, kept) == [{"site": "brest"}]


def test_runs_at_once_take_what_is_free(tmp_path: Path, kept: Plans) -> None:
    scope = app.Scope(clock=NOW)
    spl = SEARCHES[3]
    path = log(tmp_path, "l", some(30, 0))
    expected = rows(spl, path, scope)
    rows(spl, path, scope, kept)

    def run(_: int) -> list[dict[str, object]]:
        return rows(spl, path, scope, kept)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(24))) == [expected] * 24


def test_what_is_left_after_the_end_is_closed() -> None:
    class Made:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    again, early, late = Again(), Made(), Made()
    again.leave(early)
    assert again.take() is early
    again.leave(early)
    again.close()
    again.leave(late)
    assert (early.closed, late.closed, again.take()) == (1, 1, None)


def test_a_session_that_nobody_closed_leaves_its_database_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    names = "SELECT count(*) FROM duckdb_functions() WHERE function_name LIKE 'spl_kernel%'"
    left: list[list[tuple[int]]] = []

    def give_back(lent: duckdb.DuckDBPyConnection, *_: int) -> None:
        left.append(lent.cursor().execute(names).fetchall())

    monkeypatch.setattr(database, "give_back", give_back)
    session = Session()
    kernel = session.kernel("json_names", (), (FieldType.TEXT,), FieldType.MULTI)
    session.execute(f"CREATE TEMP TABLE found AS SELECT {kernel}('{{\"a\": 1}}') AS names")
    assert session.open().execute(names).fetchall() == [(1,)]
    del session
    gc.collect()
    assert left == [[(0,)]]
