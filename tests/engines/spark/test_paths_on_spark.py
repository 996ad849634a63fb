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


def test_a_stream_needs_a_cluster_and_a_folder(session: object, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="followed by a cluster"):
        stream(str(tmp_path), tmp_path / "o", app.Scope(), checkpoint=tmp_path / "c", pack=load())
    scope = app.Scope(engine=session)
    with pytest.raises(InputError, match="no such folder"):
        stream(str(tmp_path / "none"), tmp_path / "o", scope, checkpoint=tmp_path / "c", pack=load())
