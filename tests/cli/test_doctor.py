"""``doctor`` names the parts, the detections and what logs hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import bootwatch
from bootwatch.cli.program import status_of

SAMPLES = Path(bootwatch.__file__).parent / "content" / "samples"


def test_doctor_finds_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "detection t1601-001-patch-system-image-splunk: ok" in said
    assert said.endswith("nothing is wrong\n")


def test_doctor_names_the_sourcetypes_of_logs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "asa.log"
    log.write_text("<165>Nov 20 2025 08:55:28 fw1 : %ASA-5-111008: User 'admin' executed the 'enable' command.\n")
    assert status_of(["doctor", str(SAMPLES / "cisco_ios.log"), str(log), "--now", "2026-03-10T20:00:00Z"]) == 0
    said = capsys.readouterr().out
    assert "sourcetype cisco:ios: " in said
    assert "sourcetype cisco:asa: 1 events of 1 hosts  not read by the page's search" in said


def test_doctor_names_an_input_it_cannot_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert status_of(["doctor", str(SAMPLES / "junos.log"), str(tmp_path / "none.log")]) == 4
    assert "none.log: no such file or folder" in capsys.readouterr().err
