"""Upkeep by a service that runs: small segments become few, damage is set aside and said, old events go."""

from __future__ import annotations

from pathlib import Path

from tests.service.serving import Serving, found, until

from bootwatch import app
from bootwatch.store import manifest as manifests
from bootwatch.store.manifest import Manifest

FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.1", "BOOTWATCH_STORE_UPKEEP_S": "0.2"}


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
        assert server.collect("still here") == (200, 0)
        assert server.stop() == 0
        assert f"{path} is damaged and was set aside: has " in server.errors()
    scope = app.Scope(home=home)
    source = app.store(scope)
    rows = list(app.search("* | fields _raw", source, scope).rows())
    assert {str(row["_raw"]) for row in rows} < {*sent, "still here"}
    assert [path for path, why in source.report.unreadable if "set aside" in why] == [str(path)]


def test_the_oldest_events_go_beyond_a_size(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home, env=FAST | {"BOOTWATCH_STORE_KEEP_BYTES": "1"}) as server:
        assert server.collect("too much") == (200, 0)
        until(lambda: server.metric("expired_segments_total") == 1)
        assert server.stop() == 0
    assert found(home) == {}
