"""Cutting a plan into pieces where rows have to meet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import pyarrow as pa

from bootwatch.algebra.plans import (
    Aggregate,
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
from bootwatch.algebra.scalars import Column, Const, IsNull, Not
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.engines.duckdb.stages import Stage, kind_of, layout, schema
from bootwatch.engines.spark import files, moves
from bootwatch.engines.spark.frames import Bench
from bootwatch.engines.spark.pieces import Frame, Piece, most_rows, over
from bootwatch.engines.spark.tasks import INPUT, Unit
from bootwatch.engines.spark.twosteps import two_steps
from bootwatch.errors import EngineError
from bootwatch.events.source import EventSource, ScanRequest, files_of, shares_of

BROADCAST_ROWS: Final = 100_000
"""A side of a join that cannot have more goes to every task whole."""

_ONE: Final = Const(1.0, FieldType.NUMBER)


@dataclass(slots=True)
class Cutter:
    """Cuts the plans of one search. ``stored`` are the rows that deferrals left, by their name."""

    bench: Bench
    source: EventSource | None
    rows_per_task: int
    stored: dict[str, Frame] = field(default_factory=dict)

    def cut(self, plan: Plan, needed: frozenset[str]) -> Piece:
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
                return self.cut(plan.source, needed_of_source(plan, needed)).under(plan)
            case Sort() | Limit():
                return self._first(plan, needed)
            case Aggregate():
                return self._aggregate(plan, needed)
            case Window():
                return self._window(plan, needed)
            case Union():
                wanted = needed_of_sources(plan, needed)
                frames = [
                    self.bench.frame(self.cut(below, names), names)
                    for below, names in zip(plan.sources, wanted, strict=True)
                ]
                return over(moves.in_turn(frames))
            case Join():
                return self._join(plan, needed)
            case Deferred():
                raise EngineError("a deferred stage reached the cluster")
            case _:
                assert_never(plan)

    def _scan(self, plan: Scan, needed: frozenset[str]) -> Piece:
        if self.source is None:
            return Piece(plan, units=(Unit(),))
        request = _request(plan, needed)
        fetched = files_of(self.source, request)
        if fetched is not None:
            return Piece(plan, files=files.found(self.bench.session, fetched, request, 2 * self.bench.width))
        found = shares_of(self.source, 2 * self.bench.width, request)
        return Piece(plan, units=tuple(Unit(source=share) for share in found))

    def _literal(self, plan: Rows | Table) -> Piece:
        """Rows that stand in the search or in a table, as slices."""
        handed = layout(plan, plan.fields.known, {})
        stage = Stage(self.bench.embedded())
        try:
            rows = pa.Table.from_batches(list(stage.rows(plan, handed, ordered=True)), schema=schema(handed))
        finally:
            stage.close()
        step = max(self.rows_per_task, 1)
        slices = [rows.slice(at, step) for at in range(0, max(rows.num_rows, 1), step)]
        leaf = Stored(INPUT, FieldSet(dict(handed.fields)))
        kept = handed.kept("rows_in")
        units = tuple(Unit(rows=each) for each in slices)
        return Piece(leaf, units=units, given={INPUT: kept})

    def _first(self, plan: Sort | Limit, needed: frozenset[str]) -> Piece:
        """So many rows of each task, then so many of those."""
        below = self.cut(plan.source, needed_of_source(plan, needed))
        above = below.under(plan)
        if below.single:
            return above
        frame = moves.together(self.bench.frame(above, needed))
        piece = over(frame)
        count = plan.count if isinstance(plan, Limit) else plan.limit or 0
        return piece.on(Limit(piece.plan, count))

    def _aggregate(self, plan: Aggregate, needed: frozenset[str]) -> Piece:
        plan = Aggregate(plan.source, plan.by, tuple(call for call in plan.calls if call[0] in needed))
        wanted = needed_of_source(plan, needed)
        return self._aggregated(plan, self.cut(plan.source, wanted), wanted)

    def _aggregated(self, plan: Aggregate, below: Piece, wanted: frozenset[str]) -> Piece:
        """An aggregate of the rows of a piece."""
        if below.has_met(plan.by):
            return below.under(plan)
        steps = two_steps(plan)
        if steps is None:
            return self.bench.meeting(_with_keys(below, plan.by), wanted, plan.by).under(plan)
        first = below.under(steps.first)
        piece = self.bench.meeting(first, frozenset(steps.first.fields.known), plan.by)
        return piece.on(steps.whole(piece.plan))

    def _window(self, plan: Window, needed: frozenset[str]) -> Piece:
        wanted = needed_of_source(plan, needed)
        below = self.cut(plan.source, wanted)
        if below.has_met(plan.by):
            return below.under(plan)
        if not plan.by and not plan.running:
            return self._of_all(plan, below, needed, wanted)
        return self.bench.meeting(below, wanted, plan.by).under(plan)

    def _of_all(self, plan: Window, below: Piece, needed: frozenset[str], wanted: frozenset[str]) -> Piece:
        """Aggregates of all rows, added to each of them: the one row they are goes to every task."""
        calls = tuple(call for call in plan.calls if call[0] in needed)
        piece = over(self.bench.held(self.bench.frame(below, wanted)))
        aggregate = Aggregate(piece.plan, (), calls)
        read = needed_of_source(aggregate, frozenset(name for name, _ in calls))
        leaf, fixed = self.bench.whole(self._aggregated(aggregate, piece, read), frozenset(aggregate.fields.known))
        kept = Drop(piece.plan, frozenset(name for name, _ in calls))
        mine, other = f"#one{next(self.bench.numbers)}", f"#one{next(self.bench.numbers)}"
        joined = Join(Extend(kept, ((mine, _ONE),)), Extend(leaf, ((other, _ONE),)), ((mine, other),), outer=True)
        return replace(piece, plan=joined, fixed={**piece.fixed, **fixed})

    def _join(self, plan: Join, needed: frozenset[str]) -> Piece:
        wanted, other = needed_of_sources(plan, needed)
        left, right = self.cut(plan.source, wanted), self.cut(plan.right, other)
        most = most_rows(plan.right)
        if isinstance(plan.right, Table) or (most is not None and most <= BROADCAST_ROWS):
            leaf, fixed = self.bench.whole(right, other)
            return replace(left, plan=Join(left.plan, leaf, plan.on, plan.outer), fixed={**left.fixed, **fixed})
        mine, theirs = (tuple(names) for names in zip(*plan.on, strict=True))
        one = self.bench.frame(left, wanted, bucket=mine)
        two = self.bench.frame(right, other, bucket=theirs)
        piece = moves.side_by_side(one, two, self.bench.width)
        leaf = Stored(moves.RIGHT, FieldSet(dict(two.layout.fields)))
        return piece.on(Join(piece.plan, leaf, plan.on, plan.outer))


def _request(plan: Scan, needed: frozenset[str]) -> ScanRequest:
    """What of a scan decides how its source is dealt out."""
    return ScanRequest(
        tuple(sorted(needed.union(plan.needed or ()))),
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
