"""Running plans on Spark: pieces of the plan run where their rows are, rows move only where they have to meet."""

from __future__ import annotations

import pickle
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from bootwatch.algebra.explain import describe as describe_plan
from bootwatch.algebra.plans import Batch, Cell, Deferred, Extend, Limit, Plan, Stored
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.algebra.types import FieldSet
from bootwatch.engines.duckdb.discovery import before_deferral, discovered
from bootwatch.engines.duckdb.engine import cell
from bootwatch.engines.duckdb.relations import Layout
from bootwatch.engines.duckdb.stages import BATCHED, Survey
from bootwatch.engines.engine import Again, Answer
from bootwatch.engines.spark import moves, tasks
from bootwatch.engines.spark.cutting import Cutter
from bootwatch.engines.spark.frames import Bench
from bootwatch.engines.spark.pieces import Frame, over
from bootwatch.engines.spark.tasks import INPUT
from bootwatch.events.source import EventSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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

    def run(self, plan: Plan, source: EventSource | None, again: Again | None = None) -> Answer:
        del again  # tasks run elsewhere each time
        search = Search(self, source)
        return search.answer(plan)

    def frame(self, plan: Plan, source: EventSource | None) -> DataFrame:
        """The rows of a plan as a data frame of Spark, in their order.

        It is read when somebody asks it for rows, and then fails where an input cannot be read: nobody would be told.
        """
        return Search(self, source, strict=True).data_frame(plan)

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
    strict: bool = False
    bench: Bench = field(init=False)
    cutter: Cutter = field(init=False)

    def __post_init__(self) -> None:
        engine = self.engine
        self.bench = Bench(engine.session, engine.width, engine.prefilter, engine.memory_limit_mb, self.strict)
        self.cutter = Cutter(self.bench, self.source, engine.rows_per_task)

    def answer(self, plan: Plan) -> Answer:
        try:
            plan = self._decided(plan)
            names = list(plan.fields.known)
            batches = self.bench.rows(self.cutter.cut(plan, frozenset(names)), names)
            first = next(batches, None)
        except BaseException:
            self.bench.close()
            raise
        fields = {name: plan.fields.known[name] for name in names}
        answer = Answer(fields, self._until_closed(first, batches), [], self.bench.close)
        self.bench.telling.into(answer.messages, self.source)
        return answer

    def data_frame(self, plan: Plan) -> DataFrame:
        from pyspark.sql import functions as sf

        plan = self._decided(plan)
        names = list(plan.fields.known)
        frame = self.bench.frame(self.cutter.cut(plan, frozenset(names)), tuple(names))
        columns = dict(zip((name for name, _ in frame.layout.fields), frame.layout.columns, strict=False))
        df = frame.df.orderBy(*moves.sorted_by(frame)) if frame.layout.order else frame.df
        found = df.select(*(sf.col(columns[name][0]).alias(name) for name in names))
        weakref.finalize(found, self.bench.close)
        return found

    def _until_closed(self, first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            if first is not None:
                yield first
            yield from rest
        finally:
            self.bench.telling.tell()
            self.bench.close()

    def _decided(self, plan: Plan) -> Plan:
        while isinstance(plan, Deferred):
            stored = self._store(plan)
            plan = optimise(plan.resume(stored), prefilter=self.engine.prefilter)
        return plan

    def _store(self, plan: Deferred) -> Stored:
        """Run what comes before a deferral; its rows stay with the workers."""
        source = self._decided(plan.source)
        inner, self.bench.later = before_deferral(plan, source)
        names = frozenset(inner.fields.known)
        frame = self.bench.held(self.bench.frame(self.cutter.cut(inner, names), names))
        fields = FieldSet(dict(inner.fields.known), source.fields.open and not plan.discover, source.fields.absent)
        if plan.discover:
            frame, fields = self._discovered(frame, fields)
        self.bench.later = frozenset()
        if plan.batch is not None:
            frame, fields = self._batched(plan.batch, frame, fields)
        known = tuple(name for name in plan.distinct if name in fields.known)
        values = dict(zip(known, self._survey(frame, fields, known).distinct, strict=False))
        distinct = tuple((name, values.get(name, ())) for name in plan.distinct)
        name = f"#stored{next(self.bench.numbers)}"
        self.cutter.stored[name] = frame
        return Stored(name, fields, distinct, self._some(name, fields, plan.rows))

    def _discovered(self, frame: Frame, fields: FieldSet) -> tuple[Frame, FieldSet]:
        """Add every field found in texts, and leave out columns without a single value."""
        first = self._survey(frame, fields, (), discover=True)
        wanted = {name: kind for name, kind in fields.known.items() if name in first.occurring}
        extracted = discovered(fields, first.names) if first.names else ()
        if not extracted:
            return frame, FieldSet(wanted)
        piece = over(frame)
        extended = Extend(Stored(INPUT, fields), extracted)
        made = self.bench.held(self.bench.frame(piece.on(extended), frozenset(extended.fields.known)))
        second = self._survey(made, FieldSet(extended.fields.known), (), discover=True)
        new = {name: scalar.type for name, scalar in extracted}
        present = {**wanted, **{name: kind for name, kind in new.items() if name in second.occurring}}
        return made, FieldSet({name: present[name] for name in extended.fields.known if name in present})

    def _survey(self, frame: Frame, fields: FieldSet, distinct: tuple[str, ...], *, discover: bool = False) -> Survey:
        if not distinct and not discover:
            return Survey()
        piece = over(frame).on(Stored(INPUT, FieldSet(fields.known)))
        task = self.bench.task(piece, frame.layout)
        df = frame.df.mapInArrow(tasks.survey(task, self.bench.telling.told, distinct, discover=discover), tasks.PACKED)
        found = Survey()
        for row in self.bench.telling.run(df.collect):
            found |= pickle.loads(row.bytes)  # noqa: S301 - of a worker of ours
        return found

    def _batched(self, batch: Batch, frame: Frame, fields: FieldSet) -> tuple[Frame, FieldSet]:
        """What a batch operator makes of all rows, by one task."""
        made = batch.fields(fields)
        handed = Layout(tuple(made.known.items()), BATCHED)
        one = moves.together(frame)
        piece = over(one).on(Stored(INPUT, FieldSet(fields.known)))
        task = self.bench.task(piece, handed)
        df = one.df.mapInArrow(tasks.batched(task, self.bench.telling.told, batch), moves.ddl(handed, bucket=False))
        return self.bench.held(Frame(df, handed)), made

    def _some(self, name: str, fields: FieldSet, count: int) -> tuple[Mapping[str, Cell], ...]:
        """The first rows, as values."""
        if not count or not fields.known:
            return ()
        names = list(fields.known)
        piece = self.cutter.cut(Limit(Stored(name, fields), count), frozenset(names))
        rows = [row for batch in self.bench.rows(piece, names) for row in batch.to_pylist()]
        return tuple({key: cell(value) for key, value in row.items() if value is not None} for row in rows)
