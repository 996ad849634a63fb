"""Tags answer what a scan would, for the rules they were made for, and stand aside for all others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.stores import ALL, RULE, SMALL, load, manifest, mixed, scan, segments, sidecars, texts

from bootwatch.events.source import Prefilter
from bootwatch.store.ingest import Sealing
from bootwatch.store.retag import retag
from bootwatch.store.tags import Rule, rule_hash

CLAUSES = RULE.prefilter.clauses
BOOT = Rule("boots", Prefilter((("event 1",), ("nothing",))))


@pytest.mark.parametrize("sealing", [SMALL, Sealing()])
def test_a_tagged_scan_gives_the_same_rows_without_the_segments(tmp_path: Path, sealing: Sealing) -> None:
    load(tmp_path, mixed(150), rules=[RULE, BOOT], sealing=sealing)
    for rule in (RULE, BOOT):
        plain, _ = scan(tmp_path, *ALL, clauses=rule.prefilter.clauses, folded=True, tags_enabled=False)
        assert plain
        tagged, report = scan(tmp_path, *ALL, clauses=rule.prefilter.clauses, folded=True)
        assert tagged == plain
        assert report.events == 150
        assert scan(tmp_path, *ALL, tag=rule.hash, folded=True)[0] == plain
    plain, _ = scan(tmp_path, *ALL, clauses=CLAUSES)
    for path in segments(tmp_path):
        path.unlink()
    assert scan(tmp_path, *ALL, clauses=CLAUSES)[0] == plain


def test_tags_are_pruned_like_segments(tmp_path: Path) -> None:
    load(tmp_path, mixed(150), rules=[RULE])
    tagged, report = scan(tmp_path, clauses=CLAUSES, sourcetypes=frozenset({"syslog"}))
    assert tagged == scan(tmp_path, clauses=CLAUSES, sourcetypes=frozenset({"syslog"}), tags_enabled=False)[0]
    assert {event["sourcetype"] for event in tagged} == {"syslog"}
    assert report.events == 50


def test_a_rule_that_is_new_is_scanned_for(tmp_path: Path) -> None:
    load(tmp_path, mixed(40), rules=[RULE])
    load(tmp_path, mixed(40), rules=[RULE, BOOT])
    events, report = scan(tmp_path, clauses=BOOT.prefilter.clauses)
    assert texts(events) == texts(scan(tmp_path, clauses=BOOT.prefilter.clauses, tags_enabled=False)[0])
    assert report.events == 80
    assert report.notes == []


def test_a_missing_sidecar_is_noted_and_made_up_for(tmp_path: Path) -> None:
    load(tmp_path, mixed(40), rules=[RULE])
    every, _ = scan(tmp_path, clauses=CLAUSES)
    (path,) = sidecars(tmp_path)
    path.unlink()
    events, report = scan(tmp_path, clauses=CLAUSES)
    assert events == every
    assert report.notes == [f"{path}: cannot be read: No such file or directory; the segments were scanned instead"]
    assert report.unreadable == []


def test_a_rule_that_wants_too_much_or_has_no_literals_is_not_tagged(tmp_path: Path) -> None:
    broad = Rule("broad", Prefilter((("event",),)))
    empty = Rule("empty", Prefilter())
    unusual = Rule("unusual", Prefilter((("caf\u00e9",),)))
    load(tmp_path, mixed(300), rules=[broad, empty, unusual], sealing=Sealing())
    assert {rule for tags in manifest(tmp_path).tags for rule in tags.rules} == {broad.hash}
    assert {count for tags in manifest(tmp_path).tags for count in tags.rules[broad.hash]} == {-1}
    assert sidecars(tmp_path) == []
    assert len(scan(tmp_path, clauses=broad.prefilter.clauses)[0]) == 300


def test_many_rules_are_told_apart(tmp_path: Path) -> None:
    rules = [Rule(str(place), Prefilter(((f"event {place} ",),))) for place in range(100)]
    load(tmp_path, mixed(100), rules=rules)
    for place in (0, 17, 99):
        events, _ = scan(tmp_path, clauses=rules[place].prefilter.clauses)
        assert [text.split()[1] for text in texts(events)] == [str(place)]


def test_a_rule_is_named_for_what_it_looks_for() -> None:
    one = Prefilter((("a", "b"), ("c",)))
    assert rule_hash(one) == rule_hash(Prefilter((("c",), ("b", "a", "b"))))
    assert rule_hash(one) != rule_hash(Prefilter((("a", "b", "c"),)))
    assert rule_hash(Prefilter((("a", "b"),))) != rule_hash(Prefilter((("a",), ("b",))))


def test_what_a_new_rule_has_not_seen_is_tagged_later(tmp_path: Path) -> None:
    own = {"many": True}
    load(tmp_path, [event | {"many": ["a"]} for event in mixed(80)], own=own)
    load(tmp_path, mixed(40), rules=[RULE])
    rules = (RULE, BOOT, Rule("broad", Prefilter((("event",),))))
    before = {rule: scan(tmp_path, *ALL, "many", clauses=rule.prefilter.clauses)[0] for rule in rules}
    assert retag(tmp_path, rules) == len(segments(tmp_path))
    assert retag(tmp_path, rules) == 0
    for rule in rules:
        assert scan(tmp_path, *ALL, "many", clauses=rule.prefilter.clauses)[0] == before[rule]
    for path in segments(tmp_path):
        path.unlink()
    for rule in (RULE, BOOT):
        assert scan(tmp_path, *ALL, "many", clauses=rule.prefilter.clauses)[0] == before[rule]


def test_a_damaged_segment_is_not_tagged(tmp_path: Path) -> None:
    load(tmp_path, mixed(40))
    path, *others = segments(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert retag(tmp_path, [RULE]) == len(others)
    assert [name for name, _ in scan(tmp_path, clauses=CLAUSES)[1].unreadable] == [str(path)]
