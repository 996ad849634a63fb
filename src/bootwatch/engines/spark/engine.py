"""Running plans on Spark: pieces of the plan run where their rows are, rows move only where they have to meet."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

import pyarrow as pa

from bootwatch.algebra.explain import describe as describe_plan
from bootwatch.algebra.plans import (
    Aggregate,
    Batch,
    Cell,
    Deferred,
    Drop,
    Explode,
    Extend,
    Filter,
    Generate,
    Join,
    Limit,
    Plan,
    Reverse,
    Rows,
    Scan,
    Select,
    Sort,
    Stored,
    Table,
    Union,
    Window,
)
from bootwatch.algebra.rules.needs import needed_of_source, needed_of_sources
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.algebra.scalars import Column, Const, IsNull, Not
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.engines.duckdb.discovery import discovered
from bootwatch.engines.duckdb.engine import DuckDbEngine, before_deferral, cell
from bootwatch.engines.duckdb.relations import Given, Kept, Layout
from bootwatch.engines.duckdb.stages import BATCHED, Stage, Survey, kind_of, layout, schema
from bootwatch.engines.engine import Answer
from bootwatch.engines.spark import files, moves, tasks
from bootwatch.engines.spark.pieces import Frame, Piece, most_rows, over
from bootwatch.engines.spark.tasks import INPUT, Task, Unit
from bootwatch.engines.spark.telling import Telling
from bootwatch.engines.spark.twosteps import two_steps
from bootwatch.errors import EngineError
from bootwatch.events.source import EventSource, Fetched, ScanRequest, shares_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

BROADCAST_ROWS: Final = 100_000
"""A side of a join that cannot have more goes to every task whole."""

_SMALL_BYTES: Final = 256 << 10
_ANSWERS_BYTES: Final = 8 << 20
"""An answer of so many bytes a partition, and in all, comes to the driver at once and is put in order there."""

_ONE: Final = Const(1.0, FieldType.NUMBER)


@dataclass(slots=True)
class SparkEngine:
    """Plans on a Spark session. ``partitions`` is how many tasks share the rows after an exchange (None: the cluster's
    default), ``rows_per_task`` how many rows that stand in a search one task takes.
    """

    session: SparkSession
    partitions: int | None = None
    prefilter: bool = True
    memory_limit_mb: int | None = None
    rows_per_task: int = 10_000

    def run(self, plan: Plan, source: EventSource | None) -> Answer:
        search = Search(self, source)
        return search.answer(plan)

    def frame(self, plan: Plan, source: EventSource | None) -> DataFrame:
        """The rows of a plan as a data frame of Spark, in their order."""
        return Search(self, source).data_frame(plan)

    def describe(self, plan: Plan) -> str:
        """The operators of the plan; each runs on the embedded engine."""
        return describe_plan(plan.source if isinstance(plan, Deferred) else plan)

    @property
    def width(self) -> int:
        """Tasks after an exchange."""
        return self.partitions or self.session.sparkContext.defaultParallelism


@dataclass(slots=True)
class Search:
    """One run of one plan."""

    engine: SparkEngine
    source: EventSource | None
    telling: Telling = field(init=False)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stored: dict[str, Frame] = field(default_factory=dict)
    held: list[DataFrame] = field(default_factory=list)
    later: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.telling = Telling.on(self.engine.session)

    # --- answers

    def answer(self, plan: Plan) -> Answer:
        try:
            plan = self._decided(plan)
            names = list(plan.fields.known)
            batches = self._rows(self._cut(plan, frozenset(names)), names)
            first = next(batches, None)
        except BaseException:
            self.close()
            raise
        fields = {name: plan.fields.known[name] for name in names}
        answer = Answer(fields, self._until_closed(first, batches), [], self.close)
        self.telling.into(answer.messages, self.source)
        return answer

    def data_frame(self, plan: Plan) -> DataFrame:
        from pyspark.sql import functions as sf

        plan = self._decided(plan)
        names = list(plan.fields.known)
        frame = self._frame(self._cut(plan, frozenset(names)), tuple(names))
        columns = dict(zip((name for name, _ in frame.layout.fields), frame.layout.columns, strict=False))
        df = frame.df.orderBy(*moves.sorted_by(frame)) if frame.layout.order else frame.df
        return df.select(*(sf.col(columns[name][0]).alias(name) for name in names))

    def close(self) -> None:
        for df in self.held:
            df.unpersist()
        self.held.clear()

    def _until_closed(self, first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            if first is not None:
                yield first
            yield from rest
        finally:
            self.telling.tell()
            self.close()

    def _rows(self, piece: Piece, names: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, in order, with these columns."""
        handed = self._layout(piece, names)
        for batch in self._collected(piece, handed):
            yield pa.RecordBatch.from_arrays(batch.columns[: len(names)], names=names) if names else batch

    def _collected(self, piece: Piece, handed: Layout) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, in order: at once where they are few, else partition by partition after a sort.

        A task that finds it has many gives up at once, so finding out costs little.
        """
        most = min(_SMALL_BYTES, _ANSWERS_BYTES // max(piece.width, 1))
        task = self._task(piece, handed)
        df = self._coming(piece).mapInArrow(tasks.packed(task, self.telling.told, most), tasks.PACKED)
        found = self.telling.run(df.collect)
        if all(row.n >= 0 for row in found):
            yield from self._here([batch for row in found for batch in tasks.unpacked(row.bytes)], handed)
            return
        frame = self._held(self._frame(piece, tuple(name for name, _ in handed.fields)))
        if not frame.single:
            frame = moves.in_ranges(frame, max(frame.width, self.engine.width))
        task = self._task(over(frame), handed, ordered=True)
        df = frame.df.mapInArrow(tasks.packed(task, self.telling.told, None), tasks.PACKED)
        for row in self.telling.each(df.toLocalIterator):
            yield from tasks.unpacked(row.bytes)

    def _here(self, found: list[pa.RecordBatch], handed: Layout) -> Iterator[pa.RecordBatch]:
        """Few rows put in their order by the driver itself."""
        rows = pa.Table.from_batches(found, schema=schema(handed))
        if not rows.num_rows:
            return
        leaf = Stored(INPUT, FieldSet(dict(handed.fields)))
        stage = Stage(self._embedded(), None, {INPUT: Given(handed.kept("rows_in"), rows)})
        try:
            yield from stage.rows(leaf, handed, ordered=True)
        finally:
            stage.close()

    # --- pieces

    def _cut(self, plan: Plan, needed: frozenset[str]) -> Piece:
        """The piece whose rows are those of a plan; what has to run before is cut off as frames."""
        match plan:
            case Scan():
                return self._scan(plan, needed)
            case Rows() | Table():
                return self._literal(plan)
            case Generate():
                return Piece(plan, units=(Unit(),))
            case Stored():
                return over(self.stored[plan.name]).on(Stored(INPUT, plan.fields))
            case Filter() | Extend() | Select() | Drop() | Reverse() | Explode() | Sort(limit=None):
                return self._cut(plan.source, needed_of_source(plan, needed)).under(plan)
            case Sort() | Limit():
                return self._first(plan, needed)
            case Aggregate():
                return self._aggregate(plan, needed)
            case Window():
                return self._window(plan, needed)
            case Union():
                wanted = needed_of_sources(plan, needed)
                frames = [
                    self._frame(self._cut(below, names), names)
                    for below, names in zip(plan.sources, wanted, strict=True)
                ]
                piece = over(moves.in_turn(frames))
                return piece
            case Join():
                return self._join(plan, needed)
            case Deferred():
                raise EngineError("a deferred stage reached the cluster")
            case _:
                assert_never(plan)

    def _scan(self, plan: Scan, needed: frozenset[str]) -> Piece:
        if self.source is None:
            return Piece(plan, units=(Unit(),))
        if isinstance(self.source, Fetched):
            return Piece(
                plan, files=files.found(self.engine.session, self.source, _bounds(plan), 2 * self.engine.width)
            )
        asked = needed | frozenset(plan.needed or ())
        found = shares_of(self.source, 2 * self.engine.width, asked)
        return Piece(plan, units=tuple(Unit(source=share) for share in found))

    def _literal(self, plan: Rows | Table) -> Piece:
        """Rows that stand in the search or in a table, as slices."""
        handed = layout(plan, plan.fields.known, {})
        stage = Stage(self._embedded())
        try:
            rows = pa.Table.from_batches(list(stage.rows(plan, handed, ordered=True)), schema=schema(handed))
        finally:
            stage.close()
        step = max(self.engine.rows_per_task, 1)
        slices = [rows.slice(at, step) for at in range(0, max(rows.num_rows, 1), step)]
        leaf = Stored(INPUT, FieldSet(dict(handed.fields)))
        kept = handed.kept("rows_in")
        units = tuple(Unit(rows=each) for each in slices)
        return Piece(leaf, units=units, given={INPUT: kept})

    def _first(self, plan: Sort | Limit, needed: frozenset[str]) -> Piece:
        """So many rows of each task, then so many of those."""
        below = self._cut(plan.source, needed_of_source(plan, needed))
        above = below.under(plan)
        if below.single:
            return above
        frame = moves.together(self._frame(above, needed))
        piece = over(frame)
        count = plan.count if isinstance(plan, Limit) else plan.limit or 0
        return piece.on(Limit(piece.plan, count))

    def _aggregate(self, plan: Aggregate, needed: frozenset[str]) -> Piece:
        plan = Aggregate(plan.source, plan.by, tuple(call for call in plan.calls if call[0] in needed))
        wanted = needed_of_source(plan, needed)
        return self._aggregated(plan, self._cut(plan.source, wanted), wanted)

    def _aggregated(self, plan: Aggregate, below: Piece, wanted: frozenset[str]) -> Piece:
        """An aggregate of the rows of a piece."""
        if below.has_met(plan.by):
            return below.under(plan)
        steps = two_steps(plan)
        if steps is None:
            return self._meeting(_with_keys(below, plan.by), wanted, plan.by).under(plan)
        first = below.under(steps.first)
        piece = self._meeting(first, frozenset(steps.first.fields.known), plan.by)
        return piece.on(steps.whole(piece.plan))

    def _window(self, plan: Window, needed: frozenset[str]) -> Piece:
        wanted = needed_of_source(plan, needed)
        below = self._cut(plan.source, wanted)
        if below.has_met(plan.by):
            return below.under(plan)
        if not plan.by and not plan.running:
            return self._of_all(plan, below, needed, wanted)
        return self._meeting(below, wanted, plan.by).under(plan)

    def _of_all(self, plan: Window, below: Piece, needed: frozenset[str], wanted: frozenset[str]) -> Piece:
        """Aggregates of all rows, added to each of them: the one row they are goes to every task."""
        calls = tuple(call for call in plan.calls if call[0] in needed)
        piece = over(self._held(self._frame(below, wanted)))
        aggregate = Aggregate(piece.plan, (), calls)
        read = needed_of_source(aggregate, frozenset(name for name, _ in calls))
        leaf, fixed = self._whole(self._aggregated(aggregate, piece, read), frozenset(aggregate.fields.known))
        kept = Drop(piece.plan, frozenset(name for name, _ in calls))
        mine, other = f"#one{next(self.numbers)}", f"#one{next(self.numbers)}"
        joined = Join(Extend(kept, ((mine, _ONE),)), Extend(leaf, ((other, _ONE),)), ((mine, other),), outer=True)
        return replace(piece, plan=joined, fixed={**piece.fixed, **fixed})

    def _join(self, plan: Join, needed: frozenset[str]) -> Piece:
        wanted, other = needed_of_sources(plan, needed)
        left, right = self._cut(plan.source, wanted), self._cut(plan.right, other)
        most = most_rows(plan.right)
        if isinstance(plan.right, Table) or (most is not None and most <= BROADCAST_ROWS):
            leaf, fixed = self._whole(right, other)
            return replace(left, plan=Join(left.plan, leaf, plan.on, plan.outer), fixed={**left.fixed, **fixed})
        mine, theirs = (tuple(names) for names in zip(*plan.on, strict=True))
        one = self._frame(left, wanted, bucket=mine)
        two = self._frame(right, other, bucket=theirs)
        piece = moves.side_by_side(one, two, self.engine.width)
        leaf = Stored(moves.RIGHT, FieldSet(dict(two.layout.fields)))
        return piece.on(Join(piece.plan, leaf, plan.on, plan.outer))

    def _whole(self, piece: Piece, names: frozenset[str]) -> tuple[Stored, dict[str, tuple[Kept, pa.Table]]]:
        """The rows of a piece as a table that every task has."""
        handed = self._layout(piece, sorted(names))
        rows = pa.Table.from_batches(list(self._collected(piece, handed)), schema=schema(handed))
        name = f"fixed{next(self.numbers)}"
        return Stored(name, FieldSet(dict(handed.fields))), {name: (handed.kept(name), rows)}

    # --- frames

    def _frame(
        self, piece: Piece, names: frozenset[str] | tuple[str, ...], *, bucket: tuple[str, ...] | None = None
    ) -> Frame:
        """The rows of a piece as Spark holds them; named in a tuple its fields have that order."""
        handed = self._layout(piece, names if isinstance(names, tuple) else sorted(names))
        as_it_came = bucket is None and isinstance(piece.plan, Stored)
        if as_it_came and piece.frame is not None and handed == piece.frame.layout:
            return piece.frame
        task = self._task(piece, handed, bucket=bucket)
        spelled = moves.ddl(handed, bucket=bucket is not None)
        df = self._coming(piece).mapInArrow(tasks.rows_of(task, self.telling.told), spelled)
        return Frame(df, handed, piece.width)

    def _layout(self, piece: Piece, names: Iterable[str]) -> Layout:
        return layout(piece.plan, [name for name in names if kind_of(piece.plan, name) is not None], piece.tables)

    def _coming(self, piece: Piece) -> DataFrame:
        """What the tasks of a piece are given: rows of Spark, or the numbers of their units."""
        if piece.frame is not None:
            return piece.frame.df
        if piece.files is not None:
            return piece.files.df
        count = len(piece.units or ())
        return self.engine.session.range(0, count, 1, max(count, 1))

    def _meeting(self, piece: Piece, names: frozenset[str], by: tuple[str, ...]) -> Piece:
        """A piece that begins with the rows of another, those that agree in ``by`` in one task."""
        if not by:
            return over(moves.together(self._frame(piece, names)))
        frame = self._frame(piece, names, bucket=by)
        return replace(over(moves.meeting(frame.df, frame.layout, self.engine.width)), met=frozenset(by))

    def _task(
        self, piece: Piece, handed: Layout, *, bucket: tuple[str, ...] | None = None, ordered: bool = False
    ) -> Task:
        return Task(
            next(self.numbers),
            piece.plan,
            handed,
            piece.given,
            piece.fixed,
            piece.coming,
            piece.units,
            None if piece.files is None else piece.files.opener,
            bucket,
            ordered,
            self.later,
            self.engine.prefilter,
            self.engine.memory_limit_mb,
        )

    def _held(self, frame: Frame) -> Frame:
        """Rows that are read more than once, kept by the workers, on disk where memory is short."""
        from pyspark import StorageLevel

        df = frame.df.persist(StorageLevel.MEMORY_AND_DISK)
        self.held.append(df)
        return replace(frame, df=df)

    # --- steps

    def _decided(self, plan: Plan) -> Plan:
        while isinstance(plan, Deferred):
            stored = self._store(plan)
            plan = optimise(plan.resume(stored), prefilter=self.engine.prefilter)
        return plan

    def _store(self, plan: Deferred) -> Stored:
        """Run what comes before a deferral; its rows stay with the workers."""
        source = self._decided(plan.source)
        inner, self.later = before_deferral(plan, source)
        names = frozenset(inner.fields.known)
        frame = self._held(self._frame(self._cut(inner, names), names))
        fields = FieldSet(dict(inner.fields.known), source.fields.open and not plan.discover, source.fields.absent)
        if plan.discover:
            frame, fields = self._discovered(frame, fields)
        self.later = frozenset()
        if plan.batch is not None:
            frame, fields = self._batched(plan.batch, frame, fields)
        known = tuple(name for name in plan.distinct if name in fields.known)
        values = dict(zip(known, self._survey(frame, fields, known).distinct, strict=False))
        distinct = tuple((name, values.get(name, ())) for name in plan.distinct)
        name = f"#stored{next(self.numbers)}"
        self.stored[name] = frame
        return Stored(name, fields, distinct, self._some(name, fields, plan.rows))

    def _discovered(self, frame: Frame, fields: FieldSet) -> tuple[Frame, FieldSet]:
        """Add every field found in texts, and leave out columns without a single value."""
        first = self._survey(frame, fields, (), discover=True)
        wanted = {name: kind for name, kind in fields.known.items() if name in first.occurring}
        extracted = discovered(fields, first.names) if first.names else ()
        if not extracted:
            return frame, FieldSet(wanted)
        piece = over(frame)
        extended = Extend(piece.plan, extracted)
        made = self._held(self._frame(piece.on(extended), frozenset(extended.fields.known)))
        second = self._survey(made, FieldSet(extended.fields.known), (), discover=True)
        new = {name: scalar.type for name, scalar in extracted}
        present = {**wanted, **{name: kind for name, kind in new.items() if name in second.occurring}}
        return made, FieldSet({name: present[name] for name in extended.fields.known if name in present})

    def _survey(self, frame: Frame, fields: FieldSet, distinct: tuple[str, ...], *, discover: bool = False) -> Survey:
        if not distinct and not discover:
            return Survey()
        piece = over(frame).on(Stored(INPUT, FieldSet(fields.known)))
        task = self._task(piece, frame.layout)
        df = frame.df.mapInArrow(tasks.survey(task, self.telling.told, distinct, discover=discover), tasks.PACKED)
        found = Survey()
        for row in self.telling.run(df.collect):
            found |= pickle.loads(row.bytes)  # noqa: S301 - of a worker of ours
        return found

    def _batched(self, batch: Batch, frame: Frame, fields: FieldSet) -> tuple[Frame, FieldSet]:
        """What a batch operator makes of all rows, by one task."""
        made = batch.fields(fields)
        handed = Layout(tuple(made.known.items()), BATCHED)
        one = moves.together(frame)
        piece = over(one).on(Stored(INPUT, FieldSet(fields.known)))
        task = self._task(piece, handed)
        df = one.df.mapInArrow(tasks.batched(task, self.telling.told, batch), moves.ddl(handed, bucket=False))
        return self._held(Frame(df, handed)), made

    def _some(self, name: str, fields: FieldSet, count: int) -> tuple[Mapping[str, Cell], ...]:
        """The first rows, as values."""
        if not count or not fields.known:
            return ()
        names = list(fields.known)
        piece = self._cut(Limit(Stored(name, fields), count), frozenset(names))
        rows = [row for batch in self._rows(piece, names) for row in batch.to_pylist()]
        return tuple({key: cell(value) for key, value in row.items() if value is not None} for row in rows)

    def _embedded(self) -> DuckDbEngine:
        return DuckDbEngine(threads=1, memory_limit_mb=self.engine.memory_limit_mb)


def _bounds(plan: Scan) -> ScanRequest:
    """What of a scan says which files it need not read."""
    return ScanRequest(
        (),
        earliest_us=plan.earliest_us,
        latest_us=plan.latest_us,
        indexes=plan.indexes,
        sourcetypes=plan.sourcetypes,
    )


def _with_keys(piece: Piece, by: tuple[str, ...]) -> Piece:
    """Without the rows that lack a key, which no group has."""
    plan = piece.plan
    for name in by:
        kind = kind_of(plan, name)
        if kind is not None:
            plan = Filter(plan, Not(IsNull(Column(name, kind))))
    return piece.on(plan)
