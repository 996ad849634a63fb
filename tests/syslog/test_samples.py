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


def test_sourcetypes_and_hosts_of_sc4s(shared_dir: Path, record_property: Any) -> None:
    wrong, counted = [], 0
    for pattern in ("cisco_ios", "cisco_asa", "juniper_junos_rfc3164", "juniper_junos_rfc5424", "palo_alto"):
        for record in records(shared_dir / "samples", f"sc4s/test_{pattern}.jsonl"):
            counted += 1
            raw, truth = pa.array([record["raw"]]), record["expected"]["sourcetype"]
            found = recognise(raw).sourcetype[0].as_py()
            expected = {SOURCETYPES.get(truth, truth)}
            if "/CPU0:" in record["raw"]:
                expected = {"cisco:xr"}  # filed under cisco:ios in one of two places
            host = parse(Heads.of(raw), frozenset(("host",)), Clock(datetime(2024, 3, 5, tzinfo=UTC)))["host"][
                0
            ].as_py()
            named = f"{host}".startswith("sc4shost-01") if _names_a_host(record) else True
            if found not in expected or not named:
                wrong.append((record["raw"][:110], truth, found, host))
    record_property("right", f"{counted - len(wrong)} of {counted}")
    assert not wrong


def _names_a_host(record: dict[str, Any]) -> bool:
    """Whether the rendered host stands in the header; some samples have it in the text alone."""
    head = record["raw"].split("%")[0][:80]
    return "sc4shost-01" in head and ",SYSTEM," not in head
