"""What goes wrong on a cluster is told as on one machine, or named for what it is."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engines.spark.conftest import missing

import bootwatch
from bootwatch import app
from bootwatch.engines.spark import session as sessions
from bootwatch.engines.spark import telling
from bootwatch.engines.spark.tasks import refusal
from bootwatch.errors import ContentError, EngineError, Error, InputError, SettingsError
from bootwatch.store.layout import EVENTS


def lines(count: int) -> str:
    return "".join(
        f"Jan 15 12:{number // 60 % 60:02}:{number % 60:02} rtr{number % 7} %SYS-5-CONFIG_I: line {number}\n"
        for number in range(count)
    )


@pytest.fixture
def scopes(session: object, tmp_path: Path) -> tuple[app.Scope, app.Scope]:
    """A store of several segments, for here and for there."""
    here = app.Scope(home=tmp_path / "store")
    for number in range(4):
        log = tmp_path / f"{number}.log"
        log.write_text(lines(400))
        app.ingest(app.files([log], here), here)
    return here, app.Scope(home=tmp_path / "store", engine=session)


def test_a_corrupt_segment_is_named_and_the_rest_is_read(scopes: tuple[app.Scope, app.Scope], tmp_path: Path) -> None:
    segment = sorted((tmp_path / "store" / EVENTS).rglob("*.parquet"))[1]
    data = bytearray(segment.read_bytes())
    for at in range(8, len(data) // 2, 16):
        data[at] ^= 0x10
    segment.write_bytes(data)
    told = []
    for scope in scopes:
        result = app.search("* | stats count, max(_raw) AS last", app.store(scope), scope)
        told.append((list(result.rows()), sorted(result.report.unreadable)))
    assert told[0] == told[1]
    assert [path for path, _ in told[1][1]] == [str(segment)]
    assert told[1][0][0]["count"] == 1200


def test_only_a_corrupt_segment_is_an_error(scopes: tuple[app.Scope, app.Scope], tmp_path: Path) -> None:
    """As on one machine: a count of nothing would be taken for an answer."""
    for segment in (tmp_path / "store" / EVENTS).rglob("*.parquet"):
        segment.write_bytes(segment.read_bytes()[:100] + b"x" * 400)
    for scope in scopes:
        with pytest.raises(InputError):
            list(app.search("* | stats count, max(_raw)", app.store(scope), scope).rows())


def test_a_data_frame_is_whole_or_fails(scopes: tuple[app.Scope, app.Scope], session: Any, tmp_path: Path) -> None:
    """Nobody hears what was met while somebody else reads it."""
    here, _ = scopes
    frame = bootwatch.search("* | stats count", engine=session, home=here.home)
    assert [row["count"] for row in frame.collect()] == [1600]
    segment = next((tmp_path / "store" / EVENTS).rglob("*.parquet"))
    segment.write_bytes(segment.read_bytes()[:100] + b"x" * 400)
    for frame in (
        bootwatch.search("* | stats count, max(_raw)", engine=session, home=here.home),
        bootwatch.search("* | table host", [tmp_path / "not.log"], engine=session),
    ):
        with pytest.raises(Exception, match=r"500 bytes where|no such file"):
            frame.collect()


def test_a_data_frame_leaves_nothing_behind(session: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(20))
    before = session.sparkContext._jsc.sc().getPersistentRDDs().size()
    frame = bootwatch.search("*", [tmp_path / "a.log"], engine=session)
    assert frame.count() == 20
    del frame
    gc.collect()
    assert session.sparkContext._jsc.sc().getPersistentRDDs().size() == before


def test_an_answer_is_counted_once(session: object, tmp_path: Path) -> None:
    """A task that gave up, and a second search, add nothing to what one machine reports."""
    (tmp_path / "a.log").write_text(lines(60_000) * 2)
    scope = app.Scope(engine=session)
    for spl in ("* | table _time host _raw", "* | stats count | append [search * | stats count]"):
        result = app.search(spl, app.files([tmp_path], scope), scope)
        list(result.rows())
        assert result.report.events == 120_000


def test_nothing_readable_is_an_error(session: object, tmp_path: Path) -> None:
    scope = app.Scope(engine=session)
    with pytest.raises(InputError, match="no such file"):
        list(app.search("* | stats count", app.files([tmp_path / "not.log"], scope), scope).rows())


def test_one_unreadable_file_is_named(session: object, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(10))
    scope = app.Scope(engine=session)
    result = app.search("* | stats count", app.files([tmp_path / "a.log", tmp_path / "not.log"], scope), scope)
    assert list(result.rows()) == [{"count": 10}]
    assert [path for path, _ in result.report.unreadable] == [str(tmp_path / "not.log")]


def test_a_regular_expression_without_end_is_given_up_and_said(session: object, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("Jan 15 12:00:00 rtr1 x: " + "a" * 3000 + "!\n")
    spl = r"""* | rex "(?<x>(?=a)(a+)+)$" | stats count(x) AS n"""
    told = []
    for scope in (app.Scope(), app.Scope(engine=session)):
        result = app.search(spl, app.files([tmp_path / "a.log"], scope), scope)
        told.append((list(result.rows()), result.messages))
    assert told[0] == told[1]
    assert told[1][1]


def test_what_this_machine_alone_reads_is_refused(session: object) -> None:
    scope = app.Scope(engine=session)
    with pytest.raises(InputError, match="one machine only"):
        list(app.search("* | stats count", app.files(["-"], scope), scope).rows())


def test_the_answer_may_be_larger_than_a_task_may_send(session: object, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(30_000))
    (tmp_path / "b.log").write_text(lines(30_000))
    there = app.Scope(engine=session)
    spl = "* | table _time host source _raw"
    rows = list(app.search(spl, app.files([tmp_path], there), there).rows())
    assert rows == list(app.search(spl, app.files([tmp_path], app.Scope()), app.Scope()).rows())


def test_workers_read_the_rows(session: object, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(100))
    (tmp_path / "b.log").write_text(lines(150))
    scope = app.Scope(engine=session)
    result = app.search("* | stats count by host", app.files([tmp_path], scope), scope)
    assert len(list(result.rows())) == 7
    assert result.report.events == 250


def test_java_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(EngineError, match="no Java at JAVA_HOME=/nowhere"):
        sessions._java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="Spark needs Java 17"):
        sessions._java()


def test_pyspark_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(EngineError, match=r"pip install 'bootwatch\[spark\]'"):
        sessions._importable()


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (SimpleNamespace(version="3.5.1", sparkContext=None), EngineError, "Spark 3.5.1 is too old"),
        ("cluster", SettingsError, "is no engine"),
        (7, SettingsError, "int is no engine"),
    ],
)
def test_engines_that_cannot_be_used(given: object, kind: type[Error], message: str) -> None:
    with pytest.raises(kind, match=message):
        sessions.given(given)


def test_errors_travel_whole() -> None:
    sent = ContentError("a wrong line", path="x.csv", line=3)
    found = telling.translated(RuntimeError(f"Job aborted\n  {refusal(sent)}\n at java"))
    assert isinstance(found, ContentError)
    assert (found.message, found.path, found.line, str(found)) == ("a wrong line", "x.csv", 3, "x.csv:3: a wrong line")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("An error occurred while calling o1.collect.\n: x\nCaused by: java.io.IOException: disk full", "disk full"),
        ("An error occurred\norg.apache.spark.SparkException: Job aborted due to stage failure", "Job aborted"),
        ('x\nCaused by: java.io.IOException: Cannot run program "/opt/py": error=2', "no Python at /opt/py"),
    ],
)
def test_causes_are_named(said: str, named: str) -> None:
    assert named in str(telling.translated(RuntimeError(said)))


def test_workers_without_bootwatch(tmp_path: Path) -> None:
    why = missing()
    if why is not None:
        pytest.skip(why)
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    (tmp_path / "a.log").write_text(lines(3))
    env = {**os.environ, "PYSPARK_PYTHON": str(bare / "bin" / "python")}
    env["PYSPARK_DRIVER_PYTHON"] = sys.executable
    command = [sys.executable, "-m", "bootwatch", "search", "*", str(tmp_path / "a.log"), "--engine", "local[1]"]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 5
    assert "the Python of the workers has no" in run.stderr
    assert "PYSPARK_PYTHON" in run.stderr
