"""The store as a source of events: segments pruned, read in arrival order, damage named.

A search reads ``_raw`` alone of a row group, decides from bytes which rows can match, and decodes the other columns
only where there are any. Where a segment was tagged for the same literals its sidecar answers instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.errors import InputError, StoreError
from bootwatch.events.fields import RAW
from bootwatch.events.source import EventSource, Prefilter, ScanReport, ScanRequest
from bootwatch.match.scan import Ints, Scanner
from bootwatch.store import manifest as manifests
from bootwatch.store import tags as sidecars
from bootwatch.store.columns import Read, Wanted
from bootwatch.store.layout import manifest_path
from bootwatch.store.manifest import Manifest
from bootwatch.store.merge import InOrder
from bootwatch.store.records import Segment, Tags
from bootwatch.store.segment import Damaged, SegmentFile
from bootwatch.store.tags import SLICE_ROWS

BATCH_ROWS: Final = 1 << 16
_AHEAD: Final = 1
"""Row groups waiting besides one in work on each thread; up to 60 MB each where every row and field is wanted."""


class SegmentSource:
    """An :class:`~bootwatch.events.source.EventSource` over the segments of a store.

    ``aliases``: sourcetype in lower case to the sourcetypes it stands for as well. ``read``: what finds the fields that
    are not stored in the texts; it is called from several threads. What cannot be read is named in
    ``report.unreadable`` by every scan it would have touched; the rest is read. Construction raises StoreError where
    there is no store or its format is unknown. The manifest is read once, or given as ``manifest``, so one source sees
    one state of the store.
    """

    def __init__(
        self,
        home: Path,
        *,
        manifest: Manifest | None = None,
        aliases: Mapping[str, Iterable[str]] | None = None,
        read: Read | None = None,
        threads: int = 2,
        prefilter_enabled: bool = True,
        tags_enabled: bool = True,
    ) -> None:
        self.report = ScanReport()
        self._home = home
        self._read = read
        self._aliases = {alias: {name.lower() for name in names} for alias, names in (aliases or {}).items()}
        self._threads = max(1, threads)
        self._prefilter_enabled = prefilter_enabled
        self._tags_enabled = tags_enabled and prefilter_enabled
        found = manifest or manifests.load(home)
        if found is None:
            raise StoreError(
                f"{home}: there is no store; give a path to search, or load logs with 'bootwatch ingest PATH'"
            )
        self._manifest: Manifest = found
        # A sidecar may be of segments some of which are gone; it still answers for the others.
        self._by_path = {path: segment for path, (segment, _) in self._manifest.gone.items()}
        self._by_path |= {segment.path: segment for segment in self._manifest.segments}
        self._own: dict[str, bool] = {}
        for segment in self._manifest.segments:
            for name, several in segment.own.items():
                self._own[name] = self._own.get(name, False) or several

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return {name: several for name, several in self._own.items() if names is None or name in names}

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        """Segments that arrived together, of about as many bytes each; what is wrong with the store is the first's."""
        sourcetypes = self._sourcetypes(request)
        touched = (segment for segment in self._manifest.segments if _touches(request, sourcetypes, segment))
        segments = sorted(touched, key=lambda segment: segment.first_n)
        most = -(-sum(segment.raw_bytes for segment in segments) // max(count, 1))
        found: list[list[Segment]] = [[]]
        size = 0
        for segment in segments:
            if found[-1] and size + segment.raw_bytes > most:
                found.append([])
                size = 0
            found[-1].append(segment)
            size += segment.raw_bytes
        return [self._share(some, first=number == 0) for number, some in enumerate(found)]

    def _share(self, segments: list[Segment], *, first: bool) -> SegmentSource:
        mine = {segment.path for segment in segments}
        tags = [tags for tags in self._manifest.tags if not mine.isdisjoint(tags.segments)]
        named = {path for each in tags for path in each.segments}
        part = Manifest(segments, tags, next_n=self._manifest.next_n)
        if first:
            part.gone, part.damaged = self._manifest.gone, self._manifest.damaged
        share = SegmentSource(
            self._home,
            manifest=part,
            aliases=self._aliases,
            read=self._read,
            threads=1,
            prefilter_enabled=self._prefilter_enabled,
            tags_enabled=self._tags_enabled,
        )
        share._own = self._own
        share._by_path |= {path: self._by_path[path] for path in named if path in self._by_path}
        return share

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = report = ScanReport()
        report.unreadable += [(str(manifest_path(self._home)), why) for why in self._manifest.damaged]
        sourcetypes = self._sourcetypes(request)
        report.unreadable += [
            (str(self._home / segment.path), f"set aside: {what}")
            for segment, what in self._manifest.set_aside()
            if _touches(request, sourcetypes, segment)
        ]
        scan = _Scan(
            self._home,
            Wanted.by(request, self._own, self._read),
            Scanner(request.prefilter if self._prefilter_enabled else Prefilter()),
        )
        parts = self._parts(request)
        failed: dict[str, str] = {}
        merge = InOrder(BATCH_ROWS)
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="scan")
        waiting: deque[Future[_Read]] = deque()
        try:
            submitted = 0
            for done in range(len(parts)):
                while submitted < len(parts) and len(waiting) < self._threads + _AHEAD:
                    waiting.append(pool.submit(scan.read, parts[submitted]))
                    submitted += 1
                read = waiting.popleft().result()
                _count(report, read, failed)
                for batch in read.batches:
                    merge.add(batch)
                yield from merge.before(parts[done + 1].first_n if done + 1 < len(parts) else None)
        finally:
            pool.shutdown(cancel_futures=True)
            report.unreadable += [(str(self._home / path), why) for path, why in failed.items()]
        touched = len({segment.path for part in parts for segment in part.segments})
        report.opened = max(touched - len(failed), bool(report.events))
        if failed and not report.opened:
            path, why = next(iter(failed.items()))
            raise InputError(why, path=self._home / path)

    def _parts(self, request: ScanRequest) -> list[_Part]:
        """What has to be read, in the order of arrival."""
        sourcetypes = self._sourcetypes(request)
        rule = None
        if self._tags_enabled:
            rule = request.tag or (sidecars.rule_hash(request.prefilter) if request.prefilter else None)
        answered = {} if rule is None else self._answered(rule)
        found: list[_Part] = []
        tagged: dict[int, list[Segment]] = {}
        for segment in self._manifest.segments:
            if not _touches(request, sourcetypes, segment):
                continue
            if segment.path in answered:
                tagged.setdefault(answered[segment.path], []).append(segment)
                continue
            found += [
                _Part((segment,), group.first_n, number)
                for number, group in enumerate(segment.groups)
                if _within(request, group.earliest_us, group.latest_us)
            ]
        for number, segments in tagged.items():
            tags = self._manifest.tags[number]
            every = tuple(self._by_path[path] for path in tags.segments)
            first_n = min(segment.first_n for segment in segments)
            found.append(_Part(tuple(segments), first_n, tags=_Tags(tags, every, rule or "")))
        return sorted(found, key=lambda part: part.first_n)

    def _sourcetypes(self, request: ScanRequest) -> frozenset[str] | None:
        """The sourcetypes asked for, with those that they stand for."""
        if request.sourcetypes is None:
            return None
        return request.sourcetypes.union(*(self._aliases.get(name, ()) for name in request.sourcetypes))

    def _answered(self, rule: str) -> dict[str, int]:
        """For each segment that was tagged for a rule, which record of tags says so."""
        return {
            path: number
            for number, tags in enumerate(self._manifest.tags)
            if rule in tags.rules and all(path in self._by_path for path in tags.segments)
            for path, count in zip(tags.segments, tags.rules[rule], strict=True)
            if count >= 0
        }


@dataclass(frozen=True, slots=True)
class _Tags:
    """A sidecar that may answer, the segments it is of, and the rule to ask it for."""

    record: Tags
    segments: tuple[Segment, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One row group of one segment; or what a sidecar holds of several segments."""

    segments: tuple[Segment, ...]
    first_n: int
    group: int | None = None
    tags: _Tags | None = None


@dataclass(slots=True)
class _Read:
    """``damage`` is by the path of a segment."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    events: int = 0
    bytes: int = 0
    damage: dict[str, str] = field(default_factory=dict)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Scan:
    """What every part of one scan needs."""

    home: Path
    wanted: Wanted
    scanner: Scanner

    def read(self, part: _Part) -> _Read:
        """The candidates of a part, or what is wrong with it; row groups that are whole are read."""
        found = _Read()
        if part.tags is not None:
            try:
                return self._tagged(part, part.tags)
            except Damaged as exc:
                found.note = f"{self.home / part.tags.record.path}: {exc}; the segments were scanned instead"
        for segment in part.segments:
            groups = range(len(segment.groups)) if part.group is None else (part.group,)
            try:
                with SegmentFile(self.home, segment) as file:
                    for group in groups:
                        try:
                            found.batches += self._group(file, group)
                        except Damaged as exc:
                            found.damage.setdefault(segment.path, str(exc))
                        else:
                            found.events += segment.groups[group].rows
                            found.bytes += segment.raw_bytes * segment.groups[group].rows // segment.rows
            except Damaged as exc:
                found.damage[segment.path] = str(exc)
        return found

    def _tagged(self, part: _Part, tags: _Tags) -> _Read:
        found = _Read()
        for segment in part.segments:
            found.events += segment.rows
            found.bytes += segment.raw_bytes
        counts = tags.record.rules[tags.rule]
        chosen = {segment.path for segment in part.segments}
        places = [place for place, segment in enumerate(tags.segments) if segment.path in chosen]
        if any(counts[place] for place in places):
            names = self.wanted.stored
            stored = sidecars.read(self.home, tags.record, tags.segments, tags.rule, names, places)
            found.batches = [self.wanted.events(stored)]
        return found

    def _group(self, file: SegmentFile, group: int) -> list[pa.RecordBatch]:
        if not self.scanner:
            stored = file.read(group, self.wanted.stored)
        else:
            rows: list[Ints] = []
            raw: list[pa.Array] = []
            at = 0
            for texts in file.texts(group, SLICE_ROWS):
                some = self.scanner.rows(texts)
                if len(some):
                    rows.append(some + at)
                    raw.append(texts.take(pa.array(some)))
                at += len(texts)
            if not rows:
                return []
            index = pa.array(np.concatenate(rows))
            stored = {name: column.take(index) for name, column in file.read(group, self.wanted.stored[1:]).items()}
            stored[RAW] = pa.concat_arrays(raw)
        return [self.wanted.events(stored)]


def _touches(request: ScanRequest, sourcetypes: frozenset[str] | None, segment: Segment) -> bool:
    """Whether a segment may hold what is asked for."""
    return (
        (request.indexes is None or segment.index.lower() in request.indexes)
        and (sourcetypes is None or segment.sourcetype.lower() in sourcetypes)
        and _within(request, segment.earliest_us, segment.latest_us)
    )


def _within(request: ScanRequest, earliest_us: int, latest_us: int) -> bool:
    after = request.earliest_us is None or latest_us >= request.earliest_us
    return after and (request.latest_us is None or earliest_us < request.latest_us)


def _count(report: ScanReport, read: _Read, failed: dict[str, str]) -> None:
    report.lines += read.events
    report.events += read.events
    report.bytes += read.bytes
    report.candidates += sum(batch.num_rows for batch in read.batches)
    for path, why in read.damage.items():
        failed.setdefault(path, why)
    if read.note is not None:
        report.notes.append(read.note)
