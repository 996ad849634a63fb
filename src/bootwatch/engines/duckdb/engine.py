"""Running plans on DuckDB: scans become Arrow streams, deferred stages are run and planned again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import pyarrow as pa

from bootwatch.algebra.plans import Batch, Cell, Deferred, Extend, Plan, Scan, Stored, Table
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.engines.ahead import Ahead
from bootwatch.engines.duckdb.discovery import KEYS, before_deferral, discovered, field_name
from bootwatch.engines.duckdb.plans import Lowering
from bootwatch.engines.duckdb.prepared import Prepared
from bootwatch.engines.duckdb.relations import ROW, Given, Kept, OrderKey, Relation
from bootwatch.engines.duckdb.session import MEMORY_LIMIT_MB, Session, failures, is_interrupted, is_out_of_memory
from bootwatch.engines.duckdb.sql import (
    STAR,
    Select,
    alias,
    call,
    cast,
    create_table,
    identifier,
    is_null,
    not_,
    ordered,
    over,
    string,
    whole,
)
from bootwatch.engines.duckdb.tables import empty, numbered
from bootwatch.engines.engine import Again, Answer
from bootwatch.errors import EngineError, Error
from bootwatch.events.fields import (
    EVENT_FIELDS,
    FOLDED,
    HEADER_FIELDS,
    LINE,
    ORDER,
    RAW,
    READ_FIELDS,
    RECOGNISED,
)
from bootwatch.events.source import EventSource, ScanRequest

Scans = dict[str, tuple[ScanRequest, Mapping[str, bool]]]
"""What is asked of the source for a table, and which fields it carries itself: of these, which have several values."""

_MORSEL_ROWS: Final = 2048
_READ: Final = READ_FIELDS.union(EVENT_FIELDS, HEADER_FIELDS, (LINE,))
"""What every source can answer."""


@dataclass(slots=True)
class DuckDbEngine:
    """The embedded engine. ``threads`` and ``memory_limit_mb`` bound DuckDB; beyond the limit it spills to disk.

    ``few``: answers have few rows and are wanted whole. They come sooner, and take memory.
    """

    threads: int = 2
    memory_limit_mb: int | None = None
    prefilter: bool = True
    few: bool = False

    def run(self, plan: Plan, source: EventSource | None, again: Again | None = None) -> Answer:
        if source is None or isinstance(plan, Deferred):
            again = None
        kept = None if again is None else again.take()
        if again is not None and source is not None and isinstance(kept, Prepared):
            if kept.fits(self, source):
                return kept.answer(source, again)
            kept.close()
        search = Running(self, source)
        try:
            return search.answer(plan, again)
        except BaseException:
            search.close()
            raise

    def describe(self, plan: Plan) -> str:
        search = Running(self, None)
        try:
            relation = search.lowering.run(_first_step(plan))
            return _final(relation, list(relation.columns)).sql(pretty=True)
        finally:
            search.close()


def _first_step(plan: Plan) -> Plan:
    """What runs before the first deferral."""
    return plan.source if isinstance(plan, Deferred) else plan


@dataclass(slots=True)
class Running:
    """One run: its session, its source, the tables it has stored, and rows it was ``given`` by their name."""

    engine: DuckDbEngine
    source: EventSource | None
    given: Mapping[str, Given] = field(default_factory=dict)
    session: Session = field(init=False)
    made: int = 0
    scans: int = 0
    tables: int = 0
    outside: dict[str, Table] = field(default_factory=dict)
    handed: dict[str, Given] = field(default_factory=dict)
    unread: Scans = field(default_factory=dict)
    failure: list[BaseException] = field(default_factory=list)
    later: frozenset[str] = frozenset()
    lowering: Lowering = field(init=False)

    def __post_init__(self) -> None:
        self.lowering = Lowering(self)
        limit = self.engine.memory_limit_mb
        self.session = (
            Session(threads=self.engine.threads)
            if limit is None
            else Session(threads=self.engine.threads, memory_limit_mb=limit)
        )

    def close(self) -> None:
        self.session.close()

    # --- the lowering's host

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        return self.session.kernel(name, settings, args, result)

    def scan(self, plan: Scan, fields: tuple[str, ...]) -> tuple[str, frozenset[str]]:
        wanted = [name for name in fields if name in _READ]
        own = {} if self.source is None else self.source.own_fields(frozenset(fields))
        wanted += [name for name in own if name in fields and name not in wanted]
        self.scans += 1
        table = f"events_{self.scans}"
        if self.source is not None:
            request = ScanRequest(
                fields=tuple(wanted),
                prefilter=plan.prefilter,
                earliest_us=plan.earliest_us,
                latest_us=plan.latest_us,
                indexes=plan.indexes,
                sourcetypes=plan.sourcetypes,
                folded=plan.folded or FOLDED in fields,
            )
            self.unread[table] = (request, own)
        hidden = {ORDER, RECOGNISED} | ({FOLDED} if plan.folded or FOLDED in fields else set())
        return table, frozenset(wanted) | hidden

    def stored(self, plan: Stored) -> Kept:
        given = self.given.get(plan.name)
        if given is not None:
            self.handed[given.kept.table] = given
            return given.kept
        columns = {name: self.lowering.names.of(name) for name in plan.fields.known}
        return Kept(plan.name, columns, (OrderKey(ORDER),))

    def table(self, plan: Table) -> str:
        self.tables += 1
        name = f"table_{self.tables}"
        self.outside[name] = plan
        return name

    def _read(self) -> None:
        """Make the scans of the plan that was lowered tables. The first is read while the database is opened."""
        for name, plan in self.outside.items():
            self.session.register(name, numbered(plan.read()))
        self.outside.clear()
        for name, given in self.handed.items():
            if given.twice:
                self.session.register(f"{name}#", given.rows)
                self.session.execute(create_table(name, Select((STAR,), identifier(f"{name}#"))))
            else:
                self.session.register(name, given.rows)
        self.handed.clear()
        for table, reader in self.opened(self.unread):
            self.session.register(table, reader)
        self.unread.clear()

    def opened(self, scans: Scans) -> Iterator[tuple[str, pa.RecordBatchReader]]:
        """The rows of scans by their tables. The first is read while the database is opened."""
        if self.source is None or not scans:
            return
        started: Ahead | None = Ahead(iter(self.source.batches(next(iter(scans.values()))[0])))
        self.session.open()
        for table, (request, own) in scans.items():
            found = started if started is not None else Ahead(iter(self.source.batches(request)))
            first, started = found.first(), None
            if first is None:
                first = empty(request, own)
            yield table, pa.RecordBatchReader.from_batches(first.schema, self._guarded(first, found.batches))

    def _guarded(self, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches; an exception is kept, as DuckDB would only report its text."""
        try:
            for batch in chain((first,), rest):
                # DuckDB's threads take a batch each: a search of a few thousand candidates should feed them all.
                for at in range(0, max(batch.num_rows, 1), _MORSEL_ROWS):
                    yield batch.slice(at, _MORSEL_ROWS)
        except BaseException as exc:  # an interrupt too arrives here, while the database waits for a batch
            self.failure.append(exc)
            raise

    # --- running

    def begin(self, source: EventSource) -> None:
        """Run once more, over another source."""
        self.source = source
        for said in (self.failure, self.session.messages, self.session.refusals):
            said.clear()

    def answer(self, plan: Plan, again: Again | None = None) -> Answer:
        plan = self._decided(plan)
        relation = self.lowering.run(plan)
        names = list(plan.fields.known)
        fields = {name: plan.fields.known[name] for name in names}
        select = _final(relation, names)
        if again is not None and again.runs > 1 and self.source is not None and not self.outside and not self.handed:
            own = self.source.own_fields(None)
            return Prepared(self, select.sql(), fields, dict(self.unread), own).answer(self.source, again)
        reader = self.execute(select, few=self.engine.few)
        return Answer(fields, self._batches(reader, names), self.session.messages, self.close)

    def _decided(self, plan: Plan) -> Plan:
        """The plan with everything run that it was deferred for."""
        while isinstance(plan, Deferred):
            stored = self._store(plan)
            plan = optimise(plan.resume(stored), prefilter=self.engine.prefilter)
        return plan

    def _batches(self, reader: pa.RecordBatchReader, names: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            for batch in reader:
                yield pa.RecordBatch.from_arrays(batch.columns[: len(names)], names=names)
        except failures() as exc:
            raise self.translated(exc) from exc
        finally:
            reader.close()  # else the connection waits to give the rest of an answer nobody read to its end
            self.close()

    def execute(self, select: Select, *, few: bool = False) -> pa.RecordBatchReader:
        self._read()
        try:
            return self.session.few(select.sql()) if few else self.session.query(select.sql())
        except failures() as exc:
            raise self.translated(exc) from exc

    def translated(self, exc: BaseException) -> BaseException:
        for cause in (*self.failure[:1], *self.session.refusals[:1]):
            if isinstance(cause, Error | KeyboardInterrupt):
                return cause
        if is_interrupted(exc):
            return KeyboardInterrupt()
        if type(exc) is RuntimeError:  # a mistake of ours, not the engine's
            return exc
        if is_out_of_memory(exc):
            limit = self.engine.memory_limit_mb or MEMORY_LIMIT_MB
            return EngineError(
                f"the search needs more than the {limit} MB of memory it may use; make it keep fewer rows"
            )
        return EngineError(f"the engine failed: {exc}")

    def _store(self, plan: Deferred) -> Stored:
        """Run what comes before a deferral into a table of its own."""
        source = self._decided(plan.source)
        inner, self.later = before_deferral(plan, source)
        table = self.hold(inner)
        self.later = frozenset()
        known = dict(inner.fields.known)
        fields = FieldSet(known, source.fields.open and not plan.discover, source.fields.absent)
        if plan.discover:
            table, fields = self._discover(table, fields)
        if plan.batch is not None:
            made = self.batched(plan.batch, table, fields)
            fields = plan.batch.fields(fields)
            table = self._keep(made, fields)
        distinct = tuple((name, self.distinct(table, name, fields.known.get(name))) for name in plan.distinct)
        return Stored(table, fields, distinct, self._first(table, fields, plan.rows))

    def hold(self, plan: Plan) -> str:
        """Run a plan into a table, its rows numbered in their order."""
        relation = self.lowering.run(plan)
        self.made += 1
        table = f"#stored{self.made}"
        order = [key.ordered() for key in relation.order]
        ordinal = over(call("row_number"), (), order)
        columns = map(relation.column, plan.fields.known)
        self._create(table, Select((*columns, alias(ordinal, ORDER)), relation.select))
        return table

    def batched(self, batch: Batch, table: str, fields: FieldSet) -> pa.Table:
        """What a batch operator makes of a stored table."""
        names = list(fields.known)
        columns = tuple(identifier(self.lowering.names.of(name)) for name in names)
        rows = self.execute(Select(columns, identifier(table), order=(ordered(identifier(ORDER)),)))
        return batch(rows.read_all().rename_columns(names), self.session.messages)

    def _keep(self, rows: pa.Table, fields: FieldSet) -> str:
        """Make a table of the database of rows in their order."""
        self.made += 1
        name = f"#stored{self.made}"
        ordinal = pa.array(range(rows.num_rows), pa.int64())
        stored = [*(rows.column(field) for field in fields.known), ordinal]
        named = [*(self.lowering.names.of(field) for field in fields.known), ORDER]
        self.session.register(name, pa.table(stored, names=named))
        return name

    def _first(self, table: str, fields: FieldSet, count: int) -> tuple[Mapping[str, Cell], ...]:
        """The first rows of a stored table as values, absent fields left out."""
        if not count or not fields.known:
            return ()
        names = list(fields.known)
        columns = tuple(identifier(self.lowering.names.of(name)) for name in names)
        select = Select(columns, identifier(table), order=(ordered(identifier(ORDER)),), limit=count)
        rows = self._rows(select)
        return tuple(
            {name: cell(value) for name, value in zip(names, row, strict=True) if value is not None} for row in rows
        )

    def _create(self, table: str, select: Select) -> None:
        self._read()
        try:
            self.session.execute(create_table(table, select))
        except failures() as exc:
            raise self.translated(exc) from exc

    def distinct(self, table: str, name: str, kind: FieldType | None) -> tuple[str, ...]:
        """The values of a column as text, in byte order; none of one there is not."""
        if kind is None:
            return ()
        column = identifier(self.lowering.names.of(name))
        shown = call("unnest", column) if kind is FieldType.MULTI else cast(column, FieldType.TEXT)
        kept = (not_(is_null(column)),)
        select = Select((shown,), identifier(table), wheres=kept, order=(ordered(whole(1)),), distinct=True)
        return tuple(str(row[0]) for row in self._rows(select))

    def _rows(self, select: Select) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for batch in self.execute(select) for row in batch.to_pylist()]

    def _discover(self, table: str, fields: FieldSet) -> tuple[str, FieldSet]:
        """Add every ``key=value`` found in ``_raw``, and leave out columns without a single value."""
        wanted = self.occurring(table, fields.known)
        if RAW not in wanted:
            return table, FieldSet(wanted)
        extracted = discovered(fields, self.names_in(table))
        if not extracted:
            return table, FieldSet(wanted)
        source = Stored(table, fields)
        extended = Extend(source, extracted)
        relation = self.lowering.run(extended)
        self.made += 1
        wider = f"#stored{self.made}"
        arrival = alias(identifier(relation.order[0].sql_name), ORDER)
        self._create(wider, Select((*map(relation.column, extended.fields.known), arrival), relation.select))
        made = {name: scalar.type for name, scalar in extracted}
        present = {**wanted, **self.occurring(wider, made)}
        return wider, FieldSet({name: present[name] for name in extended.fields.known if name in present})

    def names_in(self, table: str) -> set[str]:
        """Names of fields in the texts of a table: the keys of ``key=value``, the paths of JSON objects."""
        raw = identifier(self.lowering.names.of(RAW))
        document = call("starts_with", raw, string("{"))
        keys = call("unnest", call("regexp_extract_all", raw, string(KEYS), whole(1)))
        rows = self._rows(Select((keys,), identifier(table), wheres=(not_(document),), distinct=True))
        found = {field_name(str(row[0])) for row in rows} - {""}
        paths = call(self.kernel("json_names", (), (FieldType.TEXT,), FieldType.MULTI), raw)
        rows = self._rows(Select((call("unnest", paths),), identifier(table), wheres=(document,), distinct=True))
        return found | {str(row[0]) for row in rows if row[0]}

    def occurring(self, table: str, known: Mapping[str, FieldType]) -> dict[str, FieldType]:
        """Those of the columns that hold a single value."""
        if not known:
            return {}
        counts = tuple(
            alias(call("count", identifier(self.lowering.names.of(name))), f"c{position}")
            for position, name in enumerate(known)
        )
        (row,) = self._rows(Select(counts, identifier(table)))
        return {name: kind for (name, kind), count in zip(known.items(), row, strict=True) if count}


def cell(value: object) -> Cell:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return value if isinstance(value, float) else str(value)


def _final(relation: Relation, names: list[str]) -> Select:
    """The visible columns in order, rows in their order."""
    order = tuple(key.ordered() for key in relation.order)
    return Select(tuple(map(relation.column, names)) or ROW, relation.select, order=order)
