"""Vendor fields in searches: the same over files and over the store, in their place among other fields."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
import yaml

from bootwatch import app
from bootwatch.app import Scope
from bootwatch.events.clock import Clock
from bootwatch.events.fields import READ_FIELDS
from bootwatch.events.source import EventSource, ScanRequest
from bootwatch.search.rows import Row
from bootwatch.vendors import profiles

SCOPE = Scope(clock=Clock(datetime(2026, 1, 15, 12, tzinfo=UTC)))
COPY = (
    "<190>r1: Jan 14 18:31:13.311: %AAAA-6-ACCTLOCAL: Username: netadm Privilege level: 15 Command: cop tftp: fla: <cr>"
)
LOGIN = "<189>r1: Jan 14 10:16:05.100: %SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: netadm] [Source: 192.0.2.7]"
PAIRS = "Jan 14 18:32:00 web1 app[7]: login user=eve action=login object=door"


def lines() -> list[str]:
    found = []
    for profile in profiles():
        text = resources.files("bootwatch.vendors").joinpath(profile.name, "messages.cases.yaml").read_text("utf-8")
        found += [entry["raw"] for entry in yaml.safe_load(text) if "\n" not in entry["raw"]]
    return found


def rows(spl: str, source: EventSource) -> list[Row]:
    return list(app.search(spl, source, SCOPE).rows())


def log(tmp_path: Path, *texts: str) -> Path:
    path = tmp_path / "a.log"
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
    return path


def test_files_and_the_store_say_the_same(tmp_path: Path) -> None:
    path = log(tmp_path, *lines())
    scope = replace(SCOPE, home=tmp_path / "home")
    app.ingest(app.files([path], scope), scope)
    spl = f"* | fields - _time | table _raw {' '.join(sorted(READ_FIELDS))} | sort 0 _raw"
    over_files = rows(spl, app.files([path], scope))
    over_store = rows(spl, app.store(scope))
    assert len(over_files) >= 260
    assert over_store == over_files
    assert {name for row in over_files for name in row} == {"_raw", *READ_FIELDS}


@pytest.mark.parametrize(
    ("spl", "expected"),
    [
        ('command="copy *" | table command user', [{"command": "copy tftp: flash:", "user": "netadm"}]),
        ("user=netadm | stats count", [{"count": 2}]),
        ("user=eve | table user action object", [{"user": "eve", "action": "login", "object": "door"}]),
        ("action=success | table src_ip", [{"src_ip": "192.0.2.7"}]),
        ("indicator=* | table indicator", [{"indicator": "IOS-A1"}]),
        ("indicator_class=A | stats count by indicator", [{"indicator": "IOS-A1", "count": 1}]),
        ('NOT command=* | rex "user=(?<command>.)" | table command', [{"command": "e"}, {}]),
        ('cop | rex "Username: (?<user>...)" | table user', [{"user": "net"}]),
        ('cop | eval user=coalesce(user, "?")."!" | table user', [{"user": "netadm!"}]),
        ("nothing=* command=* | table command", []),
        ("indicator=none | table indicator", []),
    ],
)
def test_a_search_names_them_like_any_field(spl: str, expected: list[Row], tmp_path: Path) -> None:
    path = log(tmp_path, COPY, LOGIN, PAIRS)
    assert rows(spl, app.files([path], SCOPE)) == expected


def test_what_an_input_says_itself_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    events = [{"_raw": COPY, "user": "theirs", "indicator": "own"}, {"_raw": COPY, "user": None}, {"_raw": LOGIN}]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    found = rows("* | table user command indicator | sort - user", app.files([path], SCOPE))
    assert found == [
        {"user": "theirs", "command": "copy tftp: flash:", "indicator": "own"},
        {"user": "netadm", "command": "copy tftp: flash:"},
        {"user": "netadm"},
    ]


def test_the_store_keeps_what_an_input_says_and_nothing_read_in_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"_raw": COPY, "user": "theirs"}) + "\n" + json.dumps({"_raw": LOGIN}) + "\n")
    (events,) = list(app.files([path], SCOPE).batches(ScanRequest(("user",), own_only=True)))
    assert events.column("user").to_pylist() == ["theirs", None]
    scope = replace(SCOPE, home=tmp_path / "home")
    app.ingest(app.files([path], scope), scope)
    assert rows("* | table user | sort user", app.store(scope)) == [{"user": "netadm"}, {"user": "theirs"}]


def test_events_show_what_was_read_in_them(tmp_path: Path) -> None:
    (row,) = rows("cop", app.files([log(tmp_path, COPY, LOGIN)], SCOPE))
    assert (row["command"], row["user"], row["object_path"]) == ("copy tftp: flash:", "netadm", "flash:")
