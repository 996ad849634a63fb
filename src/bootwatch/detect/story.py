"""What correlation works on: acts, matches of detections, and the story of one host that they make together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bootwatch.detect.findings import FieldValue
from bootwatch.detect.rows import Origin
from bootwatch.detections.detection import Detection

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Act:
    """One event that counts: it shows an indicator of the catalogue, or a detection names it.

    ``host`` is the name findings carry (the inventory's where there is one), ``weight`` the highest of ``indicators``
    (0 to 100), ``classes`` their letters A to H. ``fields`` are the event's own of contract and search, without what is
    null. ``repeats`` says that another source told the same act already.
    """

    host: str
    time_us: int
    raw: str
    indicators: tuple[str, ...]
    classes: tuple[str, ...]
    weight: int
    os_family: str | None
    fields: Mapping[str, FieldValue]
    origin: Origin
    repeats: bool = False

    @property
    def time(self) -> datetime:
        """The event's time, aware UTC."""
        return _EPOCH + timedelta(microseconds=self.time_us)

    def text(self, field: str) -> str | None:
        """A field as text, its first value where it has several; None where it is absent or blank."""
        value = self.fields.get(field)
        first = value[0] if isinstance(value, tuple) and value else value
        if first is None or isinstance(first, tuple):
            return None
        return str(first) or None


@dataclass(frozen=True, slots=True)
class Match:
    """One row of a detection's search: what it found between ``first_us`` and ``last_us`` on ``host``.

    ``acts`` are the events that belong to it, oldest first, the completing one last. ``points`` are 1 to 100.
    """

    detection: Detection
    host: str
    first_us: int
    last_us: int
    points: int
    why: str | None
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What belongs together on one host: matches, strongest first, and all acts of their time, oldest first."""

    host: str
    os_family: str | None
    matches: tuple[Match, ...]
    acts: tuple[Act, ...]
