"""What every detection of the shipped pack has beside its search, so that nobody has to remember it."""

from __future__ import annotations

from functools import cache

import pytest

from bootwatch import app
from bootwatch.detections.detection import Detection
from bootwatch.detections.filling import EXAMPLE, fill
from bootwatch.detections.library import Library
from bootwatch.detections.pack import Pack, load
from bootwatch.detections.samples import OsFamily
from bootwatch.detections.sigma import Level

DETECTIONS = load().detections
IDS = [detection.id for detection in DETECTIONS]
RELATED = [
    *("T1601.002", "T1542.004", "T1542.005", "T1600", "T1600.001", "T1600.002", "T1556.004", "T1599", "T1599.001"),
    *("T1056.001", "T1090.003", "T1562", "T1070", "T1059.008", "T1020.001", "T1602"),
]
OTHERS = {OsFamily.IOSXE: OsFamily.IOS, OsFamily.FTD: OsFamily.ASA}
"""Systems that are of one family with another."""


@cache
def shipped() -> tuple[Pack, Library]:
    pack = app.pack([])
    return pack, app.library(pack)


each = pytest.mark.parametrize("detection", DETECTIONS, ids=IDS)


@each
def test_a_guide_a_playbook_and_relatives(detection: Detection) -> None:
    parts = shipped()[1].parts[detection.id]
    assert parts.playbook is not None
    assert parts.guide is not None
    guide = parts.guide
    assert len(guide.investigation) >= 5
    assert len(guide.tuning) >= 3
    assert guide.exercises
    assert guide.hunts
    assert guide.related
    systems = {name.partition("/")[0] for name in guide.log_sources}
    assert systems >= {"ios", "iosxr", "nxos", "asa", "junos", "panos", "eos", "fortios", "aaa"}


@each
def test_everything_the_page_says_of_a_detection(detection: Detection) -> None:
    for text in (detection.description, detection.how_to_implement):
        assert len(text) > 80
    assert detection.data_source
    assert detection.required_sourcetypes
    assert len(detection.known_false_positives) >= 2
    assert len(detection.next_steps) >= 3
    assert detection.not_tested
    assert detection.references


@each
def test_five_attacks_and_five_benign_stories_on_two_families(detection: Detection) -> None:
    guide = shipped()[1].parts[detection.id].guide
    if guide is not None and guide.few_samples is not None:
        return
    attacks = [sample for sample in detection.samples if sample.expected is not None]
    assert len(attacks) >= 5
    assert len(detection.samples) - len(attacks) >= 5
    families = {OTHERS.get(sample.os, sample.os) for sample in attacks if sample.os is not None}
    assert len(families) >= 2
    for sample in detection.samples:
        assert sample.os is not None, sample.name
        assert sample.document, sample.name


@each
def test_a_sigma_rule_or_why_there_is_none(detection: Detection) -> None:
    parts = shipped()[1].parts[detection.id]
    assert parts.guide is not None
    if parts.sigma is None:
        assert parts.guide.without_sigma
        return
    outermost = parts.sigma.outermost.meta
    assert outermost.level in set(Level)
    tagged = {tag.removeprefix("attack.").upper() for tag in outermost.tags}
    assert detection.techniques[0].id in tagged
    differs = [known.sample for known in parts.guide.sigma_differs]
    assert len(differs) < len(detection.samples) / 2, "a rule that says something else of most samples says nothing"


@each
def test_the_searches_of_its_guide_compile(detection: Detection) -> None:
    guide = shipped()[1].parts[detection.id].guide
    assert guide is not None
    for question in guide.investigation:
        if question.spl is None:
            continue
        filled = fill(question.spl, EXAMPLE)
        assert filled is not None
        checked = app.check(filled)
        assert (checked.status, checked.message) == ("ok", ""), question.question


def test_the_five_tests_are_there_for_ten_systems() -> None:
    exercises = sorted(shipped()[1].exercises.values(), key=lambda exercise: exercise.number)
    assert [exercise.number for exercise in exercises] == [1, 2, 3, 4, 5]
    for exercise in exercises:
        assert {system.os for system in exercise.systems} == set(OsFamily), exercise.id
        for system in exercise.systems:
            assert system.not_possible or system.device_only, (exercise.id, system.os)


def test_where_the_page_is_wrong_about_a_test_it_is_said() -> None:
    transfer = shipped()[1].exercises["image-transfer"]
    assert "CFGLOG_LOGGEDCMD" in transfer.page
    assert transfer.corrected
    assert "never holds a copy" in transfer.corrected
    ios = next(system for system in transfer.systems if system.os is OsFamily.IOS)
    assert "ios/configuration-log" in {silent.source for silent in ios.silent}
    assert "ios/aaa-accounting" in {part.source for part in ios.telemetry}


def test_twelve_hunts_each_of_which_finds_something() -> None:
    hunts = sorted(shipped()[1].hunts.values(), key=lambda hunt: hunt.number)
    assert [hunt.number for hunt in hunts] == list(range(1, 13))
    for hunt in hunts:
        assert any(sample.rows for sample in hunt.samples), hunt.id
        assert app.check(hunt.spl).status == "ok", hunt.id


@pytest.mark.parametrize("technique", RELATED)
def test_the_related_techniques_have_detections_of_their_own(technique: str) -> None:
    pack, _ = shipped()
    wanted = pack.attack.technique(technique).id
    found = [
        detection.id
        for detection in pack.detections
        if any(t.id == wanted or t.id.startswith(f"{wanted}.") for t in detection.techniques[:2])
        and not detection.id.startswith("t1601-001")
    ]
    assert found, technique


def test_every_playbook_and_shared_guide_is_used() -> None:
    pack, library = shipped()
    used = {parts.playbook.id for parts in library.parts.values() if parts.playbook is not None}
    named = {name for parts in library.parts.values() if parts.guide is not None for name in parts.guide.includes}
    assert used | {"asa-ftd-implant"} == set(library.playbooks)
    assert named == {"commands", "data-leaving", "image-story", "people", "silence", "weakened-device"}
    assert len(pack.detections) == len(library.parts)
