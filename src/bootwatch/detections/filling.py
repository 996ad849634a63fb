"""Searches with places to fill in: ``$host$``, ``$users$`` and the like become what a finding says, quoted.

A name comes from a log and may hold anything; it stands between quotes and cannot become another part of the search.
A place stands for one text (``host=$host$``) or for several, separated by commas (``user IN ($users$)``); a time is
epoch seconds and may be moved (``earliest=$first_time-24h$``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PLACES: Final = ("host", "users", "sources", "images", "first_time", "last_time")
ACCEPTED: Final = ", ".join(f"${name}$" for name in PLACES) + " and times that are moved, such as $first_time-24h$"

_PLACE: Final = re.compile(r"\$([a-z_]+)((?:[+-][0-9]+[a-z]+)?)\$")
_MOVED: Final = re.compile(r"([+-])([1-9][0-9]{0,4})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a finding says of its story. Times are aware."""

    host: str
    users: tuple[str, ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]
    first_time: datetime
    last_time: datetime


EXAMPLE: Final = Facts(
    host="rtr-1",
    users=("netadm",),
    sources=("192.0.2.9",),
    images=("image.bin",),
    first_time=datetime.fromisoformat("2026-03-10T12:00:00+00:00"),
    last_time=datetime.fromisoformat("2026-03-10T13:00:00+00:00"),
)
"""A story to try a search on: it has every name there is a place for."""


def wrong_places(text: str) -> Iterator[str]:
    """Every place of a search that nothing fills in, as written."""
    for found in _PLACE.finditer(text):
        moved = found[2]
        is_time = found[1].endswith("_time")
        if found[1] not in PLACES or (moved and not (is_time and _MOVED.fullmatch(moved))):
            yield found[0]


def missing(text: str, facts: Facts) -> tuple[str, ...]:
    """The names a search asks for and the story does not have, in the order of the search."""
    asked = dict.fromkeys(found[1] for found in _PLACE.finditer(text))
    return tuple(name for name in asked if not name.endswith("_time") and not getattr(facts, name))


def fill(text: str, facts: Facts) -> str | None:
    """The search with every place filled in, in one pass; None where the story does not have a name it asks for."""
    return None if missing(text, facts) else _PLACE.sub(lambda found: _value(found, facts), text)


def quoted(text: str) -> str:
    """A text as SPL writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(found: re.Match[str], facts: Facts) -> str:
    name = found[1]
    if name.endswith("_time"):
        moment: datetime = getattr(facts, name)
        if moved := _MOVED.fullmatch(found[2]):
            by = timedelta(**{_UNITS[moved[3]]: int(moved[2])})
            moment = moment + by if moved[1] == "+" else moment - by
        return f"{moment.timestamp():.6f}".rstrip("0").rstrip(".")
    value: str | tuple[str, ...] = getattr(facts, name)
    return quoted(value) if isinstance(value, str) else ", ".join(quoted(item) for item in value)
