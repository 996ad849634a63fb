"""Acts out of held events: rows of batches become values, only for the events that a story may need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    columns = {name: _cells(batch.column(name)) for name in batch.schema.names}
    nothing = [None] * batch.num_rows
    own = [(name, cells) for name, cells in columns.items() if name not in _APART and not name.startswith("#")]
    names = [name for name, _ in own]
    apart = (HOST, TIME, RAW, _INDICATOR, _CLASS, _FAMILY, SOURCE, LINE, SOURCETYPE, REPEAT_OF)
    said = zip(*(columns.get(name, nothing) for name in apart), strict=True)
    fields = zip(*(cells for _, cells in own), strict=True) if own else iter([()] * batch.num_rows)
    for (host, time, raw, ids, classes, family, source, line, sourcetype, repeats), cells in zip(
        said, fields, strict=True
    ):
        ids = ids or ()
        if ids and (family is None or family in SERVERS):
            family = _families().get(ids[0], family)
        yield Act(
            host=host or UNKNOWN_HOST,
            time_us=round(time * 1_000_000),
            raw=raw,
            indicators=ids,
            classes=classes or (),
            weight=max((weights().get(each, 0) for each in ids), default=0),
            os_family=family,
            fields={name: cell for name, cell in zip(names, cells, strict=True) if cell is not None},
            origin=Origin(source, line, sourcetype, family),
            repeats=repeats is not None,
        )


def _cells(column: pa.Array) -> list[Any]:
    """A column as values; of a list, its texts."""
    cells: list[Any] = column.to_pylist()
    if pa.types.is_list(column.type):
        return [None if cell is None else tuple(str(item) for item in cell if item is not None) for cell in cells]
    return cells
