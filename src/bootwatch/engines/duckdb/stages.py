"""One stage of a plan on the embedded engine: what another machine runs between two exchanges of rows.

A stage reads events, or rows another stage left, and hands its rows on in the columns of a :class:`Layout`. Nothing
here knows which engine moves the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from bootwatch.algebra.plans import Batch, Plan, Stored
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.engine import DuckDbEngine, Running
from bootwatch.engines.duckdb.relations import Given, Layout, OrderKey, Relation
from bootwatch.engines.duckdb.session import ARROW, failures
from bootwatch.engines.duckdb.sql import (
    Select,
    Sql,
    Term,
    alias,
    binary,
    call,
    cast,
    cast_whole,
    identifier,
    null,
    whole,
)
from bootwatch.events.fields import LINE, ORDER, RAW, RECOGNISED
from bootwatch.events.source import EventSource

BUCKET: Final = "h"
"""The column that says which rows have to meet: equal keys give equal numbers."""

_BUCKETS: Final = 2_147_483_647
_HIDDEN: Final = {RECOGNISED: FieldType.BOOL, LINE: FieldType.NUMBER}


def kind_of(plan: Plan, name: str) -> FieldType | None:
    """The type of a column of a plan's rows, hidden ones included; None where no row can have it."""
    found = plan.fields.type_of(name)
    if found is None and name[0:1] == "#":
        return _HIDDEN.get(name, FieldType.TEXT)
    return found


def layout(plan: Plan, names: Iterable[str], given: Mapping[str, Given]) -> Layout:
    """How the rows of a plan are handed on with these fields; nothing is run."""
    kinds = [(name, kind) for name in names if (kind := kind_of(plan, name)) is not None]
    run = Running(DuckDbEngine(threads=1), None, given)
    try:
        relation = run.lowering.lower(plan, frozenset(name for name, _ in kinds), ordered=True)
    finally:
        run.close()
    return Layout(tuple(kinds), tuple(OrderKey("", k.descending, k.nulls_first, k.kind) for k in relation.order))


def schema(handed: Layout, *, bucket: bool = False) -> pa.Schema:
    """The Arrow schema of rows handed on."""
    columns = [pa.field(name, pa.int64() if kind is None else ARROW[kind]) for name, kind in handed.columns]
    return pa.schema([*columns, *([pa.field(BUCKET, pa.int32())] if bucket else [])])


@dataclass(slots=True)
class Stage:
    """Runs pieces of plans over a source and over rows that were ``given``."""

    engine: DuckDbEngine
    source: EventSource | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    running: Running = field(init=False)

    def __post_init__(self) -> None:
        self.running = Running(self.engine, self.source, self.given)

    @property
    def messages(self) -> list[str]:
        return self.running.session.messages

    def close(self) -> None:
        self.running.close()

    def rows(
        self, plan: Plan, handed: Layout, *, bucket: tuple[str, ...] | None = None, ordered: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a plan. ``bucket``: the fields whose equal values have to meet; ``ordered``: in their order."""
        running = self.running
        names = frozenset(name for name, _ in handed.fields)
        relation = running.lowering.lower(plan, names.union(bucket or ()), ordered=True)
        terms: list[Sql | Term] = []
        for (name, kind), (column, _) in zip(handed.fields, handed.columns, strict=False):
            value = relation.column(name) if name in relation.columns else null(kind)
            terms.append(alias(cast(value, kind), column))
        for key, place in zip(relation.order, handed.keys, strict=True):
            of = identifier(key.sql_name)
            terms.append(alias(cast_whole(of) if place.kind is None else cast(of, place.kind), place.sql_name))
        if bucket is not None:
            terms.append(alias(_bucket(relation, bucket), BUCKET))
        order = tuple(key.ordered() for key in relation.order) if ordered else ()
        wanted = schema(handed, bucket=bucket is not None)
        reader = running.execute(Select(tuple(terms), relation.select, order=order))
        try:
            for batch in reader:
                yield batch if batch.schema == wanted else batch.cast(wanted)
        except failures() as exc:
            raise running.translated(exc) from exc
        finally:
            reader.close()

    def survey(self, stored: Stored, distinct: tuple[str, ...], *, discover: bool) -> Survey:
        """What has to be known of given rows before the rest of a search can be planned."""
        running = self.running
        table = running.hold(stored)
        known = stored.fields.known
        occurring = frozenset(running.occurring(table, known)) if discover else frozenset[str]()
        names = frozenset(running.names_in(table)) if discover and RAW in occurring else frozenset[str]()
        values = tuple(running.distinct(table, name, known.get(name)) for name in distinct)
        return Survey(occurring, names, values)

    def batched(self, stored: Stored, batch: Batch, handed: Layout) -> Iterator[pa.RecordBatch]:
        """What a batch operator makes of given rows, with their place as what they are ordered by."""
        made = self.running.batched(batch, self.running.hold(stored), stored.fields)
        columns = [made.column(name) for name, _ in handed.fields]
        numbered = pa.table([*columns, pa.array(range(made.num_rows), pa.int64())], names=schema(handed).names)
        yield from numbered.cast(schema(handed)).to_batches()


BATCHED: Final = (OrderKey(ORDER),)
"""What the rows of a batch operator are ordered by."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Columns that hold a value, names of fields in texts, and the values of the columns asked for, each sorted."""

    occurring: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    distinct: tuple[tuple[str, ...], ...] = ()

    def __or__(self, other: Survey) -> Survey:
        if not self.distinct or not other.distinct:
            values = self.distinct or other.distinct
        else:
            merged = (set(mine) | set(theirs) for mine, theirs in zip(self.distinct, other.distinct, strict=True))
            values = tuple(
                tuple(sorted(each, key=lambda text: text.encode("utf-8", "surrogatepass"))) for each in merged
            )
        return Survey(self.occurring | other.occurring, self.names | other.names, values)


def _bucket(relation: Relation, names: tuple[str, ...]) -> Sql:
    if not names:
        return cast_whole(whole(0), "INTEGER")
    hashed = call("hash", *(relation.column(name) for name in names))
    return cast_whole(binary("%", hashed, whole(_BUCKETS)), "INTEGER")
