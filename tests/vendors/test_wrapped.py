"""A command that runs on another unit, card or engine is read as a command of the device."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.detect.stories import local, scanned

from bootwatch.vendors.acts import act_of, normalise
from bootwatch.vendors.commands import tree
from bootwatch.vendors.indicators import catalogue

RUN = {  # what is typed, what is shown, and what it is on its system
    "failover exec mate copy tftp://192.0.2.9/a.bin disk0:": ("asa", "ASA-A1"),
    "failover exec standby boot system disk0:/a.bin": ("asa", "ASA-B1"),
    "failover exec active reload noconfirm": ("asa", "ASA-H1"),
    "cluster exec copy /noconfirm tftp://192.0.2.9/a.bin disk0:/a.bin": ("asa", "ASA-A1"),
    "cluster exec unit b no logging enable": ("asa", "ASA-G1"),
    "remote command all delete /force flash:a.bin": ("ios", "IOS-C1"),
    "remote command 2 copy tftp://192.0.2.9/a.bin flash:a.bin": ("ios", "IOS-A1"),
    "remote command module 3 test memory write 0x80008000": ("ios", "IOS-F1"),
    "execute-on slot 1 upgrade rom-monitor file flash:rom.srec": ("ios", "IOS-E1"),
    'slot 2 quoted "run bash sudo su"': ("nxos", "NX-F1"),
    "slot 2 reload": ("nxos", "NX-H1"),
    'request routing-engine execute routing-engine backup command "request system software add /var/tmp/a.tgz"': (
        "junos",
        "JUN-A2",
    ),
    "request system software add /var/tmp/a.tgz member 1": ("junos", "JUN-A2"),
    "request system reboot member 1": ("junos", "JUN-H1"),
    "sudo global execute restore image tftp image.out 192.0.2.9": ("fortios", "FGT-A1"),
    "sudo root execute restore image tftp image.out 192.0.2.9": ("fortios", "FGT-A1"),
    "failover exec active failover exec mate copy tftp://192.0.2.9/a.bin disk0:": ("asa", "ASA-A1"),
}


@pytest.mark.parametrize("typed", RUN)
def test_the_command_inside_counts(typed: str) -> None:
    family, indicator = RUN[typed]
    shown = normalise(typed, ())
    (found,) = catalogue().evaluate(pa.array([family]), pa.array([shown]), pa.nulls(1, pa.string())).ids.to_pylist()
    assert indicator in (found or ())
    assert act_of(shown) in typed


def test_the_command_inside_is_expanded() -> None:
    trees = (tree("cisco_asa"),)
    assert normalise("failover exec mate rel noc", trees) == "failover exec mate ; reload noconfirm"
    assert normalise("do remote command all del /fo fla:a.bin", (tree("cisco_ios"),)).endswith(
        "; delete /force flash:a.bin"
    )


@pytest.mark.parametrize(
    "typed",
    [
        "failover exec mate show version",
        "sudo cp a.bin /bootflash",
        "remote command switch show platform",
        "execute-on slot 1 show version",
        "failover exec mate",
        "failover exec mate ''",
        "failover active",
        "slot 2",
        "cluster execute-mode unit",
    ],
)
def test_what_only_shows_stays_as_typed(typed: str) -> None:
    assert normalise(typed, ()) == typed


@pytest.mark.parametrize("family", ["asa", "ios"])
def test_the_last_of_a_chain_alone_is_no_command_inside(family: str) -> None:
    text = pa.array(["description remote command all ; reload"])
    found = catalogue().evaluate(pa.array([family]), text, pa.nulls(1, pa.string())).ids.to_pylist()
    assert found == [None]


def test_acts_on_the_mate_are_a_story(tmp_path: Path) -> None:
    header = "<165>Nov 20 2025 08:5{0}:28 asa1 : %ASA-5-111010: User 'netadm', running 'CLI' from IP 198.51.100.7,"
    commands = ("copy tftp://192.0.2.9/a.bin disk0:/a.bin", "boot system disk0:/a.bin", "reload noconfirm")
    lines = [f"{header.format(at)} executed 'failover exec mate {each}'" for at, each in enumerate(commands)]
    (found,) = scanned(tmp_path, lines, only=("t1601-001-image-replaced-and-armed",))
    assert (found.score, found.images) == (90, ("a.bin",))
    first = found.evidence[0]
    assert [first.raw[start:end] for start, end in first.spans] == [commands[0]]


def test_a_card_that_is_only_looked_at_stays_low(tmp_path: Path) -> None:
    found = scanned(tmp_path, [local(0, "remote command switch show platform")], only=())
    assert [each.severity.value for each in found] == ["low"]


def test_a_module_that_is_only_looked_at_stays_low(tmp_path: Path) -> None:
    said = "update:192.0.2.80@pts/3:netadm:attach module 1 (SUCCESS)"
    line = f"<189>n9k1: 2025 Nov 19 08:55:28 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: {said}"
    assert [each.severity.value for each in scanned(tmp_path, [line], only=())] == ["low"]
