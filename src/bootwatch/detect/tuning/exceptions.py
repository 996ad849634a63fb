"""Exceptions: what somebody decided not to be alerted to, who, why, under which ticket and until when.

YAML, a list under ``exceptions``. An exception applies to a story only where everything in the story is of its kind:
another account, source, image or act in it keeps the story open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from bootwatch.detect.tuning import places
from bootwatch.documents import tables
from bootwatch.documents.entry import Entry

_KINDS: Final = ("detection", "host", "user", "source", "image", "indicator")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Patterns by kind, in lower case; sources are addresses or networks as written. ``until`` is aware UTC."""

    owner: str
    reason: str
    ticket: str
    expires: date
    until: datetime
    match: tuple[tuple[str, tuple[str, ...]], ...]
    where: str

    @property
    def title(self) -> str:
        return f"exception {self.ticket} of {self.owner}, until {self.expires}: {self.reason}"

    def covers(self, kind: str, values: Iterable[str]) -> bool:
        """Whether the exception leaves this kind open, or every value (and there is one) is of it."""
        patterns = dict(self.match).get(kind)
        found = tuple(values)
        return patterns is None or (bool(found) and all(_fits(kind, value, patterns) for value in found))


def read(paths: Iterable[Path], zone: tzinfo) -> tuple[Exemption, ...]:
    """The exceptions of all files; they end with their last day in ``zone``. Raises ContentError."""
    found: list[Exemption] = []
    for path in paths:
        entry = Entry.parse(tables.text_of(path), str(path))
        found.extend(_exemption(item, zone) for item in entry.entries("exceptions", empty=True))
        entry.done()
    return tuple(found)


def _exemption(entry: Entry, zone: tzinfo) -> Exemption:
    owner, reason, ticket = (places.named(entry, key) for key in ("owner", "reason", "ticket"))
    expires = entry.date("expires")
    try:
        until = datetime.combine(expires + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError as exc:
        raise entry.error("expires", f"'expires' is {expires}; accepted: a day a person may live to see") from exc
    inside = entry.entry("match")
    match: list[tuple[str, tuple[str, ...]]] = []
    for kind in _KINDS:
        if not inside.has(kind):
            continue
        patterns = tuple(text.strip().lower() for text in inside.texts(kind, one=True))
        for pattern in patterns:
            if kind == "source" and places.network(pattern) is None:
                message = f"'source' is '{pattern}'; accepted: an address such as 192.0.2.7, or a network"
                raise inside.error(kind, message)
        match.append((kind, patterns))
    inside.done()
    if not match:
        raise entry.error("match", f"'match' names nothing; accepted: {', '.join(_KINDS)}")
    if all(not pattern.strip("*?") for _, patterns in match for pattern in patterns):
        raise entry.error("match", "'match' fits everything; name a detection, host, user, source, image or indicator")
    entry.done()
    return Exemption(owner, reason, ticket, expires, until, tuple(match), f"{entry.path}:{entry.line}")


def _fits(kind: str, value: str, patterns: tuple[str, ...]) -> bool:
    if kind != "source":
        return any(fnmatchcase(value.lower(), pattern) for pattern in patterns)
    address = places.address(value)
    networks = [found for pattern in patterns if (found := places.network(pattern)) is not None]
    return address is not None and places.within(address, networks)
