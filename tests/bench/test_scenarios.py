"""The labelled stories are as many as promised, are told alike for the same seed, and are scored as labelled."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import fleet
from bench.scenarios import __main__ as command
from bench.scenarios import context, score, story
from bench.scenarios.compose import Log, compose
from bench.scenarios.story import Kind

FAMILIES = {"ios", "iosxe", "iosxr", "nxos", "asa", "junos", "panos", "eos", "fortios"}


@pytest.fixture(scope="module")
def log() -> Log:
    return compose(story.load(), seed=1, quiet=0)


def test_the_set_has_its_sizes_and_every_family_its_share() -> None:
    stories = story.load()
    kinds = {kind: [each for each in stories if each.kind is kind] for kind in Kind}
    assert {kind.value: len(each) for kind, each in kinds.items()} == {"attack": 45, "benign": 45, "audit": 10}
    for told in kinds.values():
        assert {each.os for each in told} >= FAMILIES


def test_a_seed_tells_the_same_and_another_seed_tells_it_of_other_devices(log: Log) -> None:
    again, other = compose(story.load(), seed=1, quiet=0), compose(story.load(), seed=2, quiet=0)
    assert [line for _, line in again.lines] == [line for _, line in log.lines]
    names = [{device.name for told in each.told for device in told.devices} for each in (log, other)]
    assert not names[0] & names[1]


def test_lines_are_in_order_and_every_word_is_filled(log: Log) -> None:
    times = [time for time, _ in log.lines]
    assert times == sorted(times)
    assert not [text for _, (_, text) in log.lines if "{" in text]


def test_the_files_of_the_sources_hold_the_lines_of_the_one_file(log: Log, tmp_path: Path) -> None:
    command.write(log, tmp_path)
    whole = (tmp_path / "all.log").read_text().splitlines()
    parts = [line for path in (tmp_path / "by-source").iterdir() for line in path.read_text().splitlines()]
    assert sorted(parts) == sorted(whole)


def test_records_cover_their_stories_and_name_the_approved_image(log: Log, tmp_path: Path) -> None:
    command.write(log, tmp_path)
    records = json.loads((tmp_path / "changes.json").read_text())
    told = {told.devices[0].name: told for told in log.told}
    assert records
    for record in records:
        one = told[record["hosts"][0]]
        assert record["start"] < f"{one.first:%Y-%m-%dT%H:%M:%SZ}" < f"{one.last:%Y-%m-%dT%H:%M:%SZ}" < record["end"]
        assert record["image"] == one.image
    calendar = (tmp_path / "changes.ics").read_bytes()
    assert all(len(line) <= 75 for line in calendar.split(b"\r\n"))
    assert calendar.count(b"BEGIN:VEVENT") == sum(
        each.story.change is not None and each.story.change.file == "ics" for each in log.told
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: a, os: ios, about: b, steps: '+0 log x'}", "an attack says its severity and technique"),
        ("- {id: a, os: ios, about: b, steps: 'log x', severity: high, technique: T1}", "'log x' is no step"),
        ("- {id: a, os: ios, about: b, step: '+0 log x'}", "unknown step; known: about, allow"),
    ],
)
def test_a_wrong_story_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "attack-wrong.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        story.load(tmp_path)


def _finding(**given: Any) -> score.Finding:
    usual = {"host": "a", "status": "open", "severity": "high", "score": 75, "detection": "d", "evidence": []}
    times = {"first_time": "2026-03-10T10:00:00Z", "last_time": "2026-03-10T10:10:00Z"}
    return usual | times | {"techniques": ["T1601.001"], "score_trace": [], "suppression": None} | given


def _label(kind: str, **given: Any) -> score.Label:
    usual: score.Label = {"id": kind, "kind": kind, "hosts": ["a"], "addresses": ["10.0.0.1"]}
    times = {"first_time": "2026-03-10T10:00:00Z", "last_time": "2026-03-10T10:10:00Z"}
    return usual | times | {"severities": ["high"], "techniques": ["T1601.001"]} | given


@pytest.mark.parametrize(
    ("kind", "finding", "expected"),
    [
        ("attack", {}, (1, 1, 0, 0, 0)),
        ("attack", {"host": "10.0.0.1"}, (1, 1, 0, 0, 0)),
        ("attack", {"severity": "medium"}, (0, 0, 0, 0, 0)),
        ("attack", {"techniques": ["T1070"]}, (1, 0, 0, 0, 0)),
        ("attack", {"status": "suppressed"}, (0, 0, 0, 0, 0)),
        ("attack", {"host": "b"}, (0, 0, 0, 0, 1)),
        ("attack", {"first_time": "2026-03-12T10:00:00Z", "last_time": "2026-03-12T10:00:00Z"}, (0, 0, 0, 0, 1)),
        ("benign", {}, (0, 0, 1, 0, 0)),
        ("benign", {"severity": "low"}, (0, 0, 0, 0, 0)),
        ("audit", {"severity": "medium"}, (0, 0, 0, 1, 0)),
    ],
)
def test_rates(kind: str, finding: dict[str, Any], expected: tuple[float, ...]) -> None:
    result = score.score([_label(kind)], [_finding(**finding)])
    assert (result.recall, result.technique, result.benign, result.audit, result.stray) == expected


def test_labels_hold_what_a_score_needs(log: Log) -> None:
    labels = context.labels(log)
    assert len({label["id"] for label in labels}) == 100
    assert all(label["first_time"] <= label["last_time"] for label in labels)  # type: ignore[operator] # ISO texts


def test_a_quiet_fleet_has_its_sizes_and_its_upgrades_lie_within_their_records(tmp_path: Path) -> None:
    fleet.write(tmp_path / "fleet.log", 2000, seed=1)
    lines = (tmp_path / "fleet.log").read_text().splitlines()
    labels = json.loads((tmp_path / "labels.json").read_text())
    assert len(lines) > 2000
    assert len((tmp_path / "inventory.csv").read_text().splitlines()) == 501
    assert len({label["hosts"][0] for label in labels}) == fleet.UPGRADES
    assert not [line for line in lines if "{" in line]


@pytest.mark.parametrize(("seed", "more"), [(1, False), (2, False), (3, True)])
def test_the_goals_are_met(tmp_path: Path, seed: int, more: bool) -> None:
    stories = story.load(Path(story.__file__).with_name("more") if more else None)
    told = compose(stories, seed, quiet=0)
    options = command.write(told, tmp_path)
    result = score.score(context.labels(told), score.scan([tmp_path / "all.log"], options))
    assert result.recall >= 0.93, result.misses
    assert result.technique >= 0.95, result.misses
    assert result.benign <= 0.05, result.misses
    assert result.audit == 0, result.misses
    assert result.stray == 0, result.misses


def test_a_quiet_fleet_stays_quiet(tmp_path: Path) -> None:
    options = fleet.write(tmp_path / "fleet.log", 20_000, seed=3)
    opened = score.above_low(score.scan([tmp_path / "fleet.log"], options))
    assert len(opened) <= fleet.ALLOWED, list(map(score.said, opened))
