"""What a sink is: it is handed one message and takes it, asks for another try, or will never take it.

Sinks are read from a YAML file, a list under ``sinks``: ``name``, ``kind``, what the kind needs, and optionally
``min_severity`` and ``events``. A secret may be written as ``env:NAME``, to be taken from the environment.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from bootwatch.detect import sinks
from bootwatch.detect.alertstore import Message
from bootwatch.detections.severity import Severity
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

_NOT_KINDS: Final = frozenset({"sink", "http", "words"})


class Event(StrEnum):
    """What happened to an alert."""

    CREATED = "created"
    EXTENDED = "extended"
    REOPENED = "reopened"
    CLOSED = "closed"
    STAGE = "stage"
    ASSIGNED = "assigned"
    COMMENT = "comment"


class Retry(Exception):
    """Not now: the message is tried again, after ``after_s`` seconds where the receiver says so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Rejected(Exception):
    """Never: the receiver will not take this message whenever it comes."""


class Sink(Protocol):
    """Hands a message on. Raises Retry or Rejected; returning means that it was taken."""

    def send(self, message: Message, alert: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Outlet:
    """A configured sink: what it is told, and what not."""

    name: str
    sink: Sink
    least: Severity
    events: frozenset[Event]

    def wants(self, message: Message, alert: dict[str, Any]) -> bool:
        severity = Severity(str(alert["finding"]["severity"]))
        return message.event in self.events and severity.rank >= self.least.rank

    def send(self, message: Message) -> None:
        """Hand a message on, or pass it over where nobody wants it here. Raises Retry, Rejected."""
        alert = json.loads(message.payload)
        if self.wants(message, alert):
            self.sink.send(message, alert)


def read(path: Path) -> dict[str, Outlet]:
    """The sinks of a file, by name. Raises ContentError with the line and what would be accepted."""
    entry = Entry.read(path)
    found: dict[str, Outlet] = {}
    for item in entry.entries("sinks"):
        name, kind = item.text("name"), item.text("kind")
        if name in found:
            raise item.error("name", f"sink '{name}' stands twice")
        if kind not in kinds():
            raise item.error("kind", f"no kind '{kind}'; accepted: {', '.join(kinds())}")
        least = item.choice("min_severity", Severity) if item.has("min_severity") else Severity.MEDIUM
        events = item.choices("events", Event) if item.has("events") else (Event.CREATED, Event.REOPENED)
        made: Sink = importlib.import_module(f"{sinks.__name__}.{kind}").read(item)
        item.done()
        found[name] = Outlet(name, made, least, frozenset(events))
    entry.done()
    return found


@cache
def kinds() -> tuple[str, ...]:
    """The kinds there are: the files of this folder."""
    return tuple(sorted(one.name for one in pkgutil.iter_modules(sinks.__path__) if one.name not in _NOT_KINDS))


def secret(item: Entry, key: str) -> str:
    """A secret, or what the environment holds under the name behind ``env:``. Raises ContentError."""
    value = item.text(key)
    if not value.startswith("env:"):
        return value
    found = os.environ.get(value[4:])
    if not found:
        raise item.error(key, f"'{key}' names the environment variable {value[4:]}, which is not set")
    return found


def address(item: Entry, key: str, schemes: Iterable[str] = ("https", "http")) -> str:
    """An address of one of these schemes. Raises ContentError."""
    value = secret(item, key)
    if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise item.error(key, f"'{key}' should begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return value


def error_of(exc: OSError) -> str:
    """What went wrong on the way, in a few words."""
    inner = getattr(exc, "reason", exc)  # urllib wraps what the socket said
    return str(getattr(inner, "strerror", None) or inner) or type(exc).__name__


__all__ = [
    "ContentError",
    "Event",
    "Outlet",
    "Rejected",
    "Retry",
    "Sink",
    "address",
    "error_of",
    "kinds",
    "read",
    "secret",
]
