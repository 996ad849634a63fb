"""``indicator=*`` reads only lines that can show one and finds what reading all of them finds, in files and store."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.events.clock import Clock

NOW = Clock.of("2026-03-18T00:00:00Z")
SEARCHES = [
    "indicator=* | table _time host indicator indicator_class _raw",
    'index=network indicator="IOS-*" | stats count by indicator',
    'indicator_class=A OR "no such words" | stats count by host',
    "* | where isnotnull(indicator) | stats dc(indicator)",
    "NOT indicator=* | stats count",
]


def rows(spl: str, paths: list[Path], home: Path | None = None, *, prefilter: bool = True) -> list[object]:
    scope = app.Scope(clock=NOW, home=home, prefilter=prefilter)
    return list(app.search(spl, app.files(paths, scope) if paths else app.store(scope), scope).rows())


@pytest.mark.parametrize("spl", SEARCHES)
def test_looking_at_few_lines_finds_what_looking_at_all_finds(spl: str) -> None:
    found = rows(spl, app.samples())
    assert found
    assert found == rows(spl, app.samples(), prefilter=False)


def test_a_message_cannot_claim_an_indicator(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("<189>Mar 17 10:00:00 h app: indicator=IOS-A1 indicator_class=A\n")
    for prefilter in (True, False):
        assert rows("indicator=* | table indicator", [log], prefilter=prefilter) == []


def test_an_input_can(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text('{"_raw":"seen elsewhere","indicator":"THEIRS-1"}\n')
    assert rows("indicator=* | table indicator", [log]) == [{"indicator": "THEIRS-1"}]


def test_the_store_answers_from_its_tags(tmp_path: Path) -> None:
    scope = app.Scope(clock=NOW, home=tmp_path)
    app.ingest(app.files(app.samples(), scope), scope)
    for spl in SEARCHES:
        wanted = rows(spl.replace("_time ", ""), app.samples())
        assert sorted(map(repr, rows(spl.replace("_time ", ""), [], tmp_path))) == sorted(map(repr, wanted))
    for segment in (tmp_path / "events").rglob("*.parquet"):
        segment.unlink()
    assert rows("indicator=* | stats count", [], tmp_path) == rows("indicator=* | stats count", app.samples())
