"""The shipped pack keeps its promises, and a pack that does not is told so."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.detections.library import Library
from bootwatch.detections.pack import Pack, load
from bootwatch.detections.skeleton import write
from bootwatch.prove.exercises import prove_exercises
from bootwatch.prove.hunts import prove_hunt
from bootwatch.prove.outcome import Kind, Outcome
from bootwatch.prove.recorded import waves
from bootwatch.prove.run import prove
from bootwatch.prove.samples import prove_detection

IDS = [detection.id for detection in load().detections]
HUNTS = sorted(file.stem for file in Path(app.__file__).parent.glob("content/hunts/*.yaml"))


@cache
def shipped() -> tuple[Pack, Library]:
    pack = app.pack([])
    return pack, app.library(pack)


def failures(outcomes: list[Outcome]) -> list[str]:
    return [f"{o.kind} {o.os or ''} '{o.name}': {problem}" for o in outcomes for problem in o.problems]


@pytest.mark.parametrize("ident", IDS)
def test_samples_are_judged_as_promised(ident: str) -> None:
    pack, library = shipped()
    outcomes = prove_detection(pack.detection(ident), library.parts[ident], pack, app.Scope())
    assert failures(outcomes) == []
    assert {Kind.POSITIVE, Kind.NEGATIVE} <= {outcome.kind for outcome in outcomes}


def test_the_five_tests_look_as_recorded() -> None:
    pack, library = shipped()
    outcomes = prove_exercises(library.exercises.values(), pack, app.Scope())
    assert failures(outcomes) == []
    assert len(outcomes) == 50
    assert all(outcome.not_run for outcome in outcomes)


@pytest.mark.parametrize("ident", HUNTS)
def test_hunts_give_their_rows(ident: str) -> None:
    assert failures(prove_hunt(shipped()[1].hunts[ident], app.Scope())) == []


def ours(folder: Path) -> list[Outcome]:
    pack = app.pack([folder])
    return prove(pack, app.library(pack, [folder]), ["ours"])


def test_a_new_detection_passes_its_own_test(tmp_path: Path) -> None:
    write("ours", tmp_path)
    outcomes = ours(tmp_path)
    assert failures(outcomes) == []
    assert {outcome.kind for outcome in outcomes} == {Kind.POSITIVE, Kind.NEGATIVE, Kind.SIGMA, Kind.SEARCH, Kind.HUNT}


BROKEN: dict[str, tuple[str, str, str, str]] = {  # file, old text, new text, what is said
    "a search that finds nothing": (
        "search.spl",
        "copy *",
        "move *",
        "positive ios 'an image is copied from a server': expected one finding, found none",
    ),
    "another severity": (
        "tests.yaml",
        "severity: medium",
        "severity: high",
        "positive ios 'an image is copied from a server': expected severity high, found medium (60)",
    ),
    "another technique": (
        "tests.yaml",
        "[T1601.001]",
        "[T1542.004]",
        "positive ios 'an image is copied from a server': expected technique T1542.004, found T1601.001",
    ),
    "another account": (
        "tests.yaml",
        "[netadm]",
        "[netops]",
        "positive ios 'an image is copied from a server': expected users netops; found netadm",
    ),
    "a benign story that is found": (
        "tests.yaml",
        "cmd=show version",
        "cmd=copy tftp://192.0.2.9/x.bin flash:x.bin",
        "negative ios 'somebody looks at the version': found 'Image copied to 192.0.2.1: x.bin' on 192.0.2.1, @",
    ),
    "a Sigma rule that matches nothing": (
        "sigma.yml",
        "'copy tftp:'",
        "'move tftp:'",
        "sigma ios 'an image is copied from a server': the Sigma rule does not match",
    ),
    "a search of the guide that is none": (
        "guide.yaml",
        "| sort 0 _time",
        "| sort 0 _time | rexx x",
        "search  'What else did the same accounts do in these hours?': syntax: unknown command 'rexx'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_promise_is_told(case: str, tmp_path: Path) -> None:
    name, old, new, expected = BROKEN[case]
    expected = expected.replace("@", "medium (60)")
    write("ours", tmp_path)
    file = tmp_path / "detections/ours" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert expected in failures(ours(tmp_path))


def test_a_hunt_whose_rows_differ_is_told(tmp_path: Path) -> None:
    write("ours", tmp_path)
    (tmp_path / "hunts").mkdir()
    (tmp_path / "hunts/ours.yaml").write_text(
        "number: 99\ntitle: Ours\nquestion: Q?\ntechniques: [T1601]\nneeds: N.\nreading: R.\nlimits: [L.]\n"
        "spl: index=* | stats count\n"
        'samples: [{name: a line, lines: ["Mar 10 12:00:00 r1 x: y"], rows: [{count: 2}]}]\n',
        encoding="utf-8",
    )
    pack = app.pack([tmp_path])
    hunt = app.library(pack, [tmp_path]).hunts["ours"]
    assert failures(prove_hunt(hunt, app.Scope())) == [
        "hunt  'Ours: a line': expected a row with count=2",
        "hunt  'Ours: a line': did not expect the row count=1",
    ]


def test_an_unknown_detection_is_named() -> None:
    pack, library = shipped()
    with pytest.raises(LookupError, match=r"no detection 't1685'"):
        prove(pack, library, ["t1685"])


def test_stories_of_one_host_are_never_scanned_together() -> None:
    paths = [Path(name) for name in "abcd"]
    events = {
        "a": [{"host": "r1"}],
        "b": [{"host": "r2"}],
        "c": [{"host": "r1"}, {"host": "r3"}],
        "d": [{"host": "r3"}],
    }
    assert [[path.name for path in group] for group in waves(paths, events)] == [["a", "b", "d"], ["c"]]  # type: ignore[arg-type]
