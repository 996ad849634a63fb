"""What a plan is cut into: pieces that run where their rows are, and frames of rows between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from bootwatch.algebra.plans import (
    Aggregate,
    Drop,
    Explode,
    Extend,
    Limit,
    Plan,
    Rows,
    Select,
    Sort,
    Stored,
    Table,
    Window,
    sources,
    with_sources,
)
from bootwatch.algebra.types import FieldSet
from bootwatch.engines.duckdb.relations import Given, Kept, Layout
from bootwatch.engines.duckdb.stages import schema
from bootwatch.engines.spark.tasks import INPUT, Unit
from bootwatch.events.source import Opener

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows Spark holds, in the columns of a layout, in ``width`` partitions."""

    df: DataFrame
    layout: Layout
    width: int = 1

    @property
    def single(self) -> bool:
        """Whether all rows are in one partition."""
        return self.width == 1


@dataclass(frozen=True, slots=True)
class Files:
    """Files that Spark reads: a frame of their places, paths and bytes, and what makes sources of them."""

    df: DataFrame
    width: int
    opener: Opener


@dataclass(frozen=True, slots=True)
class Piece:
    """A plan over what one task has at hand: a share of the events, or the rows of a partition.

    ``frame`` are the rows that come from Spark, under the names of ``given`` in the plan. ``fixed`` are tables every
    task has whole. ``coming`` is how rows from Spark look.
    """

    plan: Plan
    units: tuple[Unit, ...] | None = None
    files: Files | None = None
    frame: Frame | None = None
    given: Mapping[str, Kept] = field(default_factory=dict)
    fixed: Mapping[str, tuple[Kept, pa.Table]] = field(default_factory=dict)
    coming: pa.Schema | None = None
    met: frozenset[str] | None = None
    """Rows that agree in these fields are in one task."""

    @property
    def width(self) -> int:
        """How many tasks it takes."""
        if self.files is not None:
            return self.files.width
        return self.frame.width if self.frame is not None else len(self.units or ())

    @property
    def single(self) -> bool:
        """Whether one task does all of it."""
        return self.width == 1

    def on(self, plan: Plan) -> Piece:
        """The same piece with another plan over what it has at hand."""
        return replace(self, plan=plan)

    def under(self, plan: Plan) -> Piece:
        """The piece with an operator on top, whose own sources are forgotten."""
        met = self.met
        match plan:
            case Extend() if met is not None and not met.isdisjoint(name for name, _ in plan.assignments):
                met = None
            case Select() if met is not None and any((name, name) not in plan.columns for name in met):
                met = None
            case Window() if met is not None and not met.isdisjoint(name for name, _ in plan.calls):
                met = None
            case Explode() if met is not None and plan.column in met:
                met = None
            case Drop() if met is not None and not met.isdisjoint(plan.names):
                met = None
            case _:
                pass
        return replace(self, plan=with_sources(plan, (self.plan,)), met=met)

    def has_met(self, by: tuple[str, ...]) -> bool:
        """Whether rows that agree in ``by`` are in one task already."""
        return self.single or (self.met is not None and self.met <= frozenset(by))

    @property
    def tables(self) -> dict[str, Given]:
        """The tables of the plan, for compiling it."""
        named = {name: Given(kept) for name, kept in self.given.items()}
        return named | {name: Given(kept, table) for name, (kept, table) in self.fixed.items()}


def over(frame: Frame, name: str = INPUT) -> Piece:
    """A piece that begins with the rows of a frame."""
    leaf = Stored(name, FieldSet(dict(frame.layout.fields)))
    return Piece(
        leaf,
        frame=frame,
        given={name: frame.layout.kept("rows_in")},
        coming=schema(frame.layout),
    )


def most_rows(plan: Plan) -> int | None:
    """How many rows a plan has at most, where that can be told without running it."""
    match plan:
        case Rows():
            return len(plan.rows)
        case Limit():
            below = most_rows(plan.source)
            return plan.count if below is None else min(below, plan.count)
        case Sort(limit=int() as limit):
            return limit
        case Aggregate(by=()):
            return 1
        case Table() | Stored():
            return None
        case _:
            every = sources(plan)
            return most_rows(every[0]) if len(every) == 1 and not isinstance(plan, Explode) else None
