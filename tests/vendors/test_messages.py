"""Every profile's messages, read and recognised as its cases say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

import pyarrow as pa
import pytest
import yaml

from bootwatch.events.clock import Clock
from bootwatch.events.fields import VENDOR_FIELDS
from bootwatch.ingest.headers import Reader
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, parse
from bootwatch.vendors import profiles, recognise

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    raw: str
    expect: dict[str, str]


def cases_of(profile: str) -> list[Case]:
    text = resources.files("bootwatch.vendors").joinpath(profile, "messages.cases.yaml").read_text("utf-8")
    found = []
    for entry in yaml.safe_load(text):
        assert set(entry) == {"name", "source", "raw", "expect"}
        found.append(Case(entry["name"], entry["raw"], entry["expect"]))
    return found


CASES = {profile.name: cases_of(profile.name) for profile in profiles()}


def said(raw: str) -> dict[str, str]:
    """Everything a message says, the time as ISO 8601; what it does not say is left out."""
    array = pa.array([raw])
    columns = dict(parse(Heads.of(array), FIELDS - {"dvc"}, CLOCK))
    columns |= Reader(CLOCK).read(array, frozenset(VENDOR_FIELDS))
    seconds = columns.pop("_time")[0].as_py()
    who = recognise(array)
    columns |= {"sourcetype": who.sourcetype, "os_family": who.os_family, "vendor_product": who.vendor_product}
    found = {name: column[0].as_py() for name, column in columns.items() if column[0].is_valid}
    if seconds is not None:
        found["time"] = datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    return found


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}: {case.name}") for name, cases in CASES.items() for case in cases]
)
def test_message(case: Case) -> None:
    assert said(case.raw) == case.expect


def test_every_profile_has_twenty_cases_of_its_own() -> None:
    for profile in profiles():
        assert len(CASES[profile.name]) >= 20
        assert {case.expect["os_family"] for case in CASES[profile.name]} == {profile.os_family}


def test_the_device_is_its_host() -> None:
    raw = pa.array([case.raw for cases in CASES.values() for case in cases])
    columns = parse(Heads.of(raw), frozenset(("host", "dvc")), CLOCK)
    assert columns["dvc"] == columns["host"]
