"""What runs in the workers: a stage of a plan over one partition, with the embedded engine.

A task is pickled into the workers, which need this package and the embedded engine in their Python, and no search
text. What it met (messages, what a scan read, damage) goes back through an accumulator, by task and partition, so that
a partition that is computed twice is told once.
"""

from __future__ import annotations

import base64
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bootwatch.algebra.plans import Batch, Plan, Stored
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.engines.duckdb.relations import Given, Kept, Layout
from bootwatch.engines.duckdb.stages import Stage
from bootwatch.errors import EngineError, Error, InputError
from bootwatch.events.source import EventSource, Opener, ScanReport, ScanRequest
from bootwatch.version import __version__

if TYPE_CHECKING:
    from pyspark.accumulators import Accumulator

INPUT: Final = "#in"
"""The name of the rows that come from Spark."""

MARK: Final = "bootwatch refused: "
"""Begins, in the text of an exception, an error of ours that a worker raised."""

BYTES: Final = pa.schema([("n", pa.int32()), ("bytes", pa.binary())])
"""Answers on their way to the driver: rows packed as an Arrow stream."""
PACKED: Final = "n int, bytes binary"
"""The same, as Spark spells it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What one task reads that no other does: a share of a source of events, or rows."""

    source: EventSource | None = None
    rows: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """What a task has to tell: ``read`` is what its scans read, ``failed`` why a share or a file could not be."""

    rows: int = 0
    messages: tuple[str, ...] = ()
    read: ScanReport | None = None
    failed: InputError | None = None


Told = dict[tuple[int, int], Met]


@dataclass(frozen=True, slots=True)
class Task:
    """One stage. ``fixed`` are tables every worker has whole; ``units`` None where rows come from Spark, as ``coming``,
    or files, which ``opener`` makes sources of.

    ``given`` says where the rows that come are found by their names in the plan (two, where a join put both sides into
    one exchange). ``bucket``: fields whose equal values have to meet next. ``strict``: what cannot be read fails the
    task, where nobody will be there to hear of it.
    """

    number: int
    plan: Plan
    handed: Layout
    given: Mapping[str, Kept] = field(default_factory=dict)
    fixed: Mapping[str, tuple[Kept, pa.Table]] = field(default_factory=dict)
    coming: pa.Schema | None = None
    units: tuple[Unit, ...] | None = None
    opener: Opener | None = None
    bucket: tuple[str, ...] | None = None
    ordered: bool = False
    later: frozenset[str] = frozenset()
    prefilter: bool = True
    memory_limit_mb: int | None = None
    strict: bool = False

    def engine(self) -> DuckDbEngine:
        return DuckDbEngine(threads=1, memory_limit_mb=self.memory_limit_mb, prefilter=self.prefilter)

    def tables(self, rows: pa.Table | pa.RecordBatchReader | None) -> dict[str, Given]:
        """Every table of the plan. Raises nothing: what is missing is empty."""
        found = {name: Given(kept, table) for name, (kept, table) in self.fixed.items()}
        twice = len(self.given) > 1
        return found | {name: Given(kept, rows, twice) for name, kept in self.given.items()}


def rows_of(task: Task, told: Accumulator[Told]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function Spark runs on every partition."""
    return _Guarded(_Running(task, told, _rows))


def packed(
    task: Task, told: Accumulator[Told], most: int | None
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """As :func:`rows_of`, as bytes for the driver; above ``most`` in a partition it stops, and the last ``n`` is -1."""
    return _Guarded(_Running(task, told, _Packed(most)))


def survey(
    task: Task, told: Accumulator[Told], distinct: tuple[str, ...], *, discover: bool
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What the partition's rows hold, pickled."""
    return _Guarded(_Running(task, told, _Survey(distinct, discover)))


def batched(
    task: Task, told: Accumulator[Told], batch: Batch
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a batch operator makes of the partition's rows in their order."""
    return _Guarded(_Running(task, told, _Batched(batch)))


def events(
    units: tuple[Unit, ...], opener: Opener | None, request: ScanRequest, told: Accumulator[Told]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The candidate events of each share or file, as bytes."""
    return _Guarded(_Events(units, opener, request, told))


def own_fields(opener: Opener) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Which fields each file carries itself, pickled."""
    return _Guarded(_OwnFields(opener))


@dataclass(frozen=True, slots=True)
class _Guarded:
    """What every worker does: the versions have to agree, files of its own go with Spark's, errors travel whole."""

    body: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    version: str = __version__

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import SparkFiles

        try:
            if self.version != __version__:
                raise EngineError(
                    f"the workers have bootwatch {__version__} and the driver {self.version}: install the same on both"
                )
            tempfile.tempdir = SparkFiles.getRootDirectory()  # which Spark removes, however a worker ends
            yield from self.body(batches)
        except Error as exc:
            raise refusal(exc) from None


@dataclass(frozen=True, slots=True)
class _OwnFields:
    opener: Opener

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for source in _opened(self.opener, batches):
            yield _one(0, pickle.dumps(source.own_fields(None)))


@dataclass(frozen=True, slots=True)
class _Running:
    """Runs one task over a partition, and tells what it met."""

    task: Task
    told: Accumulator[Told]
    answer: Callable[[Task, Stage, Sent], Iterator[pa.RecordBatch]]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        task, met, sent = self.task, Met(), Sent()
        for source, rows in _inputs(task, batches):
            stage = Stage(task.engine(), source, task.tables(rows))
            stage.running.later = task.later
            try:
                for batch in self.answer(task, stage, sent):
                    met = replace(met, rows=met.rows + batch.num_rows)
                    yield batch
                if task.strict and source is not None and source.report.unreadable:
                    path, why = source.report.unreadable[0]
                    raise InputError(why, path=path)
            except InputError as exc:
                if source is None or task.strict:
                    raise
                met = replace(met, failed=exc)
            finally:
                met = replace(
                    met,
                    messages=(*met.messages, *stage.messages),
                    read=met.read if source is None else _sum(met.read, source.report),
                )
                stage.close()
            if sent.too_much:
                break
        self.told.add({(task.number, _partition()): met})


@dataclass(slots=True)
class Sent:
    """How many bytes of an answer a partition has given so far, and whether that is more than it may."""

    bytes: int = 0
    pieces: int = 0
    too_much: bool = False


def _inputs(
    task: Task, batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[EventSource | None, pa.Table | pa.RecordBatchReader | None]]:
    if task.opener is not None:
        for source in _opened(task.opener, batches):
            yield source, None
        return
    if task.units is None:
        first = next(batches, None)
        if first is None:
            yield None, None if task.coming is None else task.coming.empty_table()
            return
        yield None, pa.RecordBatchReader.from_batches(first.schema, _chained(first, batches))
        return
    for batch in batches:
        for number in batch.column(0).to_pylist():
            unit = task.units[number]
            yield unit.source, unit.rows


def _opened(opener: Opener, batches: Iterator[pa.RecordBatch]) -> Iterator[EventSource]:
    """The files Spark brought."""
    for batch in batches:
        for number, path, data in zip(*(batch.column(at) for at in range(3)), strict=True):
            yield opener(number.as_py(), path.as_py(), data.as_py())


def _chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _rows(task: Task, stage: Stage, sent: Sent) -> Iterator[pa.RecordBatch]:
    del sent
    return stage.rows(task.plan, task.handed, bucket=task.bucket, ordered=task.ordered)


def _rows_in(task: Task) -> Stored:
    if not isinstance(task.plan, Stored):
        raise EngineError("this task works on rows as they came")
    return task.plan


@dataclass(frozen=True, slots=True)
class _Packed:
    most: int | None

    def __call__(self, task: Task, stage: Stage, sent: Sent) -> Iterator[pa.RecordBatch]:
        size = 0
        waiting: list[pa.RecordBatch] = []
        for batch in stage.rows(task.plan, task.handed, ordered=task.ordered):
            size += batch.nbytes
            sent.bytes += batch.nbytes
            if self.most is not None and sent.bytes > self.most:
                sent.too_much = True
                yield _one(-1, b"")
                return
            waiting.append(batch)
            if self.most is None and size > _PIECE_BYTES:
                yield _one(sent.pieces, _stream(waiting))
                waiting, size = [], 0
                sent.pieces += 1
        if waiting:
            yield _one(sent.pieces, _stream(waiting))


_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Survey:
    distinct: tuple[str, ...]
    discover: bool

    def __call__(self, task: Task, stage: Stage, sent: Sent) -> Iterator[pa.RecordBatch]:
        yield _one(0, pickle.dumps(stage.survey(_rows_in(task), self.distinct, discover=self.discover)))


@dataclass(frozen=True, slots=True)
class _Batched:
    batch: Batch

    def __call__(self, task: Task, stage: Stage, sent: Sent) -> Iterator[pa.RecordBatch]:
        return stage.batched(_rows_in(task), self.batch, task.handed)


@dataclass(frozen=True, slots=True)
class _Events:
    units: tuple[Unit, ...]
    opener: Opener | None
    request: ScanRequest
    told: Accumulator[Told]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        met = Met()
        for source in self._sources(batches):
            try:
                for count, found in enumerate(source.batches(self.request)):
                    met = replace(met, rows=met.rows + found.num_rows)
                    yield _one(count, _stream([found]))
            except InputError as exc:
                met = replace(met, failed=exc)
            met = replace(met, read=_sum(met.read, source.report))
        self.told.add({(0, _partition()): met})

    def _sources(self, batches: Iterator[pa.RecordBatch]) -> Iterator[EventSource]:
        if self.opener is not None:
            yield from _opened(self.opener, batches)
            return
        for batch in batches:
            for number in batch.column(0).to_pylist():
                source = self.units[number].source
                if source is not None:
                    yield source


def _one(number: int, data: bytes) -> pa.RecordBatch:
    return pa.record_batch([pa.array([number], pa.int32()), pa.array([data], pa.binary())], schema=BYTES)


def _stream(batches: list[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def unpacked(data: bytes) -> Iterator[pa.RecordBatch]:
    """The rows an answer holds."""
    if data:
        with pa.ipc.open_stream(data) as reader:
            yield from reader


def _sum(one: ScanReport | None, other: ScanReport) -> ScanReport:
    found = ScanReport()
    for each in (one, other):
        if each is not None:
            found.add(each)
    return found


def _partition() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    return 0 if context is None else context.partitionId()


def refusal(exc: Error) -> RuntimeError:
    """An error of ours as Spark carries it: in the text of an exception, for people first."""
    return RuntimeError(f"{exc}\n{MARK}{base64.b64encode(pickle.dumps(exc)).decode()} .")
