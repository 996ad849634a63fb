"""Names of images as changes and devices write them (``images.yaml``), and what a device is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.detect.tuning.told import NOW, line, stories

from bootwatch.detect.tuning import Tuning, images

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("images.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_two_names_mean_one_image(case: dict[str, Any]) -> None:
    assert images.same(case["approved"], case["shown"]) is case["same"]


@given(approved=st.text(max_size=30), shown=st.text(max_size=30), names=st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_compared(approved: str, shown: str, names: list[str]) -> None:
    images.same(approved, shown)
    images.contradicts(shown, names)
    images.digests(shown)


@pytest.mark.parametrize(
    ("release", "approved", "other"),
    [
        ("15.7(3)M8", "c2900-universalk9-mz.SPA.157-3.M8.bin", False),
        ("15.1(4)M12a", "c2900-universalk9-mz.SPA.157-3.M8.bin", True),
        ("v7.2.5,build1517", "FGT_100F-v7.2.5.F-build1517-FORTINET.out", False),
        ("16.12.4", "cat9k_iosxe.17.09.04a.SPA.bin", True),
        ("15.2(7)E9", "c2960x-universalk9-tar.tar", False),
        ("no release", "a.bin", False),
    ],
)
def test_a_release_that_came_up_is_another_one(release: str, approved: str, other: bool) -> None:
    assert images.contradicts(release, [approved]) is other


def test_a_device_has_one_name(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    devices = [
        {"host": "sw1.a.example", "ip": ["10.0.0.1", "2001:db8::1"], "vendor_os": "iosxe", "members": ["sw1-2"]},
        {"host": "r9.a.example", "ip": "10.0.0.9", "vendor_os": "ios"},
        {"host": "r9.b.example", "ip": "10.0.0.10", "vendor_os": "ios"},
        {"host": "fw1", "ip": "", "vendor_os": "asa", "aliases": ["fw1-standby"]},
    ]
    path.write_text(json.dumps(devices))
    tuning = Tuning.of(NOW, inventory=[path])
    for host, name in {
        "SW1": "sw1.a.example",
        "sw1.a.example.": "sw1.a.example",
        "10.0.0.1": "sw1.a.example",
        "2001:DB8:0::1": "sw1.a.example",
        "::ffff:10.0.0.1": "sw1.a.example",
        "sw1-2": "sw1.a.example",
        "sw1.b.example": "sw1.b.example",
        "r9": "r9",
        "fw1.a.example": "fw1",
        "fw1-standby": "fw1",
        "unknown": "unknown",
        "": "",
    }.items():
        assert tuning.name_of(host) == name
    assert tuning.notes() == [f"{path}: 2 of 4 devices are nowhere in the logs: r9.a.example, r9.b.example"]


@pytest.mark.parametrize(
    ("day", "clock", "covered"),
    # Sundays at half past one, two hours long, in Berlin: 00:30Z in winter, 23:30Z in summer; the night the clocks are
    # put forward has one hour of it, the night they are put back three.
    [("2026-03-22", "01:30", True), ("2026-03-29", "01:20", True), ("2026-03-29", "02:30", False),
     ("2026-04-05", "00:10", True), ("2026-04-05", "02:10", False), ("2026-10-25", "01:45", True),
     ("2026-10-25", "02:45", False), ("2026-11-01", "02:15", True), ("2026-03-23", "01:30", False)],
)  # fmt: skip
def test_a_weekly_window_keeps_its_local_time(day: str, clock: str, covered: bool, tmp_path: Path) -> None:
    path = tmp_path / "weekly.ics"
    path.write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:weekly\nLOCATION:r1\n"
        "DESCRIPTION:Image: new.bin\nDTSTART;TZID=Europe/Berlin:20260301T013000\n"
        "DTEND;TZID=Europe/Berlin:20260301T033000\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    text = line("r1", f"{clock} netadm 10.0.0.7 copy tftp://10.0.0.9/new.bin flash:new.bin", day=day)
    found = Tuning.of(NOW, changes=[path]).judge(stories([text], tmp_path)["r1"])
    assert (found.suppression is not None) is covered
