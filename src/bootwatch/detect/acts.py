"""Acts out of held events: rows of batches become values, only for the events that a story may need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.findings import FieldValue
from bootwatch.detect.rows import UNKNOWN_HOST, EventKey, Origin
from bootwatch.detect.story import Act
from bootwatch.events.fields import HOST, INDEXTIME, LINE, RAW, SOURCE, SOURCETYPE, TAG_FIELDS, TIME
from bootwatch.vendors.indicators import catalogue
from bootwatch.vendors.repeats import REPEAT_OF

_INDICATOR, _CLASS = TAG_FIELDS
_FAMILY: Final = "os_family"
_APART: Final = frozenset((TIME, HOST, RAW, SOURCE, SOURCETYPE, LINE, INDEXTIME, "index", *TAG_FIELDS))
"""What an act says in an attribute of its own, or not at all."""

SERVERS: Final = frozenset(("tacacs", "ise", "acs", "radius"))
"""Families of those that tell of devices; what a device runs is said by its indicators."""


@cache
def weights() -> Mapping[str, int]:
    """The weight of every indicator of the catalogue."""
    return {row.id: row.weight for row in catalogue().indicators}


@cache
def _families() -> Mapping[str, str]:
    return {row.id: group.families[0] for group in catalogue().groups for row in group.indicators}


def heaviest(batches: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """The weight of the heaviest act of each host that shows an indicator."""
    found: dict[str, int] = {}
    for batch in batches:
        rows = pa.array(np.flatnonzero(_logged(batch).to_numpy(zero_copy_only=False)))
        hosts, shown = batch.column(HOST).take(rows).to_pylist(), batch.column(_INDICATOR).take(rows).to_pylist()
        for host, ids in zip(hosts, shown, strict=True):
            name = host or UNKNOWN_HOST
            found[name] = max(found.get(name, 0), *(weights().get(each, 0) for each in ids))
    return found


def acts(batches: Iterable[pa.RecordBatch], hosts: frozenset[str]) -> Iterator[Act]:
    """The acts of some hosts that show an indicator, in the order of the batches."""
    wanted = pa.array(sorted(hosts), pa.string())
    for batch in batches:
        named = pc.fill_null(batch.column(HOST), UNKNOWN_HOST)
        yield from _of(batch.filter(pc.and_(_logged(batch), pc.is_in(named, value_set=wanted))))


def named(batches: Iterable[pa.RecordBatch], texts: Iterable[str]) -> dict[EventKey, Act]:
    """The events whose ``_raw`` is one of ``texts``, by host, time and text: those that rows of a search may mean."""
    wanted = pa.array(sorted(set(texts)), pa.string())
    found: dict[EventKey, Act] = {}
    if not len(wanted):
        return found
    for batch in batches:
        for act in _of(batch.filter(pc.is_in(batch.column(RAW), value_set=wanted))):
            found.setdefault((act.host, act.time_us / 1e6, act.raw), act)
    return found


def _logged(batch: pa.RecordBatch) -> pa.Array:
    """Which events are acts: they show an indicator, and say when or where.

    Text that says neither is no log line, but what a command showed, or a document.
    """
    placed = pc.not_equal(pc.fill_null(batch.column(HOST), UNKNOWN_HOST), UNKNOWN_HOST)
    timed = pc.not_equal(batch.column(TIME), batch.column(INDEXTIME))
    return pc.and_(batch.column(_INDICATOR).is_valid(), pc.or_(placed, timed))


def _of(batch: pa.RecordBatch) -> Iterator[Act]:
    if not batch.num_rows:
        return
    for row in batch.to_pylist():
        ids = tuple(row[_INDICATOR] or ())
        family = row.get(_FAMILY)
        if ids and (family is None or family in SERVERS):
            family = _families().get(ids[0], family)
        yield Act(
            host=row[HOST] or UNKNOWN_HOST,
            time_us=round(row[TIME] * 1_000_000),
            raw=row[RAW],
            indicators=ids,
            classes=tuple(row[_CLASS] or ()),
            weight=max((weights().get(each, 0) for each in ids), default=0),
            os_family=family,
            fields={name: _value(value) for name, value in row.items() if _kept(name, value)},
            origin=Origin(row[SOURCE], row.get(LINE), row[SOURCETYPE], family),
            repeats=row.get(REPEAT_OF) is not None,
        )


def _kept(name: str, value: object) -> bool:
    return value is not None and name not in _APART and not name.startswith("#")


def _value(value: object) -> FieldValue:
    if isinstance(value, list):
        return tuple(str(item) for item in value if item is not None)
    return value if isinstance(value, (str, int, float)) else str(value)
