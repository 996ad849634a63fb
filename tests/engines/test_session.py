"""The database of a search reaches nothing outside, leaves nothing behind, and follows its switches."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.spl.cases import Table, run

import bootwatch
from bootwatch import app
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.engines.duckdb.session import Session
from bootwatch.errors import EngineError
from bootwatch.events.clock import Clock
from bootwatch.events.source import ScanRequest
from bootwatch.search import job
from bootwatch.spl.context import Context, Switches
from bootwatch.spl.pipeline import parse


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/bootwatch-must-not-exist.csv'",
        "ATTACH '/tmp/bootwatch-must-not-exist.db'",
        "SET enable_external_access = true",
    ],
)
def test_nothing_outside_is_reached(statement: str) -> None:
    session = Session()
    try:
        with pytest.raises(duckdb.Error):
            session.open().execute(statement)
    finally:
        session.close()


def test_a_process_leaves_no_folder(tmp_path: Path) -> None:
    code = "import bootwatch; print(list(bootwatch.search('| makeresults | eval a=1 | table a').rows()))"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[{'a': 1}]\n"
    assert list(tmp_path.iterdir()) == []


def test_searches_at_once_keep_their_kernels_and_tables_apart() -> None:
    def search(number: int) -> list[object]:
        assigned = f'a="x{number}y", b=replace(a, "(?<=x)\\d+", "-{number}")'
        text = f"| makeresults count=3 | eval {assigned} | eval {{a}}=b | table b"
        return [row["b"] for row in bootwatch.search(text).rows()]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(search, range(40)))
    assert found == [[f"x-{number}y"] * 3 for number in range(40)]


def test_a_closed_search_takes_its_kernels_back() -> None:
    names = "SELECT count(*) FROM duckdb_functions() WHERE function_name LIKE 'spl_kernel%'"
    session = Session()
    before = session.open().execute(names).fetchall()
    assert list(bootwatch.search('| makeresults | eval a=replace("xy", "(?<=x)y", "z") | table a').rows()) == [
        {"a": "xz"}
    ]
    assert session.open().execute(names).fetchall() == before
    session.close()


def test_an_answer_need_not_be_read_to_its_end() -> None:
    found = bootwatch.search('| makeresults count=200000 | eval a=replace("xy", "(?<=x)y", "z") | table a').rows()
    assert next(found) == {"a": "xz"}
    del found  # a warning of an exception nobody could catch would be an error here


def test_a_sort_beyond_memory_spills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    session = Session(threads=1, memory_limit_mb=64)
    try:
        rows = (
            session.open()
            .execute(
                "SELECT count(*) FROM (SELECT md5(CAST(range AS VARCHAR)) AS m FROM range(3000000) ORDER BY m OFFSET 1)"
            )
            .fetchall()
        )
        assert rows == [(2_999_999,)]
    finally:
        session.close()


def test_conditions_nest_without_doubling() -> None:
    text = "if(" * 60 + "x=1" + ",true(),false())" * 60
    assert bootwatch.check(f"| makeresults | eval y=if({text},1,0)").status == "ok"


def test_null_through_not_is_a_switch() -> None:
    given: Table = [{"b": "1"}]
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    assert run("| where NOT (a=1)", list(given), Context(clock=clock))[1] == []
    loose = Context(clock=clock, switches=Switches(null_through_not=False))
    assert run("| where NOT (a=1)", list(given), loose)[1] == given


def test_the_order_of_equal_times_is_a_switch(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text('{"_time":1,"_raw":"first"}\n{"_time":1,"_raw":"second"}\n')
    for latest_first, wanted in ((True, ["second", "first"]), (False, ["first", "second"])):
        scope = app.Scope(switches=Switches(latest_arrival_first=latest_first))
        found = app.search("index=* | table _raw", app.files([log], scope), scope)
        assert [row["_raw"] for row in found.rows()] == wanted


def test_an_interrupt_while_reading_is_an_interrupt(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text('{"_raw":"one"}\n')
    scope = app.Scope()
    source = app.files([log], scope)
    found = source.batches

    def interrupted(request: ScanRequest) -> Iterator[pa.RecordBatch]:
        yield from found(request)
        raise KeyboardInterrupt

    source.batches = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        list(app.search("index=* | stats count", source, scope).rows())


def test_too_little_memory_is_said_in_plain_words() -> None:
    text = (
        "| makeresults | eval a=mvrange(0,90000) | mvexpand a | eval b=mvrange(0,90000) | mvexpand b | stats count by b"
    )
    with pytest.raises(EngineError, match=r"^the search needs more than the 384 MB of memory it may use; "):
        list(bootwatch.search(text).rows())


def test_lists_of_values_cost_no_memory(tmp_path: Path) -> None:
    """A model's datasets ask for many lists of sourcetypes: a hash table for each of them took 400 MB."""
    asked = "nodename=All_Changes All_Changes.src_priority=high by All_Changes.dest"
    context = app.Scope().context()
    plan = job.planned(parse(f"| tstats count from datamodel=Change where {asked}"), context)
    log = tmp_path / "a.log"
    log.write_text("a\n", encoding="utf-8")
    answer = DuckDbEngine(threads=1, memory_limit_mb=48).run(plan, app.files([log], app.Scope()))
    assert sum(batch.num_rows for batch in answer.batches) == 0


@pytest.mark.parametrize("count", [4, 5, 64, 65, 3000])
def test_values_are_found_in_short_and_long_lists(count: int) -> None:
    names = ", ".join(f'"v{number}"' for number in range(count))
    given: Table = [{"a": "v0"}, {"a": f"V{count - 1}"}, {"a": f"v{count}"}, {"b": "x"}]
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    assert run(f"| search a IN ({names})", list(given), Context(clock=clock))[1] == given[:2]
    assert run(f"| where in(a, {names})", list(given), Context(clock=clock))[1] == given[:1]
    assert run(f"| where NOT in(a, {names})", list(given), Context(clock=clock))[1] == given[1:3]


@pytest.mark.parametrize(
    ("raised", "met"),
    [
        (RuntimeError("Query interrupted"), KeyboardInterrupt),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), KeyboardInterrupt),
        (RuntimeError("dictionary changed size"), RuntimeError),
        (duckdb.Error("anything"), EngineError),
    ],
)
def test_an_interrupted_statement_is_an_interrupt(
    raised: Exception, met: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def query(self: Session, statement: str) -> pa.RecordBatchReader:
        raise raised

    monkeypatch.setattr(Session, "query", query)
    with pytest.raises(met):
        run("| makeresults", [], Context(clock=Clock.of("2026-11-24T00:00:00Z")))
