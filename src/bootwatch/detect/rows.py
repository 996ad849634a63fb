"""What a detection's search returned, read once: rows of plain values become hits with a time, a host and a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bootwatch.detect.findings import FieldValue
from bootwatch.detections.detection import Detection, Subject
from bootwatch.errors import ContentError
from bootwatch.events.fields import HOST, RAW, TIME

Row = Mapping[str, object]
EventKey = tuple[str, float, str]
"""``host``, ``_time`` and ``_raw`` of an event, as a row holds them."""

UNKNOWN_HOST: Final = "unknown"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event was read: what a search's ``table`` drops. Every part may be unknown."""

    source: str | None = None
    line: int | None = None
    sourcetype: str | None = None
    os_family: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One row: ``time_us`` microseconds since the epoch, ``fields`` the rest of the row without what is null."""

    host: str
    time_us: int
    raw: str
    fields: Mapping[str, FieldValue]
    origin: Origin

    @property
    def time(self) -> datetime:
        """The event's time, aware UTC."""
        return _EPOCH + timedelta(microseconds=self.time_us)

    def number(self, field: str) -> float:
        """A field as a number; 0 where it is absent or not a number."""
        value = self.fields.get(field, 0)
        if isinstance(value, tuple):
            return 0
        try:
            number = float(value)
        except ValueError:
            return 0
        return number if math.isfinite(number) else 0

    def names(self, subject: Subject) -> tuple[str, ...]:
        """What the event says of a subject: its first present field, else the first pattern that matches ``_raw``."""
        for field in subject.fields:
            value = self.fields.get(field)
            if value is not None and value != "":
                return tuple(str(v) for v in value) if isinstance(value, tuple) else (str(value),)
        for pattern in subject.patterns:
            if found := pattern.captures(self.raw):
                return found
        return ()


def read(detection: Detection, rows: Iterable[Row], origins: Mapping[EventKey, Origin]) -> Iterator[Hit]:
    """The rows as hits, in the order given; the same event twice (host, time and text) is one hit.

    A null host is ``unknown``. Raises ContentError where the search drops ``_time``, ``host`` or ``_raw``, or gives
    ``_time`` as something else than a time: that is a mistake in the detection.
    """
    seen: set[tuple[str, int, str]] = set()
    for row in rows:
        for name in (TIME, HOST, RAW):
            if name not in row:
                raise _mistake(detection, f"the search drops {name}; keep {TIME}, {HOST} and {RAW} in its table")
        time, raw = row[TIME], row[RAW]
        if isinstance(time, bool) or not isinstance(time, (int, float)) or not math.isfinite(time):
            raise _mistake(detection, f"the search gives {TIME} as {time!r}; it should be epoch seconds")
        host, text = str(row[HOST] or UNKNOWN_HOST), "" if raw is None else str(raw)
        time_us = round(time * 1_000_000)
        if (host, time_us, text) in seen:
            continue
        seen.add((host, time_us, text))
        fields = {
            name: value
            for name, given in row.items()
            if name not in (TIME, HOST, RAW) and (value := _value(given)) is not None
        }
        yield Hit(host, time_us, text, fields, origins.get((host, float(time), text), Origin()))


def _mistake(detection: Detection, message: str) -> ContentError:
    return ContentError(message, path=f"{detection.path}/search.spl")


def _value(given: object) -> FieldValue | None:
    if given is None or isinstance(given, (str, int, float)):
        return given
    if isinstance(given, (list, tuple)):
        return tuple(item if isinstance(item, (str, int, float)) else str(item) for item in given if item is not None)
    return str(given)
