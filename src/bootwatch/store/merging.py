"""Many small segments become one: the same events under the same ordinals, in one transaction of the manifest.

Segments of like size that follow one another are merged, so that an event is written anew only a few times; those of a
day that is over, whatever their size. A segment that is damaged is mended the same way: what is whole of it is written
anew, and the file is set aside.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

import pyarrow as pa

from bootwatch.events.fields import RAW
from bootwatch.store import retention, segment, tags
from bootwatch.store.durable import write_file
from bootwatch.store.failpoints import reached
from bootwatch.store.layout import SEGMENT_ENDING, TAGS, Partition
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import DAMAGED, MERGED, Segment, Tags
from bootwatch.store.segment import Damaged, SegmentFile, single
from bootwatch.store.tags import Rule, Tagger

MOST_ROWS: Final = 240_000
MOST_BYTES: Final = 48 << 20
LEAST: Final = 8
"""So many segments of like size are worth one of the next."""

_SMALLEST_ROWS: Final = 1000


@dataclass(slots=True)
class _Read:
    """The whole row groups of a segment, and what is wrong with the others."""

    tables: list[pa.Table] = field(default_factory=list)
    damage: str = ""


def plan(manifest: Manifest, today: str) -> list[Segment]:
    """Segments to be merged next, in order of arrival; none where everything is as it should be."""

    def key(one: Segment) -> tuple[str, str, str]:
        return one.index, one.sourcetype, retention.day_of(one)

    for (_, _, day), found in groupby(sorted(manifest.segments, key=lambda one: (key(one), one.first_n)), key):
        run: list[Segment] = []
        for one in found:
            if not _fits(run, one, alike=day >= today):
                if len(run) >= (LEAST if day >= today else 2):
                    return run
                run = []
            run.append(one)
            if day >= today and len(run) == LEAST:
                return run
        if len(run) >= (LEAST if day >= today else 2):
            return run
    return []


def merge(home: Path, manifest: Manifest, segments: Sequence[Segment], rules: Sequence[Rule] = ()) -> Segment | None:
    """Put one segment in the place of some that follow one another; for the holder of the write lock.

    Where one of them is damaged nothing is merged, and that one is mended. Raises StoreError; then all is as before.
    """
    tables = []
    for one in segments:
        read = _read(home, one)
        if read.damage:
            _mended(home, manifest, one, read, rules)
            return None
        tables += read.tables
    return _replaced(home, manifest, segments, tables, rules, MERGED)


def mend(home: Path, manifest: Manifest, one: Segment, rules: Sequence[Rule] = ()) -> str:
    """Look whether a segment is whole, and set it aside where it is not; what is wrong with it, empty for nothing.

    For the holder of the write lock. Raises StoreError; then all is as before.
    """
    read = _read(home, one)
    if read.damage:
        _mended(home, manifest, one, read, rules)
    return read.damage


def _fits(run: Sequence[Segment], one: Segment, *, alike: bool) -> bool:
    """Whether a segment may be merged with those before it."""
    several: dict[str, bool] = {}
    for other in run:
        several |= other.own
    return (
        sum(other.rows for other in run) + one.rows <= MOST_ROWS
        and sum(other.raw_bytes for other in run) + one.raw_bytes <= MOST_BYTES
        and all(several.get(name, kind) == kind for name, kind in one.own.items())
        and (not alike or not run or _level(run[-1]) == _level(one))
    )


def _level(one: Segment) -> int:
    return int(math.log(max(one.rows, _SMALLEST_ROWS) / _SMALLEST_ROWS, LEAST))


def _read(home: Path, one: Segment) -> _Read:
    found = _Read()
    try:
        with SegmentFile(home, one) as file:
            for group in range(len(one.groups)):
                try:
                    found.tables.append(pa.table(file.read(group, file.names)))
                except Damaged as exc:
                    found.damage = found.damage or str(exc)
    except Damaged as exc:
        found.damage = str(exc)
    return found


def _mended(home: Path, manifest: Manifest, one: Segment, read: _Read, rules: Sequence[Rule]) -> None:
    if read.tables:
        _replaced(home, manifest, [one], read.tables, rules, DAMAGED, [read.damage])
    else:
        retention.replace(home, manifest, [], [one.path], DAMAGED, [read.damage])
    retention.set_aside(home, manifest)


def _replaced(
    home: Path,
    manifest: Manifest,
    segments: Sequence[Segment],
    tables: Sequence[pa.Table],
    rules: Sequence[Rule],
    why: str,
    what: Sequence[str] = (),
) -> Segment:
    first, txn = segments[0], secrets.token_hex(8)
    table = pa.concat_tables(tables, promote_options="default").unify_dictionaries().combine_chunks()
    name = f"{first.first_n:015d}-{txn[:8]}{SEGMENT_ENDING}"
    own = {name: kind for one in segments for name, kind in one.own.items()}
    made = segment.encode(
        table, Partition(first.index, first.sourcetype), f"{Path(first.path).parent.as_posix()}/{name}", txn, own
    )
    records: list[Segment | Tags] = [made.record]
    files = [(home / made.record.path, made.data)]
    tagger = Tagger(rules)
    if tagger.rules:
        tagged = tagger.tag(single(table.column(RAW)))
        found = tags.Found(made.record, table.take(pa.array(tagged.rows)), tagged.wanted)
        sidecar = tags.encode([found], tagger.rules, f"{TAGS}/day={retention.day_of(first)}/{name}", txn)
        records.append(sidecar.record)
        if sidecar.record.path:
            files.append((home / sidecar.record.path, sidecar.data))
    for path, data in files:  # what a failure leaves of them is cleaned up, once it is certain that nothing names it
        write_file(path, data)
    reached("merge:written")
    retention.replace(home, manifest, records, [one.path for one in segments], why, what, txn)
    reached("merge:recorded")
    return made.record
