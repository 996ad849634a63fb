"""What lies beside the detections of a pack, and how a wrong file among it is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.detections.filling import ACCEPTED
from bootwatch.detections.library import Library
from bootwatch.detections.pack import shipped
from bootwatch.detections.playbooks import StepType, read_playbook
from bootwatch.detections.samples import OsFamily
from bootwatch.detections.skeleton import SkeletonError, write
from bootwatch.errors import ContentError

PLAYBOOKS = shipped() / "playbooks"

HUNT = """\
number: 99
title: A hunt
question: What is there?
techniques: [T1601.001]
needs: Logs.
spl: index=* | stats count
reading: As it stands.
limits: [None that is known.]
samples:
  - name: one line
    lines: ["Mar 10 12:00:00 r1 x: y"]
    rows: [{count: 1}]
"""
EXERCISE = """\
number: 99
title: An exercise
behaviour: Something is done.
page: Something is seen.
systems:
  - os: ios
    run: [show version]
    safe: It reads.
    clean_up: Nothing to do.
    telemetry:
      - source: ios/aaa-accounting
        document: none
        lines: ["Mar 10 12:00:00 r1 x: y"]
        commands: []
    device_only: [Whether it is so.]
  - os: ftd
    not_possible: There is none.
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of one's own with one detection and one file of every kind."""
    write("ours", tmp_path)
    for folder, name, text in (
        ("hunts", "our-hunt.yaml", HUNT),
        ("exercises", "our-exercise.yaml", EXERCISE),
        ("guides", "our-guide.yaml", "title: Ours\ntuning: [Leave it.]\nhunts: [our-hunt]\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "playbooks").mkdir()
    playbook = json.loads((PLAYBOOKS / "logging-suppression.json").read_text(encoding="utf-8"))
    (tmp_path / "playbooks/our-playbook.json").write_text(json.dumps(playbook, indent=2), encoding="utf-8")
    return tmp_path


def library(pack: Path) -> Library:
    return app.library(app.pack([pack]), [pack])


def test_a_pack_of_ones_own_is_read_beside_the_shipped_one(pack: Path) -> None:
    guide = pack / "detections/ours/guide.yaml"
    guide.write_text(
        "includes: [our-guide, people]\nexercises: [our-exercise]\nlog_sources: [ios/aaa-accounting]\n"
        "related: [t1685-logging-off]\n"
    )
    read = library(pack)
    ours = read.parts["ours"]
    assert ours.guide is not None
    assert ours.guide.hunts == ("our-hunt",)
    assert ours.guide.exercises == ("our-exercise",)
    assert ours.guide.tuning == ("Leave it.",)
    assert len(ours.guide.investigation) == 5
    assert {"our-playbook", "image-tampering"} <= set(read.playbooks)
    assert read.hunt("our-hunt").number == 99
    with pytest.raises(LookupError, match=r"no hunt 'our-hnt'; did you mean our-hunt\?"):
        read.hunt("our-hnt")


WRONG: dict[str, tuple[str, str, str, str]] = {  # file, old text, new text (``@@`` on the line refused), message
    "a place nobody fills": (
        "detections/ours/guide.yaml",
        "    spl: |",
        "    on_device: [x]\n    spl: |@@\n      host=$hosts$",
        f"nothing fills in '$hosts$'; accepted: {ACCEPTED}",
    ),
    "a hunt that does not exist": (
        "detections/ours/guide.yaml",
        "hunts: [reload-without-command]",
        "hunts: [reload-without-comand]@@",
        "no hunt 'reload-without-comand'; did you mean reload-without-command?",
    ),
    "a relative that does not exist": (
        "detections/ours/guide.yaml",
        "hunts:",
        "related: [t1685-loging-off]@@\nhunts:",
        "no detection 't1685-loging-off'; did you mean t1685-logging-off?",
    ),
    "a log source that does not exist": (
        "detections/ours/guide.yaml",
        "hunts:",
        "log_sources: [ios/aaa-acounting]@@\nhunts:",
        "no log source 'ios/aaa-acounting'; did you mean ios/aaa-accounting?",
    ),
    "a shared guide named twice": (
        "detections/ours/guide.yaml",
        "hunts:",
        "includes: [people, people]@@\nhunts:",
        "'includes' names people twice",
    ),
    "a question without an answer": (
        "detections/ours/guide.yaml",
        "tuning:",
        "  - question: Why?@@\n    why: So.\ntuning:",
        "a question needs 'spl' or 'on_device', found neither",
    ),
    "a number of a hunt that is none": (
        "hunts/our-hunt.yaml",
        "number: 99",
        "number: first@@",
        "'number' should be a whole number from 1 to 1000, found the text 'first'",
    ),
    "a technique of a hunt that does not exist": (
        "hunts/our-hunt.yaml",
        "[T1601.001]",
        "[T1601.009]@@",
        "no technique 'T1601.009' in ATT&CK v19; did you mean T1601.002 or T1601.001 or T1602.002?",
    ),
    "a system that does not exist": (
        "exercises/our-exercise.yaml",
        "os: ftd",
        "os: ios-xe@@",
        f"'os' is 'ios-xe'; accepted: {', '.join(OsFamily)}; did you mean iosxe?",
    ),
    "a system twice": ("exercises/our-exercise.yaml", "systems:", "systems:@@", "ios stands twice"),
    "what is impossible and done": (
        "exercises/our-exercise.yaml",
        "not_possible: There is none.",
        "not_possible: There is none.\n    run: [x]@@",
        "unknown key 'run'; accepted: os, not_possible",
    ),
    "a step that does not exist": (
        "playbooks/our-playbook.json",
        '"on_completion": "action--',
        '"on_completion": "action--0',
        "",
    ),
    "another version of CACAO": (
        "playbooks/our-playbook.json",
        '"cacao-2.0"',
        '"cacao-1.1"@@',
        "'spec_version' is 'cacao-1.1'; accepted: cacao-2.0",
    ),
    "a time without milliseconds": (
        "playbooks/our-playbook.json",
        '"modified": "2026-11-24T12:00:00.000Z"',
        '"modified": "2026-11-24"@@',
        "'modified' is '2026-11-24'; accepted: a time such as 2026-03-31T12:00:00.000Z",
    ),
    "a variable nobody defines": (
        "playbooks/our-playbook.json",
        "__device__:value. No reload",
        "__devise__:value. No reload@@",
        "no variable '__devise__'; accepted: __device__, __users__, __sources__, __first_time__, __more_found__",
    ),
    "a command that does something by itself": (
        "playbooks/our-playbook.json",
        '"type": "manual"',
        '"type": "ssh"@@',
        "'type' is 'ssh'; accepted: manual",
    ),
    "something after the end": (
        "playbooks/our-playbook.json",
        '"type": "playbook",',
        '"type": "playbook",,@@',
        "not JSON: Expecting property name enclosed in double quotes",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused(case: str, pack: Path) -> None:
    name, old, new, expected = WRONG[case]
    file = pack / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    if case == "a system twice":
        text = text.replace("os: ftd", "os: ios")
    before, _, after = text.replace(old, new, 1).partition("@@")
    file.write_text(before + after, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        library(pack)
    if expected:
        assert str(caught.value) == f"{file}:{before.count(chr(10)) + 1}: {expected}"
    else:
        assert "leads to" in str(caught.value)


def playbook(pack: Path) -> dict[str, object]:
    found = json.loads((pack / "playbooks/our-playbook.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_a_step_that_nothing_leads_to_is_refused(pack: Path) -> None:
    found = playbook(pack)
    steps = found["workflow"]
    assert isinstance(steps, dict)
    steps["end--00000000-0000-4000-8000-000000000001"] = {"type": "end", "name": "Alone"}
    file = pack / "playbooks/our-playbook.json"
    file.write_text(json.dumps(found, indent=2), encoding="utf-8")
    with pytest.raises(ContentError, match=r":\d+: nothing leads to the step 'Alone'$"):
        read_playbook(file)


def test_a_step_that_leads_back_to_itself_is_refused(pack: Path) -> None:
    found = playbook(pack)
    steps = found["workflow"]
    assert isinstance(steps, dict)
    actions = [name for name in steps if name.startswith("action--")]
    steps[actions[1]]["on_completion"] = actions[0]
    file = pack / "playbooks/our-playbook.json"
    file.write_text(json.dumps(found, indent=2), encoding="utf-8")
    with pytest.raises(ContentError, match=r"leads back to itself$"):
        read_playbook(file)


@pytest.mark.parametrize("name", [file.name for file in PLAYBOOKS.iterdir()])
def test_playbooks_keep_the_device_running_until_the_evidence_is_secured(name: str) -> None:
    read = read_playbook(PLAYBOOKS / name)
    steps = [step for _, _, step in read.in_order()]
    assert steps[0].type is StepType.START
    assert steps[-1].type is StepType.END
    assert {step.id for step in steps} == set(read.steps)
    actions = [step for step in steps if step.type is StepType.ACTION]
    texts = [" ".join(step.commands).lower() for step in actions]
    assert "no reload" in texts[0]
    collected = next(at for at, text in enumerate(texts) if "show " in text)
    changed = [at for at, text in enumerate(texts) if "format the flash" in text or "reimage" in text]
    assert all(collected < at for at in changed)


def test_one_name_in_two_packs_is_refused(pack: Path) -> None:
    (pack / "hunts/our-hunt.yaml").rename(pack / "hunts/downgrades.yaml")
    (pack / "guides/our-guide.yaml").unlink()
    with pytest.raises(ContentError, match=r"hunts/downgrades\.yaml: 'downgrades' stands already in .*content/hunts"):
        library(pack)


def test_a_playbook_that_does_not_exist_is_refused(pack: Path) -> None:
    file = pack / "detections/ours/detection.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "playbook: none-such\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"no playbook 'none-such'; accepted: asa-ftd-implant, "):
        library(pack)


def test_a_sample_on_which_sigma_differs_has_to_exist(pack: Path) -> None:
    file = pack / "detections/ours/guide.yaml"
    file.write_text("sigma_differs: [{sample: none such, why: It does.}]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"'sigma_differs' names no sample of tests\.yaml: none such"):
        library(pack)


def test_parts_may_be_missing(pack: Path) -> None:
    for folder in ("hunts", "guides", "exercises", "playbooks"):
        shutil.rmtree(pack / folder)
    (pack / "detections/ours/guide.yaml").unlink()
    (pack / "detections/ours/sigma.yml").unlink()
    ours = library(pack).parts["ours"]
    assert (ours.guide, ours.sigma, ours.playbook) == (None, None, None)


@pytest.mark.parametrize("name", ["Ours", "our detection", "../ours", "", "ours-"])
def test_a_new_detection_needs_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonError, match="is no id; accepted: lower-case words joined by '-'"):
        write(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_new_detection_replaces_nothing(tmp_path: Path) -> None:
    write("ours", tmp_path)
    with pytest.raises(SkeletonError, match=r"detections/ours exists already$"):
        write("ours", tmp_path)
