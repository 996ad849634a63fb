"""Upkeep by a service that runs: small segments become few, damage is set aside and said, old events go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.service.serving import Serving, found, until
from tests.store.stores import load, scan

from bootwatch import app
from bootwatch.service.keeping import Keeper
from bootwatch.store import manifest as manifests
from bootwatch.store import merging, quarantine
from bootwatch.store.manifest import Manifest

FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.1", "BOOTWATCH_STORE_UPKEEP_S": "0.2"}


def bootwatch(*given: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bootwatch", *given],
        env=os.environ | {"BOOTWATCH_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def manifest(home: Path) -> Manifest:
    held = manifests.load(home)
    assert held is not None
    return held


def test_small_segments_are_merged_while_it_runs_and_damage_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sent = [f"event {number}" for number in range(10)]
    with Serving(home, env=FAST) as server:
        for number, event in enumerate(sent):
            assert server.collect(event) == (200, 0)
            until(lambda upto=number: server.metric("sealed_events_total") > upto)  # type: ignore[misc]
        until(lambda: server.metric("merged_segments_total") >= 8)
        assert found(home) == dict.fromkeys(sent, 1)
        assert server.ask("web", "GET", "/health")[0] == 200
        victim = manifest(home).segments[0]
        path = home / victim.path
        path.write_bytes(path.read_bytes()[:-1])
        until(lambda: server.metric("damaged_segments_total") == 1)
        status, said = server.ask("web", "GET", "/health")
        assert status == 503
        assert b"1 damaged segments were set aside" in said
        acknowledged = bootwatch("quarantine", "ack", path.name, "--reason", "disk replaced", home=home)
        assert acknowledged.stdout == f"acknowledged {victim.path}\n"
        assert server.ask("web", "GET", "/health")[0] == 200
        assert server.collect("still here") == (200, 0)
        assert server.stop() == 0
        assert f"{path} is damaged and was set aside: has " in server.errors()
    scope = app.Scope(home=home)
    source = app.store(scope)
    rows = list(app.search("* | fields _raw", source, scope).rows())
    assert {str(row["_raw"]) for row in rows} < {*sent, "still here"}
    assert [path for path, why in source.report.unreadable if "set aside" in why] == [str(path)]

    with Serving(home, env=FAST) as server:
        until(lambda: server.metric("checked_segments_total") >= 1)
        assert server.metric("damaged_segments_total") == 0  # it was said before
        assert server.ask("web", "GET", "/health")[0] == 200
        assert server.stop() == 0


def test_a_service_that_starts_knows_what_nobody_dealt_with(tmp_path: Path) -> None:
    for _ in range(2):
        load(tmp_path, [{"_raw": "text"}])
    path = tmp_path / manifest(tmp_path).segments[0].path
    path.write_bytes(path.read_bytes()[:-1])
    Keeper(tmp_path, list).round()
    again = Keeper(tmp_path, list)
    assert again.troubles() == Keeper(tmp_path, list).troubles()
    assert "1 damaged segments were set aside" in again.troubles()[0]
    assert again.counts.damaged == 0
    quarantine.acknowledge(tmp_path, manifest(tmp_path).set_aside(), by="ann", why="restored", at="then")
    assert Keeper(tmp_path, list).troubles() == []
    (tmp_path / "quarantine" / quarantine.FILE).unlink()
    (tmp_path / "quarantine" / quarantine.FILE).mkdir()
    assert "cannot be read" in Keeper(tmp_path, list).troubles()[0]


def test_who_dealt_with_a_damaged_segment_is_on_record(tmp_path: Path) -> None:
    for _ in range(2):
        load(tmp_path, [{"_raw": "text"}])
    one, other = manifest(tmp_path).segments
    (tmp_path / one.path).write_bytes(b"")
    why = merging.mend(tmp_path, manifest(tmp_path), one)
    assert bootwatch("quarantine", "ack", other.path, "--reason", "x", home=tmp_path).stderr == (
        f"bootwatch: no damaged segment '{other.path}' waits for an answer\n"
    )
    assert bootwatch("quarantine", "ack", "--reason", "x", home=tmp_path).returncode == 2
    assert bootwatch("quarantine", "ack", "--all", "--reason", " ", home=tmp_path).returncode == 2
    known = {"path": one.path, "what": why, "events": 1, "acknowledged": None}
    assert json.loads(bootwatch("quarantine", "list", home=tmp_path).stdout) == known
    assert bootwatch("quarantine", "ack", "--all", "--reason", "restored", "--by", "ann", home=tmp_path).returncode == 0
    assert bootwatch("quarantine", "list", home=tmp_path).stdout == ""
    (record,) = quarantine.acknowledged(tmp_path).values()
    assert (record.path, record.what, record.by, record.why) == (one.path, why, "ann", "restored")
    listed = json.loads(bootwatch("quarantine", "list", "--all", home=tmp_path).stdout)
    assert listed["acknowledged"] == {"by": "ann", "why": "restored", "at": record.at}
    assert scan(tmp_path)[1].unreadable == [(str(tmp_path / one.path), f"set aside: {why}")]  # named as before


def test_an_answer_that_was_cut_off_is_none(tmp_path: Path) -> None:
    load(tmp_path, [{"_raw": "text"}])
    damaged = [(manifest(tmp_path).segments[0], "what")]
    quarantine.acknowledge(tmp_path, damaged, by="ann", why="first", at="then")
    path = tmp_path / "quarantine" / quarantine.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert quarantine.acknowledged(tmp_path) == {}
    quarantine.acknowledge(tmp_path, damaged, by="ann", why="again", at="then")
    assert [one.why for one in quarantine.acknowledged(tmp_path).values()] == ["again"]


def test_the_oldest_events_go_beyond_a_size(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home, env=FAST | {"BOOTWATCH_STORE_KEEP_BYTES": "1"}) as server:
        assert server.collect("too much") == (200, 0)
        until(lambda: server.metric("expired_segments_total") == 1)
        assert server.stop() == 0
    assert found(home) == {}
