"""What is ingested is found again without a path, by search and by scan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bootwatch
from bootwatch.cli.program import status_of

SAMPLES = Path(bootwatch.__file__).parent / "content" / "samples"
PAGE = SAMPLES.parent / "detections" / "t1601-001-patch-system-image-splunk" / "search.spl"
NOW = ["--now", "2026-03-10T18:30:00Z"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOOTWATCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _rows(args: list[str], folder: Path) -> list[dict[str, object]]:
    output = folder / "rows.jsonl"
    assert status_of([*args, "--format", "jsonl", "--output", str(output)]) == 0
    return [json.loads(line) for line in output.read_text().splitlines()]


def test_the_store_gives_the_rows_the_files_give(home: Path, tmp_path: Path) -> None:
    assert status_of(["ingest", str(SAMPLES), *NOW]) == 0
    for search in (["-f", str(PAGE)], ["index=network | stats count by sourcetype"], ["sourcetype=pan:log | head 3"]):
        from_store = _rows(["search", *search, *NOW], tmp_path)
        from_files = _rows(["search", *search, str(SAMPLES), *NOW], tmp_path)
        assert from_store == from_files
        assert from_store


def test_scan_of_the_store_finds_the_replacement(home: Path, tmp_path: Path) -> None:
    assert status_of(["ingest", str(SAMPLES), *NOW]) == 0
    found = _rows(["scan", *NOW], tmp_path)
    assert [(finding["host"], finding["severity"]) for finding in found] == [("br-lyon-rtr1", "critical")]


def test_without_a_store_it_says_how_to_get_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["search", "index=network"]) == 5
    assert "load logs with 'bootwatch ingest PATH'" in capsys.readouterr().err
