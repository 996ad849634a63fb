"""What one device is called by several sources is one host, with or without an inventory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.detect.stories import BOOT, CHAIN, COPY, local, scanned

from bootwatch import app


def test_case_tells_no_two_devices_apart(tmp_path: Path) -> None:
    spelt = [local(0, COPY, host="EDGE-R1"), local(5, BOOT, host="edge-r1"), local(9, "reload", host="Edge-R1")]
    (found,) = scanned(tmp_path, spelt)
    assert (found.host, found.detection, found.score) == ("edge-r1", CHAIN, 90)


FULL = "core1.example.net"


def spread(*hosts: str) -> list[str]:
    """The three steps of a chain, each told under another name."""
    return [
        local(minute, step, host=host)
        for (minute, step), host in zip(((0, COPY), (5, BOOT), (9, "reload")), hosts, strict=True)
    ]


def test_a_name_with_its_domain_is_the_name_without(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, spread("core1", "CORE1.example.net", FULL))
    assert (found.host, found.detection, found.score) == (FULL, CHAIN, 90)
    whole = scanned(tmp_path, spread("core1", "core1", "core1"), name="whole.log")
    assert [each.score for each in whole] == [90]


def test_one_domain_alone_keeps_its_name(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, spread(FULL, FULL.upper(), FULL))
    assert (found.host, found.score) == (FULL, 90)


def test_two_domains_are_two_devices(tmp_path: Path) -> None:
    other = "core1.example.org"
    found = scanned(tmp_path, spread(FULL, other, other))
    assert {each.host for each in found} == {FULL, other}
    assert CHAIN not in {each.detection for each in found}
    found = scanned(tmp_path, [*spread("core1", "core1", "core1"), *spread(FULL, other, other)], name="third.log")
    assert {each.host: each.score for each in found if each.detection == CHAIN} == {"core1": 90}


def sent(address: str, minutes: float, command: str, host: str) -> str:
    """An act as a relay passes it on that names the device's address."""
    said = local(minutes, command, host=host).split(": ", 1)[1]
    return f"<190>4711: Nov 19 07:16:05 {address} {said}"


def test_an_address_seen_with_both_names_decides_between_domains(tmp_path: Path) -> None:
    lines = [
        sent("192.0.2.1", 0, COPY, "core1"),
        sent("192.0.2.1", 5, BOOT, FULL),
        local(9, "reload", host="core1"),
        local(3, "show version", host="core1.example.org"),
        local(4, COPY, host="core1.example.org"),
    ]
    found = scanned(tmp_path, lines)
    assert {each.host: each.score for each in found} == {FULL: 90, "core1.example.org": 35}


@pytest.mark.parametrize(
    "forged", [["core1.evil.example"], ["core1.evil.example", "core1.evil2.example"], ["CORE1"], ["1.core1"]]
)
def test_a_forged_name_hides_no_story(forged: list[str], tmp_path: Path) -> None:
    lies = [local(6 + at, "reload cancel", host=host) for at, host in enumerate(forged)]
    lies += [local(2, "copy flash:a.bin tftp://198.51.100.1/a.bin", host=host) for host in forged]
    found = scanned(tmp_path, [*spread("core1", "core1", "core1"), *lies])
    assert [(each.host, each.score) for each in found if each.detection == CHAIN] == [("core1", 90)]


def test_a_forged_name_draws_no_change_onto_a_device(tmp_path: Path) -> None:
    """What is approved for another domain is so for that one, whoever says the name without one."""
    changes = tmp_path / "changes.json"
    image = re.search(r"[\w.-]+\.bin", COPY)
    assert image is not None
    window = {"start": "2025-11-18T00:00:00Z", "end": "2025-11-21T00:00:00Z"}
    changes.write_text(json.dumps([{"id": "C1", **window, "hosts": ["core1.example.org"], "image": image[0]}]))
    lines = [*spread(FULL, FULL, FULL), local(2, "delete flash:old.bin", host="core1")]
    (found,) = scanned(tmp_path, lines, beside=app.Beside(changes=(str(changes),)))
    assert (found.host, found.score, found.status.value) == (FULL, 90, "open")


def test_names_with_addresses_of_their_own_are_two_devices(tmp_path: Path) -> None:
    lines = [
        sent("192.0.2.1", 0, COPY, "core1"),
        sent("192.0.2.2", 5, BOOT, FULL),
        sent("192.0.2.2", 9, "reload", FULL),
    ]
    assert CHAIN not in {each.detection for each in scanned(tmp_path, lines)}


@pytest.mark.parametrize("host", ["10.1.2.3", "192.0.2.1", "2001:db8::1"])
def test_an_address_is_no_name_with_a_domain(host: str, tmp_path: Path) -> None:
    found = scanned(tmp_path, [local(0, COPY, host=re.split("[.:]", host)[0]), local(5, COPY, host=host)])
    assert len(found) == 2


def test_what_the_inventory_knows_is_left_to_it(tmp_path: Path) -> None:
    def inventory(*devices: tuple[str, str]) -> app.Beside:
        file = tmp_path / "inventory.json"
        rows = [{"host": host, "ip": ip, "vendor_os": "ios"} for host, ip in devices]
        file.write_text(json.dumps(rows), encoding="utf-8")
        return app.Beside(inventory=(str(file),))

    lines = spread("core1", FULL, "core1")
    (found,) = scanned(tmp_path, lines, beside=inventory((FULL, "192.0.2.1")))
    assert (found.host, found.score) == (FULL, 90)
    two = inventory((FULL, "192.0.2.1"), ("core1.example.org", "192.0.2.2"))
    assert {each.host for each in scanned(tmp_path, lines, beside=two)} == {"core1", FULL}
