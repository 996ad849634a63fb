"""``detections`` as a person meets it: list, show, test, new and investigate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootwatch.cli.program import status_of
from bootwatch.detections.pack import shipped

Capture = pytest.CaptureFixture[str]
PAGE = "t1601-001-patch-system-image-splunk"


def test_list_names_detections_and_hunts(capsys: Capture) -> None:
    assert status_of(["detections", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{PAGE}  critical  T1601.001  Patch System Image in Network Device Logs" in lines
    assert "reload-without-command  hunt  T1601.001,T1542.004,T1529  Restarts that nobody asked for" in lines


def test_show_tells_everything_the_page_promises(capsys: Capture) -> None:
    assert status_of(["detections", "show", PAGE]) == 0
    out = capsys.readouterr().out
    for title in (
        *("severity: critical, confidence medium", "technique: T1601.001", "data sources", "required sourcetypes"),
        *(
            "false positives",
            "tuning",
            "how to implement",
            "how to switch on what it needs",
            "samples it is tested with",
        ),
        *(
            "investigation",
            "tests on devices",
            "Test 3: Transfer of an image",
            "what the page expects:",
            "what is true: The configuration log never",
            "clean up:",
        ),
        *("hunting queries", "playbook image-tampering (CACAO 2.0", "related detections", "Sigma rule", "not tested"),
        *("sigma.yml", "aaa accounting commands 15", "set system syslog host", "| eval SuspicionScore="),
    ):
        assert title in out, title


def test_show_tells_of_a_hunt(capsys: Capture) -> None:
    assert status_of(["detections", "show", "downgrades"]) == 0
    out = capsys.readouterr().out
    for title in (
        "4. Versions older than the one before",
        "needs",
        "how to read it",
        "what logs cannot tell",
        "search",
    ):
        assert title in out


def test_a_new_detection_is_written_and_passes(capsys: Capture, tmp_path: Path) -> None:
    content = str(tmp_path / "content")
    assert status_of(["detections", "new", "image-copied", "--content", content]) == 0
    written = capsys.readouterr().out
    assert "detection.yaml" in written
    assert f"bootwatch detections test image-copied --content {content}" in written
    assert status_of(["detections", "test", "image-copied", "--content", content]) == 0
    out = capsys.readouterr().out
    assert "1 attack found as expected, 2 samples judged by the Sigma rule, 1 benign story quiet" in out
    assert "went as promised" in out
    assert status_of(["detections", "new", "image-copied", "--content", content]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_failing_test_is_told_and_exits_1(capsys: Capture, tmp_path: Path) -> None:
    assert status_of(["detections", "new", "ours", "--content", str(tmp_path)]) == 0
    file = tmp_path / "detections/ours/search.spl"
    file.write_text("index=* nowhere command=never\n| table _time host _raw\n", encoding="utf-8")
    capsys.readouterr()
    assert status_of(["detections", "test", "ours", "--content", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "FAILED ios positive 'an image is copied from a server': expected one finding, found none" in out
    assert status_of(["detections", "test", "ours", "--content", str(tmp_path), "--format", "json"]) == 1
    outcomes = json.loads(capsys.readouterr().out)
    assert {"kind": "positive", "of": "ours", "os": "ios"}.items() <= outcomes[0].items()
    assert outcomes[0]["ok"] is False


def test_what_only_a_device_could_tell_is_said(capsys: Capture) -> None:
    assert status_of(["detections", "test", "t1542-005-tftp-boot"]) == 0
    out = capsys.readouterr().out
    assert "image-transfer (test 3. Transfer of an image from a TFTP server to flash)" in out
    assert "not run on a device, ios" in out
    assert "What was proven, by operating system" in out


@pytest.mark.parametrize("more", [["show", "none-such"], ["test", "none-such"]])
def test_an_unknown_one_is_refused(more: list[str], capsys: Capture) -> None:
    assert status_of(["detections", *more]) == 2
    assert "none-such" in capsys.readouterr().err


def test_questions_are_filled_in_for_findings(capsys: Capture, tmp_path: Path) -> None:
    samples = shipped() / "samples" / "cisco_ios.log"
    findings = tmp_path / "findings.json"
    assert status_of(["scan", str(samples), "--detection", PAGE, "--format", "json", "--output", str(findings)]) == 0
    capsys.readouterr()
    assert status_of(["detections", "investigate", str(findings)]) == 0
    out = capsys.readouterr().out
    assert f"{PAGE} on br-lyon-rtr1" in out
    assert 'index=* host="br-lyon-rtr1"' in out
    assert 'user IN ("svc-backup")' in out
    assert "$" not in out.replace("$)", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{]", "not the JSON of findings"),
        ('[{"detection": "x"}]', "the 1. value is no finding ('title'); accepted: what scan --format json writes"),
        ("[3]", "the 1. value is no finding"),
    ],
)
def test_a_file_that_holds_no_findings_is_refused(text: str, message: str, capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(text, encoding="utf-8")
    assert status_of(["detections", "investigate", str(file)]) == 4
    assert message in capsys.readouterr().err


def test_a_hunt_is_a_saved_search(capsys: Capture, tmp_path: Path) -> None:
    log = tmp_path / "eos.log"
    log.write_text("Mar 24 20:39:10 eos1 Bios: %SYS-5-SYSTEM_RESTARTED: System restarted\n", encoding="utf-8")
    assert status_of(["search", "| savedsearch reload-without-command", str(log), "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["host"] == "eos1"


@pytest.mark.parametrize("command", [["scan", "x.log"], ["detections", "list"], ["detections", "test", "ours"]])
def test_a_pack_with_a_wrong_guide_is_refused_everywhere(command: list[str], capsys: Capture, tmp_path: Path) -> None:
    assert status_of(["detections", "new", "ours", "--content", str(tmp_path)]) == 0
    guide = tmp_path / "detections/ours/guide.yaml"
    guide.write_text("hunts: [none-such]\n", encoding="utf-8")
    capsys.readouterr()
    assert status_of([*command, "--content", str(tmp_path)]) == 3
    assert f"{guide}:1: no hunt 'none-such'; accepted: " in capsys.readouterr().err
