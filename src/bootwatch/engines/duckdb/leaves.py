"""The leaves of a plan as relations: scans, rows, tables from outside, and what a deferral stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bootwatch.algebra.plans import Generate, Rows, Scan, Stored, Table
from bootwatch.algebra.scalars import Const
from bootwatch.algebra.types import ELEMENTS, FieldType
from bootwatch.engines.duckdb import sql
from bootwatch.engines.duckdb.relations import ROW, Host, Identifiers, OrderKey, Relation, Scope, automatic
from bootwatch.engines.duckdb.scalars import lower
from bootwatch.engines.duckdb.sql import Select, Sql, Term, alias, call, cast, identifier, null, number, string, whole
from bootwatch.errors import EngineError
from bootwatch.events.fields import EVENT_FIELDS, ORDER, RAW, RECOGNISED, TIME


@dataclass(frozen=True, slots=True)
class Leaves:
    """Lowers what stands on no other plan."""

    host: Host
    names: Identifiers

    def scan(self, plan: Scan, needed: frozenset[str], *, ordered: bool) -> Relation:
        asked = set(needed)
        if ordered:
            asked |= {TIME, ORDER}
        later = frozenset[str]() if plan.needed is None else self.host.later.difference(plan.needed)
        extracted = {n for n in asked if n not in EVENT_FIELDS and n not in later and n[0] != "#"}
        if extracted:
            asked.add(RAW)
        table, delivered = self.host.scan(plan, tuple(sorted(asked)))
        columns: dict[str, str] = {}
        terms: list[Sql | Term] = []
        own = dict(plan.own)
        names = [n for n in (*EVENT_FIELDS, *own) if n in needed] + sorted(
            n for n in needed if n not in EVENT_FIELDS and n not in own
        )
        for name in names:
            columns[name] = self.names.of(name)
            value: Sql | None = identifier(name) if name in delivered else None
            kind = plan.fields.type_of(name) or FieldType.TEXT
            if name in extracted and (kind is not FieldType.MULTI or ELEMENTS in name):
                found = lower(automatic(name, kind), _Events(self.host))
                value = found if value is None else call("coalesce", value, found)
            if value is None:
                value = null(FieldType.BOOL if name == RECOGNISED else kind)
            terms.append(alias(value, columns[name]))
        order: tuple[OrderKey, ...] = ()
        if ordered:
            when, arrival = self.names.new("time"), self.names.new("arrival")
            terms += [alias(identifier(TIME), when), alias(identifier(ORDER), arrival)]
            order = (
                OrderKey(when, descending=True, kind=FieldType.NUMBER),
                OrderKey(arrival, descending=plan.latest_first),
            )
        return Relation(Select(tuple(terms) or ROW, identifier(table)), columns, order)

    def generate(self, plan: Generate) -> Relation:
        columns = {name: self.names.of(name) for name, _ in plan.columns}
        ordinal = self.names.new("row")
        cells = [alias(_constant(value), columns[name]) for name, value in plan.columns]
        cells.append(alias(sql.column("range"), ordinal))
        select = Select(tuple(cells), call("range", whole(plan.count)))
        return Relation(select, columns, (OrderKey(ordinal),))

    def rows(self, plan: Rows) -> Relation:
        columns = {name: self.names.of(name) for name, _ in plan.columns}
        ordinal = self.names.new("row")
        if not plan.rows:
            cells: list[Sql | Term] = [alias(null(kind), columns[name]) for name, kind in plan.columns]
            cells.append(alias(whole(0), ordinal))
            return Relation(Select(tuple(cells)).where(sql.FALSE), columns, (OrderKey(ordinal),))
        kinds = [kind for _, kind in plan.columns]
        rows = [
            [*(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)), whole(position)]
            for position, row in enumerate(plan.rows)
        ]
        names = [*columns.values(), ordinal]
        select = Select(tuple(map(identifier, names)), sql.values(rows, "#rows", names))
        return Relation(select, columns, (OrderKey(ordinal),))

    def table(self, plan: Table, needed: frozenset[str]) -> Relation:
        name = self.host.table(plan)
        columns = {column: self.names.of(column) for column in plan.columns if column in needed}
        ordinal = self.names.new("row")
        terms: list[Sql | Term] = [alias(identifier(f"c{plan.columns.index(n)}"), c) for n, c in columns.items()]
        terms.append(alias(identifier(ORDER), ordinal))
        return Relation(Select(tuple(terms), identifier(name)), columns, (OrderKey(ordinal),))

    def stored(self, plan: Stored, needed: frozenset[str]) -> Relation:
        held = self.host.stored(plan)
        names = {name: self.names.of(name) for name in plan.fields.known}
        order = tuple(replace(key, sql_name=self.names.new("order")) for key in held.order)
        terms: list[Sql | Term] = [alias(identifier(held.columns[name]), column) for name, column in names.items()]
        terms += [alias(identifier(old.sql_name), new.sql_name) for old, new in zip(held.order, order, strict=True)]
        kept = Relation(Select(tuple(terms) or ROW, identifier(held.table)).where(*held.where), names, order)
        found: dict[str, Sql] = {}
        for name in sorted(needed - names.keys()):
            if name == RECOGNISED:
                found[name] = sql.FALSE
            elif (kind := plan.fields.type_of(name)) is not None:
                extracted = RAW in names and (kind is not FieldType.MULTI or ELEMENTS in name)
                found[name] = lower(automatic(name, kind), Scope(self.host, kept)) if extracted else null(kind)
        if not found:
            return kept
        columns = names | {name: self.names.of(name) for name in found}
        terms = [*map(identifier, names.values()), *(identifier(key.sql_name) for key in order)]
        terms += [alias(of, columns[name]) for name, of in found.items()]
        return Relation(Select(tuple(terms), kept.select), columns, order)


def _constant(value: Const) -> Sql:
    return lower(value, _Constants())


def _cell(cell: str | float | tuple[str, ...] | None, kind: FieldType) -> Sql:
    match cell:
        case None:
            return null(kind)
        case str():
            return cast(string(cell), kind)
        case tuple():
            return cast(call("list_value", *(string(value) for value in cell)), kind)
        case _:
            return number(float(cell))


@dataclass(frozen=True, slots=True)
class _Events:
    """Names in the table of a scan: columns are called what they are."""

    host: Host

    def column(self, name: str) -> Sql:
        return identifier(name)

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        return self.host.kernel(name, settings, args, result)


class _Constants:
    """Constants name nothing."""

    def column(self, name: str) -> Sql:
        raise EngineError(f"column {name} in a constant")

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        raise EngineError(f"kernel {name} in a constant")
