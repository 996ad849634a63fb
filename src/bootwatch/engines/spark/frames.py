"""Between pieces: frames of rows that Spark holds, tasks that make them, answers that come to the driver."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bootwatch.algebra.plans import Stored
from bootwatch.algebra.types import FieldSet
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.engines.duckdb.relations import Given, Kept, Layout
from bootwatch.engines.duckdb.stages import Stage, kind_of, layout, schema
from bootwatch.engines.spark import moves, tasks
from bootwatch.engines.spark.pieces import Frame, Piece, over
from bootwatch.engines.spark.tasks import INPUT, Task
from bootwatch.engines.spark.telling import Telling

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SMALL_BYTES: Final = 4 << 20
_ANSWERS_BYTES: Final = 32 << 20
"""An answer of so many bytes a partition, and in all, comes to the driver at once and is put in order there."""

_UNLIMITED: Final = 1 << 40


@dataclass(slots=True)
class Bench:
    """What one search works with: its session, and how its tasks run and tell.

    ``width`` is how many tasks share the rows after an exchange, ``later`` the fields that discovery finds and no scan;
    ``strict`` as of a :class:`Task`.
    """

    session: SparkSession
    width: int
    prefilter: bool
    memory_limit_mb: int | None
    strict: bool = False
    telling: Telling = field(init=False)
    later: frozenset[str] = frozenset()
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _kept: list[DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.telling = Telling.on(self.session)

    def rows(self, piece: Piece, names: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, in order, with these columns."""
        handed = self.layout(piece, names)
        for batch in self.collected(piece, handed):
            yield pa.RecordBatch.from_arrays(batch.columns[: len(names)], names=names) if names else batch

    def collected(self, piece: Piece, handed: Layout) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, in order: at once where they are few, else partition by partition after a sort.

        A task that finds it has many gives up at once, so finding out costs little.
        """
        most = min(_SMALL_BYTES, min(_ANSWERS_BYTES, self._allowed() // 4) // max(piece.width, 1))
        task = self.task(piece, handed)
        df = self.coming(piece).mapInArrow(tasks.packed(task, self.telling.told, most), tasks.PACKED)
        found = self.telling.run(df.collect)
        if all(row.n >= 0 for row in found):
            yield from self.here([batch for row in found for batch in tasks.unpacked(row.bytes)], handed)
            return
        self.telling.forget(task.number)
        frame = self.held(self.frame(piece, tuple(name for name, _ in handed.fields)))
        if not frame.single:
            frame = moves.in_ranges(frame, max(frame.width, self.width))
        task = self.task(over(frame), handed, ordered=True)
        df = frame.df.mapInArrow(tasks.packed(task, self.telling.told, None), tasks.PACKED)
        for row in self.telling.each(df.toLocalIterator):
            yield from tasks.unpacked(row.bytes)

    def _allowed(self) -> int:
        """How many bytes the results of a job may have."""
        said = str(self.session.conf.get("spark.driver.maxResultSize", "1g")).strip().lower().removesuffix("b")
        number, unit = (said[:-1], said[-1]) if said[-1:].isalpha() else (said, "")
        return int(number) << {"k": 10, "m": 20, "g": 30, "t": 40}.get(unit, 0) or _UNLIMITED

    def here(self, found: list[pa.RecordBatch], handed: Layout) -> Iterator[pa.RecordBatch]:
        """Few rows put in their order by the driver itself."""
        rows = pa.Table.from_batches(found, schema=schema(handed))
        if not rows.num_rows:
            return
        leaf = Stored(INPUT, FieldSet(dict(handed.fields)))
        stage = Stage(self.embedded(), None, {INPUT: Given(handed.kept("rows_in"), rows)})
        try:
            yield from stage.rows(leaf, handed, ordered=True)
        finally:
            stage.close()

    def frame(
        self, piece: Piece, names: frozenset[str] | tuple[str, ...], *, bucket: tuple[str, ...] | None = None
    ) -> Frame:
        """The rows of a piece as Spark holds them; named in a tuple its fields have that order."""
        handed = self.layout(piece, names if isinstance(names, tuple) else sorted(names))
        as_it_came = bucket is None and isinstance(piece.plan, Stored)
        if as_it_came and piece.frame is not None and handed == piece.frame.layout:
            return piece.frame
        task = self.task(piece, handed, bucket=bucket)
        spelled = moves.ddl(handed, bucket=bucket is not None)
        df = self.coming(piece).mapInArrow(tasks.rows_of(task, self.telling.told), spelled)
        return Frame(df, handed, piece.width)

    def layout(self, piece: Piece, names: Iterable[str]) -> Layout:
        return layout(piece.plan, [name for name in names if kind_of(piece.plan, name) is not None], piece.tables)

    def coming(self, piece: Piece) -> DataFrame:
        """What the tasks of a piece are given: rows of Spark, or the numbers of their units."""
        if piece.frame is not None:
            return piece.frame.df
        if piece.files is not None:
            return piece.files.df
        count = len(piece.units or ())
        return self.session.range(0, count, 1, max(count, 1))

    def meeting(self, piece: Piece, names: frozenset[str], by: tuple[str, ...]) -> Piece:
        """A piece that begins with the rows of another, those that agree in ``by`` in one task."""
        if not by:
            return over(moves.together(self.frame(piece, names)))
        frame = self.frame(piece, names, bucket=by)
        return replace(over(moves.meeting(frame.df, frame.layout, self.width)), met=frozenset(by))

    def task(
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
            self.prefilter,
            self.memory_limit_mb,
            self.strict,
        )

    def held(self, frame: Frame) -> Frame:
        """Rows that are read more than once, kept by the workers, on disk where memory is short."""
        from pyspark import StorageLevel

        df = frame.df.persist(StorageLevel.MEMORY_AND_DISK)
        self._kept.append(df)
        return replace(frame, df=df)

    def whole(self, piece: Piece, names: frozenset[str]) -> tuple[Stored, dict[str, tuple[Kept, pa.Table]]]:
        """The rows of a piece as a table that every task has."""
        handed = self.layout(piece, sorted(names))
        rows = pa.Table.from_batches(list(self.collected(piece, handed)), schema=schema(handed))
        name = f"fixed{next(self.numbers)}"
        return Stored(name, FieldSet(dict(handed.fields))), {name: (handed.kept(name), rows)}

    def embedded(self) -> DuckDbEngine:
        return DuckDbEngine(threads=1, memory_limit_mb=self.memory_limit_mb)

    def close(self) -> None:
        for df in self._kept:
            df.unpersist()
        self._kept.clear()
