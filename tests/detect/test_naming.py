"""What one device is called by several sources is one host, with or without an inventory."""

from __future__ import annotations

from pathlib import Path

from tests.detect.stories import BOOT, CHAIN, COPY, local, scanned


def test_case_tells_no_two_devices_apart(tmp_path: Path) -> None:
    spelt = [local(0, COPY, host="EDGE-R1"), local(5, BOOT, host="edge-r1"), local(9, "reload", host="Edge-R1")]
    (found,) = scanned(tmp_path, spelt)
    assert (found.host, found.detection, found.score) == ("edge-r1", CHAIN, 90)
