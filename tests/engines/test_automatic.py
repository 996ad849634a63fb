"""Fields an event has without a command that takes them out: ``key=value``, and the paths of a JSON object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bootwatch
from bootwatch.algebra.kernels.automatic import fields_of

EVENTS = (
    json.dumps({"user": "ann", "n": 1.50, "ok": True, "none": None, "access": {"ip": "10.0.0.1"}, "empty": ""}),
    '{"list": [{"id": 1}, {"id": 2}, 3], "n": 1e5, "a.b": "dotted", "user": "bob"}',
    "user=\"carol m\" src='10.0.0.2' n=7 policy-id=x list=y",
    '{"user": "dave"',
)


def found(tmp_path: Path, spl: str) -> list[dict[str, object]]:
    log = tmp_path / "a.jsonl"
    log.write_text("".join(json.dumps({"_time": at, "_raw": raw}) + "\n" for at, raw in enumerate(EVENTS, 1)))
    return [dict(row) for row in bootwatch.search(spl, [log]).rows()]


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        ("access.ip=10.0.0.1 | table user access.ip ok", [{"user": "ann", "access.ip": "10.0.0.1", "ok": "true"}]),
        ("list{}.id=2 | table list{} list{}.id n", [{"list{}": "3", "list{}.id": ["1", "2"], "n": "1e5"}]),
        ("a.b=dotted | table user", [{"user": "bob"}]),
        ("n=1.5 | table n user", [{"n": "1.5", "user": "ann"}]),
        ("none=* OR empty=nothing | table user", []),
        ("user=carol* | table user src policy_id", [{"user": "carol m", "src": "10.0.0.2", "policy_id": "x"}]),
        ("* | stats count by user", [{"user": name, "count": 1} for name in ("ann", "bob", "carol m")]),
        ("* | where mvcount('list{}.id')=2 | stats values(list{}.id) AS ids", [{"ids": ["1", "2"]}]),
    ],
)  # fmt: skip
def test_fields_are_found_where_a_search_names_them(spl: str, rows: list[dict[str, object]], tmp_path: Path) -> None:
    assert found(tmp_path, spl) == rows


def test_an_events_view_shows_every_path(tmp_path: Path) -> None:
    (row,) = found(tmp_path, "bob")
    assert {name for name in row if name[0] != "_"} >= {"list{}", "list{}.id", "n", "a.b", "user"}


def test_what_is_no_object_has_no_paths() -> None:
    deep = '{"a":' * 3000 + "1" + "}" * 3000
    for text in ("", "{", "[1]", "1", '{"a":1}x', deep):
        assert fields_of(text) in ({}, {".".join("a" * 3000): ["1"]})
