"""Reading profiles, their aliases, and what is not any vendor's."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bootwatch.errors import ContentError
from bootwatch.vendors import aliases, profiles, recognise
from bootwatch.vendors.profile import load

GOOD = "os_family: x\nvendor_product: X\nrank: 1\nrecognise:\n  - {pattern: a, sourcetype: b}\n"


def test_aliases_stand_for_what_bootwatch_assigns() -> None:
    assigned = {rule.sourcetype for profile in profiles() for rule in profile.rules}
    found = aliases()
    assert found["cisco_syslog"] == {"cisco:ios"}
    assert {"pan:system", "pan:config", "pan:traffic", "pan:threat", "pan:audit"} <= found["pan:log"]
    assert set().union(*found.values()) <= assigned
    assert all(alias == alias.lower() and alias not in assigned for alias in found)


def test_each_message_is_recognised_by_itself() -> None:
    lines = [
        "<166>%ASA-6-302013: Built",
        None,
        "<189>45: r1: *Mar  1 18:48:50.483 UTC: %SYS-5-CONFIG_I: Configured",
        "",
        "Jan 14 02:37:27 web1 sshd[12]: Accepted publickey for root from 192.0.2.1 port 22 ssh2",
        '{"_raw": "x"}',
        "PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:copy tftp://192.0.2.1/x.bin flash:x.bin",
        "50% of %d rows, 100%-5-FULL",
    ]
    found = recognise(pa.array(lines))
    assert found.sourcetype.to_pylist() == ["cisco:asa", "syslog", "cisco:ios"] + ["syslog"] * 5
    assert found.os_family.to_pylist() == ["asa", None, "ios"] + [None] * 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD + "colour: red\n",
            "unknown key 'colour' in the profile; accepted are aliases, os_family, rank, recognise",
        ),
        (GOOD.replace("rank: 1", "rank: one"), "'rank' of the profile must be a whole number, not 'one'"),
        (GOOD.replace("pattern: a", "pattern: '(?<=a)b'"), "pattern '(?<=a)b' is not RE2"),
        (GOOD + "aliases: {y: z}\n", "'y' of 'aliases' must be a list that is not empty, not 'z'"),
        (GOOD.replace("{pattern: a, sourcetype: b}", "a"), "an entry of 'recognise' is not a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_profile_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ContentError) as caught:
        load("x", text, "x/profile.yaml")
    assert caught.value.message.startswith(message)
    assert caught.value.path == "x/profile.yaml"
