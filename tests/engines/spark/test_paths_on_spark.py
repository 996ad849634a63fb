"""Files as the cluster reaches them, and detections over what a cluster reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.detections.pack import load
from bootwatch.errors import InputError, SettingsError
from bootwatch.events.clock import Clock
from bootwatch.service.streamed import Batch, stream

NOW = Clock.of("2026-11-24T00:00:00Z")
SPL = "* | stats count, values(sourcetype) AS kinds, max(_time) AS last by host"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    for path in app.samples():
        shutil.copy(path, logs)
    (logs / "more.jsonl").write_text('{"_time": 1, "_raw": "x", "host": "h", "extra": "1"}\n')
    return logs


def test_the_connectors_read_what_a_path_reads(session: object, folder: Path) -> None:
    there = app.Scope(clock=NOW, engine=session)
    here = app.Scope(clock=NOW)
    expected = list(app.search(SPL, app.files([folder], here), here).rows())
    assert list(app.search(SPL, app.reading([folder.as_uri()], there), there).rows()) == expected
    spl = "* | search extra=1 | table host extra source"
    found = list(app.search(spl, app.reading([folder.as_uri()], there), there).rows())
    assert found == [{"host": "h", "extra": "1", "source": f"file:{folder}/more.jsonl"}]


def test_repeats_over_files_read_apart_are_refused(session: object, folder: Path) -> None:
    there = app.Scope(clock=NOW, engine=session)
    with pytest.raises(InputError, match="read apart"):
        app.search("* | stats count by repeat_of", app.reading([folder.as_uri()], there), there)


def test_names_nobody_would_choose(session: object, tmp_path: Path) -> None:
    """Blanks, patterns, escapes and what begins with ``_``; a file named twice is read twice, as on one machine."""
    folder = tmp_path / "od dir"
    (folder / "sub").mkdir(parents=True)
    for name in ("log1.txt", "log[1].txt", "a#1.log", "b%41.log", "sp ace.log", "sub/z.log", "_x.log", ".hidden"):
        (folder / name).write_text(f"Jan 15 12:00:00 rtr1 x: {name}\n" * len(name))
    (folder / "_SUCCESS").write_text("")
    there, here = app.Scope(clock=NOW, engine=session), app.Scope(clock=NOW)
    spl = "* | stats count by _raw"
    given: list[str | Path] = [f"file://{folder}", folder / "log1.txt"]
    result = app.search(spl, app.reading(given, there), there)
    found = list(result.rows())
    local = list(app.search(f"* NOT source=*_x.log | {spl[4:]}", app.files([folder, given[1]], here), here).rows())
    assert found == local
    assert len(found) == 6
    assert any("begins with '_'" in note and "_x.log" in note for note in result.report.said)


def test_many_files_may_be_as_much_as_one(session: object, tmp_path: Path) -> None:
    """The bytes a task may send count for all its files together."""
    for number in range(12):
        (tmp_path / f"{number:02}.log").write_text(f"Jan 15 12:00:00 rtr1 x: {number}" + "y" * 900_000 + "\n")
    there, here = app.Scope(clock=NOW, engine=session), app.Scope(clock=NOW)
    spl = "* | table source, _raw"
    result = app.search(spl, app.reading([f"file://{tmp_path}"], there), there)
    assert [row["_raw"] for row in result.rows()] == [
        row["_raw"] for row in app.search(spl, app.files([tmp_path], here), here).rows()
    ]
    assert result.report.events == 12


def test_a_file_too_large_for_a_task_is_named(session: object, tmp_path: Path) -> None:
    with (tmp_path / "large.log").open("wb") as file:
        file.truncate(3 << 30)
    there = app.Scope(engine=session)
    with pytest.raises(InputError, match=r"large\.log: larger than 2 GB"):
        app.search(SPL, app.reading([f"file://{tmp_path}"], there), there)


def test_events_of_the_future_are_counted_together(session: object, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"_time": 4000000000, "_raw": "{name}"}}\n')
    notes = []
    for scope in (app.Scope(clock=NOW), app.Scope(clock=NOW, engine=session)):
        result = app.search("* | stats count", app.files([tmp_path], scope), scope)
        assert list(result.rows()) == [{"count": 2}]
        notes.append(result.report.said)
    assert notes[0] == notes[1] == ["2 events carry a time more than a day in the future"]


def test_all_fields_have_the_order_of_one_machine(session: object, folder: Path) -> None:
    columns = [
        list(app.search("* | table *", app.files([folder], scope), scope).fields)
        for scope in (app.Scope(clock=NOW), app.Scope(clock=NOW, engine=session))
    ]
    assert columns[0] == columns[1]


def test_a_path_nobody_reaches_is_named(session: object, tmp_path: Path) -> None:
    there = app.Scope(engine=session)
    with pytest.raises(InputError, match="no such file or folder"):
        app.search(SPL, app.reading([(tmp_path / "none").as_uri()], there), there)


def test_a_scheme_asks_for_a_cluster() -> None:
    with pytest.raises(SettingsError, match="is read by a cluster"):
        app.reading(["s3a://bucket/logs"], app.Scope())


def test_a_scan_finds_the_same(session: object, folder: Path, tmp_path: Path) -> None:
    here = app.Scope(clock=NOW, home=tmp_path / "store")
    there = app.Scope(clock=NOW, home=tmp_path / "store", engine=session)
    expected = [found.to_dict() for found in app.scan(app.files([folder], here), here).findings]
    assert expected
    assert [found.to_dict() for found in app.scan(app.files([folder], there), there).findings] == expected
    reached = app.scan(app.reading([folder.as_uri()], there), there).findings
    assert [(one.id, one.score) for one in reached] == [(one["id"], one["score"]) for one in expected]
    app.ingest(app.files([folder], here), here)
    stored = [found.to_dict() for found in app.scan(app.store(here), here).findings]
    assert [found.to_dict() for found in app.scan(app.store(there), there).findings] == stored


def test_a_stream_finds_what_a_scan_finds(session: object, folder: Path, tmp_path: Path) -> None:
    """Files come in two batches, and nothing comes in a third; no finding is told twice."""
    scope = app.Scope(clock=NOW, engine=session)
    dropped, out, checkpoint = tmp_path / "dropped", tmp_path / "out", tmp_path / "checkpoint"
    dropped.mkdir()
    batches: list[Batch] = []
    story = (folder / "cisco_ios.log").read_text().splitlines(keepends=True)
    half = len(story) // 2
    for name, text in (("a.log", story[:half]), ("b.log", story[half:]), (None, [])):
        if name is not None:
            (dropped / name).write_text("".join(text))
        stream(
            str(dropped),
            out,
            scope,
            checkpoint=checkpoint,
            pack=load(),
            once=True,
            pinned=True,
            done=batches.append,
        )
    assert [batch.files for batch in batches] == [1, 1]
    told = {}
    for path in sorted(out.iterdir()):
        for line in path.read_text().splitlines():
            finding = json.loads(line)
            told[finding["id"]] = finding
    here = app.Scope(clock=NOW)
    scanned = app.scan(app.files([dropped], here), here).findings
    assert {one["id"]: (one["severity"], one["score"]) for one in told.values()} == {
        one.id: (one.severity.value, one.score) for one in scanned
    }


def test_a_stream_goes_on_past_what_is_no_log(session: object, tmp_path: Path) -> None:
    scope = app.Scope(clock=NOW, engine=session)
    dropped, out, checkpoint = tmp_path / "dropped", tmp_path / "out", tmp_path / "checkpoint"
    dropped.mkdir()
    (dropped / "a#b%41 c.log").write_bytes(bytes(range(256)) * 40)
    batches: list[Batch] = []
    for name in (None, "z#1.log"):
        if name is not None:
            (dropped / name).write_text(app.samples()[0].read_text())
        stream(
            str(dropped), out, scope, checkpoint=checkpoint, pack=load(), once=True, pinned=True, done=batches.append
        )
    assert [[path for path, _ in batch.unreadable] for batch in batches] == [[str(dropped / "a#b%41 c.log")], []]
    assert batches[1].told == 1


def test_a_stream_needs_a_cluster_and_a_folder(session: object, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="followed by a cluster"):
        stream(str(tmp_path), tmp_path / "o", app.Scope(), checkpoint=tmp_path / "c", pack=load())
    scope = app.Scope(engine=session)
    with pytest.raises(InputError, match="no such folder"):
        stream(str(tmp_path / "none"), tmp_path / "o", scope, checkpoint=tmp_path / "c", pack=load())
