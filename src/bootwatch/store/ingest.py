"""Events from any source into the store: one transaction, everything or nothing.

Batches are sorted into partitions by index and sourcetype; when enough rows are waiting all partitions are sealed
together, so that segments overlap in arrival only within one such generation. Sealing runs beside reading.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.clock import Clock
from bootwatch.events.fields import EVENT_FIELDS, HEADER_FIELDS, INDEX, LINE, ORDER, RAW, SOURCETYPE
from bootwatch.events.source import EventSource, ScanRequest
from bootwatch.store import columns, segment, tags
from bootwatch.store import manifest as manifests
from bootwatch.store.durable import write_file
from bootwatch.store.layout import SEGMENT_ENDING, TAGS, N, Partition, manifest_path, own_column
from bootwatch.store.lock import WriteLock
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import Commit, Segment, Tags
from bootwatch.store.segment import single
from bootwatch.store.tags import Rule, Tagger

_BLOCK_ROWS: Final = 32_768
_BLOCK_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Sealing:
    """How much waits to be sealed, in rows and in bytes of text; as much again is being sealed meanwhile."""

    rows: int = 360_000
    bytes: int = 96 << 20
    group_rows: int = segment.GROUP_ROWS


@dataclass(slots=True)
class IngestReport:
    """What became of an ingest. ``raw_bytes`` are those of the stored texts, ``bytes`` those of the files written.

    ``rejected`` counts lines that became no event, by reason; ``unreadable`` names inputs that failed, with why.
    """

    rows: int = 0
    raw_bytes: int = 0
    bytes: int = 0
    segments: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def ingest(
    source: EventSource,
    home: Path,
    *,
    rules: Sequence[Rule] = (),
    clock: Clock | None = None,
    sealing: Sealing | None = None,
    progress: Callable[[int], None] | None = None,
    held: WriteLock | None = None,
    log: int = 0,
) -> IngestReport:
    """Store all events of a source, tagged for ``rules``; ``clock`` says the day of arrival.

    ``progress`` is called with the number of rows read so far. ``held`` is the store's lock where the caller holds it;
    ``log`` is the number of the file of the write-ahead log that the events are from. Raises StoreError where the store
    is held or cannot be written, and InputError where nothing could be read; then the store is as before.
    """
    clock = clock or Clock.of()
    started = time.monotonic()
    with nullcontext() if held is not None else WriteLock(home):
        manifest = manifests.load(home) or Manifest()
        if log and log <= manifest.log:  # it holds, though writing that down seemed to fail
            return IngestReport()
        manifests.clean(home, manifest)
        run = _Run(home, manifest, Tagger(rules), f"{clock.now:%Y-%m-%d}", sealing or Sealing())
        try:
            with closing(run.load(source)) as loading:
                for rows in loading:
                    if progress is not None:
                        progress(rows)
        except BaseException:
            run.abandon()
            raise
        report = run.commit(clock, log)
    report.rejected = dict(source.report.rejected)
    report.unreadable = list(source.report.unreadable)
    report.notes = source.report.said
    report.seconds = time.monotonic() - started
    return report


@dataclass(slots=True)
class _Run:
    """One transaction: what waits, what is being sealed, what was written."""

    home: Path
    manifest: Manifest
    tagger: Tagger
    day: str
    sealing: Sealing
    txn: str = field(default_factory=lambda: secrets.token_hex(8))
    first_n: int = field(init=False)
    next_n: int = field(init=False)
    own: dict[str, bool] = field(init=False)
    waiting: dict[Partition, list[pa.RecordBatch]] = field(default_factory=dict)
    rows: int = 0
    bytes: int = 0
    records: list[Segment | Tags] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_n = self.next_n = self.manifest.next_n

    def load(self, source: EventSource) -> Generator[int]:
        """Read and seal everything; yields the number of rows read so far."""
        self.own = source.own_fields(None)
        request = ScanRequest((*EVENT_FIELDS, *HEADER_FIELDS, LINE, *self.own), own_only=True)
        total = 0
        with ThreadPoolExecutor(1, thread_name_prefix="seal") as pool:
            running: Future[None] | None = None
            for events in _blocks(source.batches(request), min(_BLOCK_ROWS, self.sealing.rows)):
                self._sort_in(events)
                total += events.num_rows
                if self.rows >= self.sealing.rows or self.bytes >= self.sealing.bytes:
                    if running is not None:
                        running.result()
                    running = pool.submit(self._seal, self._taken())
                yield total
            if running is not None:
                running.result()
            pool.submit(self._seal, self._taken()).result()

    def commit(self, clock: Clock, log: int) -> IngestReport:
        """Make it hold."""
        sealed = [record for record in self.records if isinstance(record, Segment)]
        if sealed or log > self.manifest.log or not manifest_path(self.home).exists():
            commit = Commit(self.txn, len(self.records), self.next_n, f"{clock.now:%Y-%m-%dT%H:%M:%SZ}", log)
            manifests.append(self.home, self.manifest, self.records, commit)
        return IngestReport(
            rows=sum(record.rows for record in sealed),
            raw_bytes=sum(record.raw_bytes for record in sealed),
            bytes=sum(record.bytes for record in self.records),
            segments=len(sealed),
        )

    def abandon(self) -> None:
        for path in self.written:
            with suppress(OSError):
                path.unlink()

    def _sort_in(self, events: pa.RecordBatch) -> None:
        stored = columns.to_stored(events, self.own, self.first_n)
        self.next_n = self.first_n + events.column(ORDER)[-1].as_py() + 1
        for partition, rows in _partitions(stored):
            part = stored if rows is None else stored.take(rows)
            self.waiting.setdefault(partition, []).append(part)
        self.rows += events.num_rows
        self.bytes += pc.sum(pc.binary_length(events.column(RAW))).as_py()

    def _taken(self) -> dict[Partition, list[pa.RecordBatch]]:
        taken, self.waiting = self.waiting, {}
        self.rows = self.bytes = 0
        return taken

    def _seal(self, generation: dict[Partition, list[pa.RecordBatch]]) -> None:
        """Write one segment for each partition, and one sidecar for all of them."""
        found = []
        for partition in list(generation):
            table = pa.Table.from_batches(generation.pop(partition)).unify_dictionaries().combine_chunks()
            record = self._seal_one(partition, table)
            tagged = self.tagger.tag(single(table.column(RAW)))
            if self.tagger.rules:
                found.append(tags.Found(record, table.take(pa.array(tagged.rows)), tagged.wanted))
        if found:
            first_n = min(one.segment.first_n for one in found)
            path = f"{TAGS}/day={self.day}/{self._name(first_n)}"
            sidecar = tags.encode(found, self.tagger.rules, path, self.txn)
            if sidecar.record.path:
                self._write(path, sidecar.data)
            self.records.append(sidecar.record)

    def _seal_one(self, partition: Partition, table: pa.Table) -> Segment:
        present = {
            name: several
            for name, several in self.own.items()
            if table.column(own_column(name)).null_count < table.num_rows
        }
        table = table.drop_columns([own_column(name) for name in self.own if name not in present])
        path = f"{partition.folder(self.day)}/{self._name(table.column(N)[0].as_py())}"
        encoded = segment.encode(table, partition, path, self.txn, present, self.sealing.group_rows)
        self._write(path, encoded.data)
        self.records.append(encoded.record)
        return encoded.record

    def _name(self, first_n: int) -> str:
        return f"{first_n:015d}-{self.txn[:8]}{SEGMENT_ENDING}"

    def _write(self, path: str, data: memoryview) -> None:
        self.written.append(self.home / path)
        write_file(self.home / path, data)


def _blocks(batches: Iterable[pa.RecordBatch], enough: int) -> Iterator[pa.RecordBatch]:
    """The same rows in fewer, larger batches: what is done per batch costs the same for a small one."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
            rows += batch.num_rows
            size += batch.column(RAW).nbytes
        if rows >= enough or size >= _BLOCK_BYTES:
            yield pa.concat_batches(held)
            held, rows, size = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def _partitions(stored: pa.RecordBatch) -> Iterator[tuple[Partition, pa.Array | None]]:
    """The partitions of a batch with their rows; None: all of them."""
    index, sourcetype = stored.column(INDEX), stored.column(SOURCETYPE)
    if len(index.dictionary) == 1 and len(sourcetype.dictionary) == 1:
        yield Partition(index.dictionary[0].as_py(), sourcetype.dictionary[0].as_py()), None
        return
    pairs = pc.add(
        pc.multiply(index.indices.cast(pa.int64()), len(sourcetype.dictionary)), sourcetype.indices.cast(pa.int64())
    ).dictionary_encode()
    indexes, sourcetypes = index.dictionary.to_pylist(), sourcetype.dictionary.to_pylist()
    codes = pairs.indices.to_numpy(zero_copy_only=False)
    order = codes.argsort(kind="stable")
    ends = codes[order].searchsorted(range(len(pairs.dictionary) + 1))
    for number, pair in enumerate(pairs.dictionary.to_pylist()):
        one, other = divmod(pair, len(sourcetypes))
        yield Partition(indexes[one], sourcetypes[other]), pa.array(order[ends[number] : ends[number + 1]])
