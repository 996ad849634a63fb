"""Names of a finding in a search: quoted, in one pass, and never another part of the search."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis.strategies import characters, lists, text

from bootwatch import app
from bootwatch.detections.filling import EXAMPLE, fill, missing, wrong_places

NAMES = text(characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("spl", "filled"),
    [
        ("host=$host$", 'host="rtr-1"'),
        ("user IN ($users$)", 'user IN ("netadm", "o\'brien")'),
        ("earliest=$first_time$ latest=$last_time+1h$", "earliest=1773144000 latest=1773151200"),
        ("where _time<$first_time-90s$", "where _time<1773143910"),
        ('rex "a$b" | where x="$5"', 'rex "a$b" | where x="$5"'),
    ],
)
def test_places_are_filled(spl: str, filled: str) -> None:
    assert fill(spl, replace(EXAMPLE, users=("netadm", "o'brien"))) == filled


def test_a_fraction_of_a_second_is_kept() -> None:
    facts = replace(EXAMPLE, first_time=datetime(2026, 3, 10, 12, 0, 0, 250_000, tzinfo=UTC))
    assert fill("$first_time$", facts) == "1773144000.25"


def test_a_name_is_filled_in_once() -> None:
    assert fill("host=$host$", replace(EXAMPLE, host="$users$")) == 'host="$users$"'


def test_what_the_story_does_not_have_is_said() -> None:
    facts = replace(EXAMPLE, users=(), images=())
    assert fill("user IN ($users$)", facts) is None
    assert missing("$images$ $users$ $host$ $users$ $first_time$", facts) == ("images", "users")


@pytest.mark.parametrize(
    ("spl", "wrong"),
    [
        ("host=$hosts$", ["$hosts$"]),
        ("$host+1h$", ["$host+1h$"]),
        ("$first_time-1w$ $last_time+0h$", ["$first_time-1w$", "$last_time+0h$"]),
        ("$host$ $users$ $sources$ $images$ $first_time$ $last_time-2d$", []),
    ],
)
def test_places_nobody_fills_are_found(spl: str, wrong: list[str]) -> None:
    assert list(wrong_places(spl)) == wrong


@settings(max_examples=60, deadline=None)
@given(host=NAMES, users=lists(NAMES, min_size=1, max_size=3))
def test_a_hostile_name_stays_a_name(host: str, users: list[str]) -> None:
    facts = replace(EXAMPLE, host=host, users=tuple(users))
    spl = fill("| makeresults | eval host=$host$, users=mvappend($users$) | table host users", facts)
    assert spl is not None
    (row,) = app.search(spl, None).rows()
    assert row.get("host", "") == host
    assert row.get("users") == (users[0] if len(users) == 1 else users)
