"""``doctor`` names the parts, the detections and what logs hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import bootwatch
from bootwatch.cli.program import status_of

SAMPLES = Path(bootwatch.__file__).parent / "content" / "samples"


ALL = [str(SAMPLES / name) for name in ("cisco_ios.log", "junos.log", "panos.log")]
NOW = ["--now", "2026-03-11T00:00:00Z"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, which is not there yet."""
    monkeypatch.setenv("BOOTWATCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_doctor_finds_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "no logs given and no store here" in said
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


def test_doctor_says_what_logs_show_and_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor", *ALL, *NOW]) == 0
    said = capsys.readouterr().out
    lines = said.split("\n")
    assert any(line.startswith("Juniper Junos ") and "UI_CMDLINE_READ_LINE" in line for line in lines)
    row = next(line.split() for line in lines if line.startswith("br-lyon-rtr1 "))
    assert row == [
        *("br-lyon-rtr1", "ios", "46", "11", "2026-03-10", "13:21:55+00:00", "2026-03-10", "17:41:28+00:00", "11%"),
        *("yes", "yes", "yes", "yes", "yes"),
    ]
    assert "6 of 12 devices send commands in these logs." in said
    assert "Cannot show reload with what they send now: fw-paris-2." in said
    assert "      set system syslog host 192.0.2.20 interactive-commands any\n" in said
    assert said.count("event manager applet catchall") == 1  # once, for four devices
    assert "  would show copy, install, boot, verify of acc-sw-12, acc-sw-14, acc-sw-22, hq-core-rtr1\n" in said
    assert said.endswith("nothing is wrong\n")


def test_doctor_shows_times_in_the_zone_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor", ALL[0], *NOW, "--tz", "Asia/Tokyo"]) == 0
    assert "2026-03-10 22:21:55+09:00" in capsys.readouterr().out


def test_doctor_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor", *ALL, *NOW, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"installation", "sourcetypes", "sources", "devices", "advice", "unreadable"}
    assert answer["installation"]["wrong"] == 0
    silent = next(device for device in answer["devices"] if device["host"] == "fw-paris-2")
    assert silent["acts"] == dict.fromkeys(("copy", "install", "boot", "verify", "reload"), "no")
    assert silent["missing"] == ["copy", "install", "boot", "verify", "reload"]
    advice = next(found for found in answer["advice"] if found["source"] == "interactive-commands")
    assert advice["hosts"] == ["fw-paris-2"]
    assert advice["configuration"].startswith("set system syslog host 192.0.2.20 interactive-commands any\n")


def test_doctor_reads_the_store_where_no_logs_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["ingest", *ALL, *NOW]) == 0
    capsys.readouterr()
    assert status_of(["doctor", *NOW]) == 0
    rows = [line.split() for line in capsys.readouterr().out.split("\n")]
    assert ["fw-paris-2", "junos", "75", "0"] in [row[:4] for row in rows]


def test_doctor_reads_standard_input() -> None:
    command = [sys.executable, "-m", "bootwatch", "doctor", "-", *NOW]
    logs = (SAMPLES / "junos.log").read_bytes()
    said = subprocess.run(command, input=logs, capture_output=True, check=True)
    assert b"mx-core-1" in said.stdout


def test_doctor_sends_no_control_character_of_a_message(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "hostile.json"
    log.write_text('{"_raw": "%SYS-5-CONFIG_I: Configured from console by jo on vty0", "host": "r\\u001b[2J1"}\n')
    assert status_of(["doctor", str(log), *NOW]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert r"r\x1b[2J1" in said


def test_doctor_tells_two_systems_of_one_name_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "two.log"
    log.write_text(
        "<189>1: r1: Mar 10 2026 13:10:57.762 UTC: %SYS-5-CONFIG_I: Configured from console by jo on vty0\n"
        "<165>Nov 20 2025 08:55:28 r1 : %ASA-5-111008: User 'admin' executed the 'enable' command.\n"
    )
    assert status_of(["doctor", str(log), *NOW]) == 0
    assert "No command in the logs of r1 (ios).\n" in capsys.readouterr().out


def test_doctor_refuses_a_format_it_has_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["doctor", "--format", "csv"]) == 2
    assert "table" in capsys.readouterr().err
