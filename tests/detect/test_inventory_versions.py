"""A version below the inventory's is a downgrade, where the log itself has nothing to compare it with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.detect.stories import local, scanned

from bootwatch import app

STARTED = "t1601-002-older-image-started"
CHOSEN = "t1601-002-downgrade-system-image"
IMAGE = "isr4300-universalk9.17.06.05.SPA.bin"


def restart(version: str, *, day: int = 19) -> str:
    said = (
        f"System restarted -- Cisco IOS Software, Software (X-UNIVERSALK9-M), Version {version}, RELEASE SOFTWARE (fc1)"
    )
    return f"<189>31: r1: Nov {day} 2025 07:16:05.000 UTC: %SYS-5-RESTART: {said}"


def accounted(command: str) -> str:
    said = f"update:192.0.2.80@pts/3:netadm:{command} (SUCCESS)"
    return f"<189>r1: 2025 Nov 19 08:55:28 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: {said}"


def junos(command: str) -> str:
    return f"<190>Nov 19 07:37:37 r1 mgd[48601]: UI_CMDLINE_READ_LINE: User 'netadm', command '{command} '"


def asa(command: str) -> str:
    said = f"User 'netadm', running 'CLI' from IP 198.51.100.7, executed '{command}'"
    return f"<165>Nov 19 2025 08:55:38 r1 : %ASA-5-111010: {said}"


LOWER = {
    "IOS, a restart": ("ios", "15.7(3)M8", [restart("15.2(4)M6")], STARTED, 70),
    "IOS-XE, a boot statement": ("iosxe", "17.9.4a", [local(0, f"boot system bootflash:{IMAGE}")], CHOSEN, 65),
    "IOS-XE, an image brought, set and started": (
        "iosxe",
        "17.9.4",
        [
            local(0, f"copy tftp://192.0.2.9/{IMAGE} bootflash:"),
            local(3, f"boot system bootflash:{IMAGE}"),
            local(9, "reload"),
        ],
        STARTED,
        90,
    ),
    "NX-OS, an installation": (
        "nxos",
        "10.2(5)",
        [accounted("install all nxos bootflash:nxos.9.3.8.bin")],
        STARTED,
        90,
    ),
    "Junos, a package of an X train": (
        "junos",
        "21.4R3",
        [junos("request system software add /var/tmp/jinstall-ex-4300-14.1X53-D47.3-signed.tgz reboot")],
        STARTED,
        90,
    ),
    "ASA, a boot statement": ("asa", "9.16(4)19", [asa("boot system disk0:/asa9-12-2-smp-k8.bin")], CHOSEN, 65),
    "Junos, a package": (
        "junos",
        "21.4R3-S5",
        [junos("request system software add /var/tmp/junos-install-mx-x86-64-18.4R2.7.tgz")],
        CHOSEN,
        65,
    ),
}
NOT_LOWER = {
    "IOS, the same version": ("ios", "15.7(3)M8", [restart("15.7(3)M8")]),
    "IOS, a newer one": ("ios", "15.2(4)M6", [restart("15.7(3)M8")]),
    "IOS-XE, the same written otherwise": ("iosxe", "17.6.5", [local(0, f"boot system bootflash:{IMAGE}")]),
    "IOS-XE, releases that count otherwise": ("iosxe", "15.2(2)E8", [restart("03.06.08.E")]),
    "NX-OS, the same written otherwise": ("nxos", "9.3(8)", [accounted("install all nxos bootflash:nxos.9.3.8.bin")]),
    "Junos, the same, its spin counted": (
        "junos",
        "21.4R3.15",
        [junos("request system software add /var/tmp/junos-install-mx-x86-64-21.4R3.15.tgz")],
    ),
    "before the upgrade that the inventory tells of": (
        "iosxe",
        "17.9.4",
        [restart("17.6.5", day=3), restart("17.9.4", day=10)],
    ),
    "Junos, a script package": ("junos", "21.4R3-S5", [junos("request system software add /var/tmp/jsnapy-1.3.6.tgz")]),
    "NX-OS, a patch": (
        "nxos",
        "9.3(8)",
        [accounted("install activate nxos.CSCvw12345-n9k_ALL-1.0.0-9.3.8.lib32_n9000.rpm")],
    ),
    "IOS-XE, an application": (
        "iosxe",
        "17.09.04a",
        [local(0, "install activate file flash:thousandeyes-enterprise-agent-4.2.2.cisco.tar")],
    ),
    "a version that is none": ("ios", "golden", [restart("15.2(4)M6")]),
    "the old image as the second to try": (
        "iosxe",
        "17.9.4",
        [
            local(0, "boot system bootflash:isr4300-universalk9.17.09.04.SPA.bin"),
            local(1, f"boot system bootflash:{IMAGE}"),
            local(9, "reload"),
        ],
    ),
}


def inventory(folder: Path, family: str, version: str) -> app.Beside:
    file = folder / "inventory.json"
    file.write_text(json.dumps([{"host": "r1", "ip": "192.0.2.1", "vendor_os": family, "version": version}]))
    return app.Beside(inventory=(str(file),))


@pytest.mark.parametrize("case", LOWER)
def test_a_lower_version_is_a_downgrade(case: str, tmp_path: Path) -> None:
    family, version, lines, detection, score = LOWER[case]
    alone = scanned(tmp_path, lines, only=[STARTED, CHOSEN], name="alone.log")
    assert alone == []
    (found,) = scanned(tmp_path, lines, only=[STARTED, CHOSEN], beside=inventory(tmp_path, family, version))
    assert (found.detection, found.score, "T1601.002" in found.techniques) == (detection, score, True)
    assert f"the inventory has {version}" in found.evidence[-1].why
    assert found.evidence[-1].fields["inventory_version"] == version


@pytest.mark.parametrize("case", NOT_LOWER)
def test_any_other_version_is_none(case: str, tmp_path: Path) -> None:
    family, version, lines = NOT_LOWER[case]
    assert scanned(tmp_path, lines, only=[STARTED, CHOSEN], beside=inventory(tmp_path, family, version)) == []


def test_what_was_told_once_is_not_told_at_every_restart(tmp_path: Path) -> None:
    lines = [restart("15.2(4)M6", day=1), restart("15.2(4)M6", day=20)]
    found = scanned(tmp_path, lines, only=[STARTED], beside=inventory(tmp_path, "ios", "15.7(3)M8"))
    assert [each.first_time.day for each in found] == [1]


def test_text_of_a_message_is_no_inventory(tmp_path: Path) -> None:
    line = restart("15.2(4)M6") + " inventory_version=15.7(3)M8"
    assert scanned(tmp_path, [line], only=[STARTED, CHOSEN]) == []
    assert scanned(tmp_path, [line], only=[STARTED, CHOSEN], beside=inventory(tmp_path, "ios", "15.2(4)M6")) == []
