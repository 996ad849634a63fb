"""A further content pack brings macros and lookups; every command that takes searches knows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootwatch.cli.program import status_of

Capture = pytest.CaptureFixture[str]
LOG = "Mar 24 20:39:10 eos1 Bios: %SYS-5-SYSTEM_RESTARTED: System restarted\n"
SITES = "host,site\neos1,lyon\n"
SEARCH = "index=* `restarted` | lookup sites host OUTPUT site | table host site"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    assert status_of(["detections", "new", "ours", "--content", str(tmp_path / "pack")]) == 0
    folder = tmp_path / "pack"
    (folder / "macros.yaml").write_text("- name: restarted\n  definition: SYSTEM_RESTARTED\n", encoding="utf-8")
    (folder / "lookups").mkdir()
    (folder / "lookups/sites.csv").write_text(SITES, encoding="utf-8")
    (tmp_path / "eos.log").write_text(LOG, encoding="utf-8")
    return folder


def _rows(capsys: Capture, *arguments: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert status_of(["search", *arguments, "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_search_knows_what_a_pack_brings(pack: Path, capsys: Capture) -> None:
    log = str(pack.parent / "eos.log")
    assert _rows(capsys, SEARCH, log, "--content", str(pack)) == [{"host": "eos1", "site": "lyon"}]
    assert status_of(["search", SEARCH, log]) == 3
    assert "restarted" in capsys.readouterr().err


def test_what_the_user_gives_comes_first(pack: Path, capsys: Capture) -> None:
    log, folder = pack.parent / "eos.log", pack.parent / "mine"
    folder.mkdir()
    (folder / "sites.csv").write_text(SITES.replace("lyon", "brest"), encoding="utf-8")
    (folder / "m.yaml").write_text("- name: restarted\n  definition: nowhere\n", encoding="utf-8")
    content = ["--content", str(pack)]
    assert _rows(capsys, SEARCH, str(log), *content, "--macros", str(folder / "m.yaml")) == []
    (folder / "m.yaml").unlink()
    found = _rows(capsys, SEARCH, str(log), *content, "--lookups", str(folder))
    assert found == [{"host": "eos1", "site": "brest"}]


def test_check_explain_and_saved_searches_know_it_too(pack: Path, capsys: Capture) -> None:
    file = pack.parent / "ours.spl"
    file.write_text(SEARCH, encoding="utf-8")
    content = ["--content", str(pack)]
    assert status_of(["check", str(file), *content]) == 0
    assert status_of(["check", str(file)]) == 3
    assert status_of(["explain", "-f", str(file), *content]) == 0
    assert "system_restarted" in capsys.readouterr().out
    assert _rows(capsys, "| savedsearch ours", str(pack.parent / "eos.log"), *content) == []


def test_a_detection_of_the_pack_calls_its_macros(pack: Path, capsys: Capture) -> None:
    search = pack / "detections/ours/search.spl"
    written = search.read_text(encoding="utf-8")
    (pack / "macros.yaml").write_text("- name: copied\n  definition: 'command=\"copy *\"'\n", encoding="utf-8")
    search.write_text(written.replace('command="copy *"', "`copied`"), encoding="utf-8")
    assert "`copied`" in search.read_text(encoding="utf-8")
    capsys.readouterr()
    assert status_of(["detections", "test", "ours", "--content", str(pack)]) == 0
    assert "went as promised" in capsys.readouterr().out
    log = pack.parent / "eos.log"
    assert status_of(["scan", str(log), "--content", str(pack), "--quiet", "--format", "json"]) == 0


def test_wrong_macros_of_a_pack_are_named_before_anything_runs(pack: Path, capsys: Capture) -> None:
    (pack / "macros.yaml").write_text("- name: restarted\n", encoding="utf-8")
    capsys.readouterr()
    assert status_of(["scan", str(pack.parent / "eos.log"), "--content", str(pack)]) == 3
    assert f"{pack / 'macros.yaml'}: the macro 'restarted' has no definition" in capsys.readouterr().err


def test_what_only_the_shipped_pack_has_is_refused_by_name(pack: Path, capsys: Capture) -> None:
    (pack / "indicators").mkdir()
    capsys.readouterr()
    assert status_of(["scan", str(pack.parent / "eos.log"), "--content", str(pack)]) == 3
    assert "only the pack that comes with bootwatch has 'indicators'" in capsys.readouterr().err


def test_a_pack_that_is_none_is_said(tmp_path: Path, capsys: Capture) -> None:
    assert status_of(["search", "index=*", "--content", str(tmp_path)]) == 3
    assert "not a content pack: it has no folder 'detections'" in capsys.readouterr().err
    assert status_of(["search", "index=*", "--content", str(tmp_path / "none")]) == 4
    assert "no such content pack" in capsys.readouterr().err
