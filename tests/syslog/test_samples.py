"""Public samples, where they are at hand: the share of records read right, and each wrong truth by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import FACILITIES, FIELDS, SEVERITIES, parse
from bootwatch.vendors import recognise

FAMILIES = {"ios": "ios", "iosxr": "iosxr", "nxos": "nxos"}
SOURCETYPES = {
    # The page's name for what the relay files under several.
    "juniper:junos:snmp": "juniper:junos:syslog",
    "juniper:junos:firewall": "juniper:junos:syslog",
    "juniper:junos:idp": "juniper:junos:syslog",
    "juniper:legacy": "juniper:junos:syslog",
    "juniper:structured": "juniper:junos:syslog",
    "juniper:junos:idp:structured": "juniper:junos:syslog",
    "juniper:junos:firewall:structured": "juniper:junos:syslog",
    "juniper:junos:aamw:structured": "juniper:junos:syslog",
    "juniper:junos:secintel:structured": "juniper:junos:syslog",
}


def records(folder: Path, pattern: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for file in sorted(folder.glob(pattern)) for line in file.read_text("utf-8").splitlines()]
    if not found:
        pytest.skip(f"no samples at {pattern}")
    return found


def test_headers_of_napalm_logs(shared_dir: Path, record_property: Any) -> None:
    wrong = []
    samples = records(shared_dir / "samples", "napalm_logs/*.jsonl")
    for record in samples:
        expected, detail = record["expected"], record["expected"]["message_details"]
        # The truth has a year of its own for stamps without one, and never applies the zone it read.
        arrived = datetime.fromtimestamp(expected["timestamp"], UTC)
        raw = pa.array([record["raw"]])
        columns = {k: v[0].as_py() for k, v in parse(Heads.of(raw), FIELDS, Clock(arrived)).items()}
        time = datetime.fromtimestamp(columns["_time"], UTC)
        clock = time if detail.get("timeZone") in (None, "UTC") else None
        facility, severity, mnemonic = columns["facility"], columns["severity_id"], columns["mnemonic"]
        problems = [
            name
            for name, right in (
                ("host", columns["host"] == expected["host"]),
                ("facility", columns["syslog_facility"] == FACILITIES[expected["facility"]]),
                ("severity", columns["syslog_severity"] == SEVERITIES[expected["severity"]]),
                ("mnemonic", f"{facility}-{severity}-{mnemonic}" == detail["tag"]),
                ("message", columns["message_text"].endswith(detail["message"])),
                ("time", clock is None or clock.strftime("%H:%M:%S") == detail["time"]),
                (
                    "day",
                    clock is None
                    or clock.strftime("%b %d").split() == [w.zfill(2) for w in detail["date"].split()[-2:]],
                ),
                ("vendor", recognise(raw).os_family[0].as_py() == FAMILIES[expected["os"]]),
            )
            if not right
        ]
        if problems:
            wrong.append((record["raw"][:80], problems))
    record_property("right", f"{len(samples) - len(wrong)} of {len(samples)}")
    assert not wrong


ANOTHER = {
    "cisco:viptela": "an SD-WAN controller, which no profile here is for",
    "netscreen:firewall": "ScreenOS, which is not Junos",
    "cisco:firepower:syslog": "a sensor's connection log without a message id",
    "sc4s:events": "what the relay itself could not name",
}
"""Sourcetypes that are none of the nine systems: the message stays ``syslog``, of no system."""

WRONG_HOSTS = {
    ("test_cisco_ise", 1): "the device the record is about, ICPAV2-SW15; the truth names the server that wrote it",
    ("test_cisco_ise", 9): "the device the record is about, nc-aaa-aaa1; the truth names the server",
    ("test_cisco_ise", 10): "the device the alarm is about, 10.29.29.27; the truth names the server",
}
NO_HOSTS = {("test_juniper_legacy", 2): "without a stamp, the word before the colon may as well be a program's name"}
WRONG_SOURCETYPES = {"/CPU0:": ("cisco:xr", "IOS-XR, filed under cisco:ios in one of two places")}


def test_sourcetypes_and_hosts_of_sc4s(shared_dir: Path, record_property: Any) -> None:
    wrong, counted = [], 0
    for file in sorted((shared_dir / "samples" / "sc4s").glob("*.jsonl")):
        for record in records(file.parent, file.name):
            counted += 1
            raw, truth = pa.array([record["raw"]]), record["expected"]["sourcetype"]
            who = recognise(raw)
            expected = "syslog" if truth in ANOTHER else SOURCETYPES.get(truth, truth)
            for mark, (right, _) in WRONG_SOURCETYPES.items():
                expected = right if mark in record["raw"] else expected
            columns = parse(Heads.of(raw), frozenset(("host", "relay")), Clock(datetime(2024, 3, 5, tzinfo=UTC)))
            host, relay = columns["host"][0].as_py(), columns["relay"][0].as_py()
            if (file.stem, record["n"]) in WRONG_HOSTS:
                host = relay
            silent = (file.stem, record["n"]) in NO_HOSTS
            named = silent or not _names_a_host(record) or f"{host}".startswith("sc4shost-01")
            known = (who.os_family[0].as_py() is None) == (truth in ANOTHER)
            if who.sourcetype[0].as_py() != expected or not named or not known:
                wrong.append((record["raw"][:110], truth, who.sourcetype[0].as_py(), host))
    record_property("right", f"{counted - len(wrong)} of {counted}")
    assert not wrong


def _names_a_host(record: dict[str, Any]) -> bool:
    """Whether the rendered host stands in the header; some samples have it in the text alone."""
    raw = record["raw"]
    head = raw[:200] if "devname=" in raw else raw.split("%")[0][:80]
    return "sc4shost-01" in head and ",SYSTEM," not in head
