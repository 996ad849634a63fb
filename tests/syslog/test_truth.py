"""At least twenty records of each operating system with everything true of their headers, written down by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, parse
from bootwatch.vendors import recognise

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
FOLDER = Path(__file__).parent / "truth"
NAMES = frozenset(("raw", "time", "host", "relay", "pri", "tag", "sequence", "reliable", "st", "os"))
SOURCETYPES = {"ios": "cisco:ios", "nxos": "cisco:ios", "iosxr": "cisco:xr", "asa": "cisco:asa", "ftd": "cisco:ftd",
               "junos": "juniper:junos:syslog", "eos": "arista:eos"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    raw: str
    expect: dict[str, str | None]


def records(os: str) -> list[Record]:
    found = []
    for entry in yaml.load((FOLDER / f"{os}.yaml").read_text("utf-8"), yaml.BaseLoader):
        assert set(entry) <= NAMES, entry
        given = {name: None if value in ("null", "") else value for name, value in entry.items()}
        expect = {name: given.get(name) for name in ("time", "host", "relay", "pri", "tag", "sequence")}
        expect["reliable"] = given.get("reliable", "true")
        expect["os"] = given.get("os", os)
        expect["st"] = given.get("st") or (SOURCETYPES[os] if expect["os"] else "syslog")
        found.append(Record(entry["raw"], expect))
    return found


SYSTEMS = sorted(file.stem for file in FOLDER.glob("*.yaml"))
RECORDS = {os: records(os) for os in SYSTEMS}


def said(raw: str) -> dict[str, str | None]:
    array = pa.array([raw])
    columns = {name: column[0].as_py() for name, column in parse(Heads.of(array), FIELDS, CLOCK).items()}
    who = recognise(array)
    seconds = columns["_time"]
    time = None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")
    pri, tag = columns["syslog_facility"], columns["mnemonic"]
    return {
        "time": time,
        "host": columns["host"],
        "relay": columns["relay"],
        "pri": pri and f"{pri}.{columns['syslog_severity']}",
        "tag": tag and f"{columns['facility']}-{columns['severity_id']}-{tag}",
        "sequence": columns["sequence"],
        "reliable": columns["reliable_time"],
        "os": who.os_family[0].as_py(),
        "st": who.sourcetype[0].as_py(),
    }


@pytest.mark.parametrize(
    "record", [pytest.param(record, id=f"{os} {at}") for os in SYSTEMS for at, record in enumerate(RECORDS[os], 1)]
)
def test_record(record: Record) -> None:
    expect = dict(record.expect)
    if expect["time"] is not None:
        expect["time"] = datetime.fromisoformat(expect["time"]).isoformat()
    assert said(record.raw) == expect


@pytest.mark.parametrize("os", SYSTEMS)
def test_every_system_has_twenty(os: str) -> None:
    assert len({record.raw for record in RECORDS[os]}) >= 20
