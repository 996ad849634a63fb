"""What Spark does between stages: rows with equal keys meet, several frames become one, all rows come together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bootwatch.algebra.plans import Stored
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.engines.duckdb.relations import Layout, OrderKey
from bootwatch.engines.duckdb.sql import binary, identifier, whole
from bootwatch.engines.duckdb.stages import BUCKET, schema
from bootwatch.engines.spark.pieces import Frame, Piece
from bootwatch.engines.spark.tasks import INPUT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_SIDE: Final = "side"
RIGHT: Final = "#right"
_TYPES: Final = {
    FieldType.TEXT: "string",
    FieldType.NUMBER: "double",
    FieldType.INTEGER: "double",
    FieldType.BOOL: "boolean",
    FieldType.MULTI: "array<string>",
    None: "bigint",
}


def ddl(layout: Layout, *, bucket: bool) -> str:
    """The schema of rows on their way, as Spark spells it."""
    columns = [f"{name} {_TYPES[kind]}" for name, kind in layout.columns]
    return ", ".join([*columns, *([f"{BUCKET} int"] if bucket else [])])


def meeting(df: DataFrame, layout: Layout, partitions: int) -> Frame:
    """Rows of equal buckets in one partition."""
    return Frame(df.repartition(partitions, BUCKET).drop(BUCKET), layout, partitions)


def together(frame: Frame) -> Frame:
    """All rows in one partition."""
    return frame if frame.single else replace(frame, df=frame.df.repartition(1), width=1)


def in_ranges(frame: Frame, partitions: int) -> Frame:
    """Rows such that every partition's come after those of the one before."""
    return replace(frame, df=frame.df.repartitionByRange(partitions, *sorted_by(frame)), width=partitions)


def in_turn(frames: list[Frame]) -> Frame:
    """The rows of each frame in turn: a frame's number comes first in the order, then what its own rows have.

    A field some frames lack is null in their rows.
    """
    from pyspark.sql import functions as sf

    fields: dict[str, FieldType] = {}
    for frame in frames:
        for name, kind in frame.layout.fields:
            fields.setdefault(name, kind)
    order = (OrderKey(""), *(key for frame in frames for key in frame.layout.order))
    layout = Layout(tuple(fields.items()), order)
    made: list[DataFrame] = []
    at = 1
    for number, frame in enumerate(frames):
        have = {name: column for (name, _), (column, _) in zip(frame.layout.fields, frame.layout.columns, strict=False)}
        columns: list[Column] = []
        for (name, kind), (column, _) in zip(layout.fields, layout.columns, strict=False):
            value = sf.col(have[name]) if name in have else sf.lit(None).cast(_TYPES[kind])
            columns.append(value.alias(column))
        for place, key in enumerate(layout.keys):
            if place == 0:
                value = sf.lit(number).cast("bigint")
            elif at <= place < at + len(frame.layout.order):
                value = sf.col(frame.layout.keys[place - at].sql_name)
            else:
                value = sf.lit(None).cast(_TYPES[key.kind])
            columns.append(value.alias(key.sql_name))
        made.append(frame.df.select(*columns))
        at += len(frame.layout.order)
    df = made[0]
    for other in made[1:]:
        df = df.union(other)
    return Frame(df, layout, sum(frame.width for frame in frames))


def side_by_side(left: Frame, right: Frame, partitions: int) -> Piece:
    """Both sides of a join, rows of equal buckets in one partition; the plan finds them as ``INPUT`` and ``RIGHT``."""
    from pyspark.sql import functions as sf

    sides = [replace(left.layout, prefix="l"), replace(right.layout, prefix="r")]
    every = [column for side in sides for column in side.columns]
    made: list[DataFrame] = []
    for number, (frame, side) in enumerate(zip((left, right), sides, strict=True)):
        here = {new: old for (new, _), (old, _) in zip(side.columns, frame.layout.columns, strict=True)}
        columns = [
            (sf.col(here[name]) if name in here else sf.lit(None).cast(_TYPES[kind])).alias(name)
            for name, kind in every
        ]
        made.append(frame.df.select(sf.lit(number).alias(_SIDE), *columns, BUCKET))
    df = made[0].union(made[1]).repartition(partitions, BUCKET).drop(BUCKET)
    given = {
        name: side.kept("rows_in", (binary("=", identifier(_SIDE), whole(number)),))
        for number, (name, side) in enumerate(zip((INPUT, RIGHT), sides, strict=True))
    }
    leaf = Stored(INPUT, FieldSet(dict(left.layout.fields)))
    coming = pa.schema([pa.field(_SIDE, pa.int32()), *schema(sides[0]), *schema(sides[1])])
    return Piece(leaf, frame=Frame(df, left.layout, partitions), given=given, coming=coming)


def sorted_by(frame: Frame) -> list[Column]:
    """What a frame's rows are ordered by, as Spark spells it."""
    from pyspark.sql import functions as sf

    found: list[Column] = []
    for key in frame.layout.keys:
        column = sf.col(key.sql_name)
        match key.descending, key.nulls_first:
            case False, False:
                found.append(column.asc_nulls_last())
            case False, True:
                found.append(column.asc_nulls_first())
            case True, False:
                found.append(column.desc_nulls_last())
            case _:
                found.append(column.desc_nulls_first())
    return found
