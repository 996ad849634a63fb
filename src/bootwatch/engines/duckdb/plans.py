"""Plans spelled as nested DuckDB selects, with row order as explicit columns.

Every relation knows the SQL column of each SPL field (SPL names are case-sensitive, DuckDB's are not, so each gets an
identifier of its own) and, where somebody needs it, the hidden columns its rows are ordered by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, assert_never

from bootwatch.algebra.plans import (
    AggCall,
    AggFn,
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
from bootwatch.algebra.scalars import Call, Column, Const, Fn, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.aggregates import Over, spell, spell_running
from bootwatch.engines.duckdb.scalars import lower
from bootwatch.engines.duckdb.sql import (
    FALSE,
    STAR,
    Sql,
    Term,
    alias,
    any_of,
    call,
    case,
    cast,
    cast_whole,
    column,
    identifier,
    is_null,
    joined,
    not_,
    null,
    number,
    rows_up_to,
    string,
    union_all,
    values_behind,
    whole,
)
from bootwatch.engines.duckdb.sql import (
    Select as Query,
)
from bootwatch.engines.duckdb.sql import (
    ordered as sorted_by,
)
from bootwatch.engines.duckdb.sql import (
    over as window,
)
from bootwatch.engines.duckdb.sql import (
    values as constants,
)
from bootwatch.errors import EngineError
from bootwatch.events.fields import EVENT_FIELDS, ORDER, RAW, RECOGNISED, TIME

_NEEDS_ORDER: Final = frozenset(
    {AggFn.FIRST, AggFn.LAST, AggFn.LIST, AggFn.EARLIEST, AggFn.LATEST, AggFn.LAG, AggFn.ROW_NUMBER}
)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A hidden column rows are ordered by."""

    sql_name: str
    descending: bool = False
    nulls_first: bool = False

    def flipped(self) -> OrderKey:
        return OrderKey(self.sql_name, not self.descending, not self.nulls_first)

    def ordered(self) -> Term:
        return sorted_by(identifier(self.sql_name), descending=self.descending, nulls_first=self.nulls_first)


@dataclass(frozen=True, slots=True)
class Relation:
    """A select, the SQL column of each field it has, and its order keys (empty: nobody asked)."""

    select: Query
    columns: Mapping[str, str]
    order: tuple[OrderKey, ...] = ()

    def column(self, name: str) -> Sql:
        return identifier(self.columns[name])


class Host(Protocol):
    """What lowering needs from the running search."""

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str: ...

    def scan(self, plan: Scan, fields: tuple[str, ...]) -> tuple[str, frozenset[str]]:
        """Register the source of a scan; the table's name, and which of ``fields`` it delivers as columns."""

    def table(self, plan: Table) -> str:
        """Make a table from outside one of the database, with an ordinal column ``#n``; its name there."""


@dataclass(slots=True)
class Lowering:
    """Lowers one plan; identifiers are unique over the whole query."""

    host: Host
    identifiers: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    hidden: int = 0

    def run(self, plan: Plan) -> Relation:
        """The plan's relation with all its known fields, in order."""
        return self.lower(plan, frozenset(plan.fields.known), ordered=True)

    def lower(self, plan: Plan, needed: frozenset[str], *, ordered: bool) -> Relation:
        match plan:
            case Scan():
                return self._scan(plan, needed, ordered=ordered)
            case Generate():
                return self._generate(plan)
            case Rows():
                return self._rows(plan)
            case Table():
                return self._table(plan, needed)
            case Stored():
                return self._stored(plan, needed)
            case Union():
                return self._union(plan, needed, ordered=ordered)
            case Join():
                return self._join(plan, needed, ordered=ordered)
            case Filter():
                source = self._below(plan, needed, ordered=ordered)
                keep = [identifier(source.columns[n]) for n in source.columns if n in needed]
                select = self._from(source, keep).where(self._scalar(plan.predicate, source))
                return self._relation(select, source, needed)
            case Extend():
                return self._extend(plan, needed, ordered=ordered)
            case Select():
                return self._select(plan, needed, ordered=ordered)
            case Drop():
                source = self._below(plan, needed, ordered=ordered)
                return replace(source, columns={k: v for k, v in source.columns.items() if k not in plan.names})
            case Sort():
                return self._sort(plan, needed)
            case Limit():
                source = self._below(plan, needed, ordered=True)
                keep = [identifier(source.columns[n]) for n in source.columns if n in needed]
                select = _first(self._from(source, keep), source.order, plan.count)
                return self._relation(select, source, needed)
            case Reverse():
                source = self._below(plan, needed, ordered=ordered)
                return replace(source, order=tuple(key.flipped() for key in source.order))
            case Aggregate():
                return self._aggregate(plan, needed)
            case Window():
                return self._window(plan, needed, ordered=ordered)
            case Explode():
                return self._explode(plan, needed, ordered=ordered)
            case Deferred():
                raise EngineError("a deferred stage reached the emitter")
            case _:
                assert_never(plan)

    # --- names

    def identifier(self, name: str) -> str:
        """The SQL identifier of an SPL name: itself, or itself with a number where only its case is new."""
        found = self.identifiers.get(name)
        if found is None:
            found, count = name or "#empty", 1
            while found.lower() in self.taken or "\0" in found:
                count += 1
                found = f"{name.replace(chr(0), '?')}#{count}"
            self.taken.add(found.lower())
            self.identifiers[name] = found
        return found

    def _hidden(self, what: str) -> str:
        self.hidden += 1
        return f"#{what}{self.hidden}"

    # --- building blocks

    def _below(
        self,
        plan: Filter | Extend | Select | Drop | Sort | Limit | Reverse | Window | Explode,
        needed: frozenset[str],
        *,
        ordered: bool,
    ) -> Relation:
        return self.lower(plan.source, needed_of_source(plan, needed), ordered=ordered)

    def _from(self, source: Relation, terms: Iterable[Sql | Term]) -> Query:
        return Query((*terms, *(identifier(key.sql_name) for key in source.order)) or ROW, source.select)

    def _relation(self, select: Query, source: Relation, needed: frozenset[str]) -> Relation:
        return Relation(select, {n: c for n, c in source.columns.items() if n in needed}, source.order)

    def _scalar(self, scalar: object, source: Relation) -> Sql:
        return lower(scalar, _Scope(self.host, source))  # type: ignore[arg-type]  # every scalar of a plan is one of the union

    # --- leaves

    def _scan(self, plan: Scan, needed: frozenset[str], *, ordered: bool) -> Relation:
        asked = set(needed)
        if ordered:
            asked |= {TIME, ORDER}
        extracted = {n for n in asked if n not in EVENT_FIELDS and n[0] != "#"}
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
            columns[name] = self.identifier(name)
            value: Sql | None = identifier(name) if name in delivered else None
            kind = plan.fields.type_of(name) or FieldType.TEXT
            if name in extracted and kind is not FieldType.MULTI:
                found = lower(key_value(name), _Events())
                value = found if value is None else call("coalesce", value, found)
            if value is None:
                value = null(FieldType.BOOL if name == RECOGNISED else kind)
            terms.append(alias(value, columns[name]))
        order: tuple[OrderKey, ...] = ()
        if ordered:
            when, arrival = self._hidden("time"), self._hidden("arrival")
            terms += [alias(identifier(TIME), when), alias(identifier(ORDER), arrival)]
            order = (OrderKey(when, descending=True), OrderKey(arrival, descending=plan.latest_first))
        return Relation(Query(tuple(terms) or ROW, identifier(table)), columns, order)

    def _generate(self, plan: Generate) -> Relation:
        columns = {name: self.identifier(name) for name, _ in plan.columns}
        ordinal = self._hidden("row")
        cells = [alias(_constant(value), columns[name]) for name, value in plan.columns]
        cells.append(alias(column("range"), ordinal))
        select = Query(tuple(cells), call("range", whole(plan.count)))
        return Relation(select, columns, (OrderKey(ordinal),))

    def _rows(self, plan: Rows) -> Relation:
        columns = {name: self.identifier(name) for name, _ in plan.columns}
        ordinal = self._hidden("row")
        if not plan.rows:
            cells: list[Sql | Term] = [alias(null(kind), columns[name]) for name, kind in plan.columns]
            cells.append(alias(whole(0), ordinal))
            return Relation(Query(tuple(cells)).where(FALSE), columns, (OrderKey(ordinal),))
        kinds = [kind for _, kind in plan.columns]
        rows = [
            [*(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)), whole(position)]
            for position, row in enumerate(plan.rows)
        ]
        names = [*columns.values(), ordinal]
        select = Query(tuple(map(identifier, names)), constants(rows, "#rows", names))
        return Relation(select, columns, (OrderKey(ordinal),))

    def _table(self, plan: Table, needed: frozenset[str]) -> Relation:
        name = self.host.table(plan)
        columns = {column: self.identifier(column) for column in plan.columns if column in needed}
        ordinal = self._hidden("row")
        terms: list[Sql | Term] = [alias(identifier(f"c{plan.columns.index(n)}"), c) for n, c in columns.items()]
        terms.append(alias(identifier(ORDER), ordinal))
        return Relation(Query(tuple(terms), identifier(name)), columns, (OrderKey(ordinal),))

    def _stored(self, plan: Stored, needed: frozenset[str]) -> Relation:
        names = {name: self.identifier(name) for name in plan.fields.known}
        select = Query(tuple(map(identifier, (*names.values(), ORDER))), identifier(plan.name))
        kept = Relation(select, names, (OrderKey(ORDER),))
        found: dict[str, Sql] = {}
        for name in sorted(needed - names.keys()):
            if name == RECOGNISED:
                found[name] = FALSE
            elif (kind := plan.fields.type_of(name)) is not None:
                extracted = RAW in names and kind is not FieldType.MULTI
                found[name] = self._scalar(key_value(name), kept) if extracted else null(kind)
        if not found:
            return kept
        columns = names | {name: self.identifier(name) for name in found}
        terms: list[Sql | Term] = [*map(identifier, names.values())]
        terms += [alias(of, columns[name]) for name, of in found.items()]
        return Relation(self._from(kept, terms), columns, kept.order)

    # --- operators

    def _extend(self, plan: Extend, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        assigned = {name: scalar for name, scalar in plan.assignments if name in needed}
        columns = {n: c for n, c in source.columns.items() if n in needed and n not in assigned}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        order = source.order
        for name, scalar in assigned.items():
            columns[name] = self.identifier(name)
            terms.append(alias(self._scalar(scalar, source), columns[name]))
        return Relation(self._from(source, terms), columns, order)

    def _select(self, plan: Select, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        made = {new for new, _ in plan.columns}
        columns = {n: c for n, c in source.columns.items() if n[0] == "#" and n in needed and n not in made}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        for new, old in plan.columns:
            if new in needed:
                columns[new] = self.identifier(new)
                terms.append(alias(source.column(old), columns[new]))
        return Relation(self._from(source, terms), columns, source.order)

    def _sort(self, plan: Sort, needed: frozenset[str]) -> Relation:
        source = self._below(plan, needed, ordered=True)
        keys: list[OrderKey] = []
        terms: list[Sql | Term] = [identifier(source.columns[n]) for n in source.columns if n in needed]
        for key in plan.keys:
            name = self._hidden("key")
            terms.append(alias(self._scalar(key.by, source), name))
            keys.append(OrderKey(name, key.descending))
        columns = {n: c for n, c in source.columns.items() if n in needed}
        found = Relation(self._from(source, terms), columns, (*keys, *source.order))
        if plan.limit is None:
            return found
        kept = [identifier(c) for c in columns.values()]
        select = _first(self._from(found, kept), found.order, plan.limit)
        return replace(found, select=select)

    def _aggregate(self, plan: Aggregate, needed: frozenset[str]) -> Relation:
        calls = [(name, found) for name, found in plan.calls if name in needed]
        ordered = any(found.fn in _NEEDS_ORDER for _, found in calls)
        source = self.lower(plan.source, needed_of_source(plan, needed), ordered=ordered)
        columns: dict[str, str] = {}
        terms: list[Sql | Term] = []
        for name in plan.by:
            columns[name] = self.identifier(name)
            terms.append(identifier(source.columns[name]))
        for name, found in calls:
            columns[name] = self.identifier(name)
            terms.append(alias(self._call(found, source, lambda of: of), columns[name]))
        if not terms:
            terms = [alias(call("count", STAR), "#row")]
        select = Query(tuple(terms), source.select)
        order: tuple[OrderKey, ...] = ()
        if not plan.by:  # a single row, with an ordinal like any other: later stages may ask for the order
            only = self._hidden("row")
            select = replace(select, terms=(*select.terms, alias(whole(0), only)))
            order = (OrderKey(only),)
        if plan.by:
            groups = tuple(source.column(name) for name in plan.by)
            select = replace(select, wheres=tuple(not_(is_null(group)) for group in groups), groups=groups)
            select, order = self._natural_order(plan, Relation(select, columns))
        return Relation(select, columns, order)

    def _natural_order(self, plan: Aggregate, source: Relation) -> tuple[Query, tuple[OrderKey, ...]]:
        keys: list[OrderKey] = []
        terms: list[Sql | Term] = [identifier(c) for c in source.columns.values()]
        for name in plan.by:
            of = source.column(name)
            kind = plan.fields.known[name]
            for part in (call("spl_number", of), of) if kind is FieldType.TEXT else (of,):
                keys.append(OrderKey(self._hidden("group")))
                terms.append(alias(part, keys[-1].sql_name))
        return Query(tuple(terms), source.select), tuple(keys)

    def _call(self, found: AggCall, source: Relation, over: Over) -> Sql:
        args = [self._scalar(arg, source) for arg in found.args]
        order = [key.ordered() for key in source.order]
        reverse = [key.flipped().ordered() for key in source.order]
        return spell(found, args, over, order, reverse)

    def _running(self, found: AggCall, source: Relation, over: Over, partition: list[Sql]) -> Sql:
        args = [self._scalar(arg, source) for arg in found.args]
        if found.fn is AggFn.BEHIND:
            frame = values_behind(number(found.parameter or 0.0))
            return spell(found, args, lambda of: window(of, partition, [sorted_by(args[0])], frame), (), ())
        return spell_running(found, args, over)

    def _preceding(self, rows: Scalar, source: Relation) -> Sql:
        return call("greatest", cast_whole(call("coalesce", self._scalar(rows, source), whole(0))), whole(0))

    def _window(self, plan: Window, needed: frozenset[str], *, ordered: bool) -> Relation:
        calls = [(name, found) for name, found in plan.calls if name in needed]
        wanted = ordered or plan.running or any(found.fn in _NEEDS_ORDER for _, found in calls)
        source = self._below(plan, needed, ordered=wanted)
        columns = {n: c for n, c in source.columns.items() if n in needed and n not in dict(calls)}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        partition = [source.column(name) for name in plan.by]
        missing = [is_null(source.column(name)) for name in plan.by]

        running = [key.ordered() for key in source.order] if plan.running else []
        before = None if plan.preceding is None else self._preceding(plan.preceding, source)
        frame = rows_up_to(preceding=before, current=plan.current) if plan.running else ""

        def over(of: Sql) -> Sql:
            return window(of, partition, running, frame)

        for name, found in calls:
            columns[name] = self.identifier(name)
            value = self._running(found, source, over, partition) if plan.running else self._call(found, source, over)
            if missing:
                value = case([(any_of(missing), null(found.type))], value)
            terms.append(alias(value, columns[name]))
        return Relation(self._from(source, terms), columns, source.order)

    def _explode(self, plan: Explode, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        columns = {n: c for n, c in source.columns.items() if n in needed and n != plan.column}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        columns[plan.column] = self.identifier(plan.column)
        of = source.column(plan.column)
        alone = call("list_value", null(FieldType.TEXT))
        unnested = call("unnest", case([(is_null(of), alone)], of))
        terms.append(alias(unnested, columns[plan.column]))
        order = source.order
        if order:  # the values of one row stay in their order
            position = self._hidden("value")
            index = call(
                "unnest",
                case([(is_null(of), call("range", whole(1)))], call("range", call("len", of))),
            )
            terms.append(alias(index, position))
            order = (*order, OrderKey(position))
        select = self._from(source, terms)
        return Relation(select, columns, order)

    def _union(self, plan: Union, needed: frozenset[str], *, ordered: bool) -> Relation:
        names = [name for name in plan.fields.known if name in needed]
        names += sorted(needed - set(names))
        columns = {name: self.identifier(name) for name in names if plan.fields.type_of(name) is not None}
        part, place = self._hidden("part"), self._hidden("place")
        queries: list[Query] = []
        for position, (below, wanted) in enumerate(zip(plan.sources, needed_of_sources(plan, needed), strict=True)):
            source = self.lower(below, wanted, ordered=ordered)
            terms: list[Sql | Term] = []
            for name in columns:
                kind = plan.fields.type_of(name) or FieldType.TEXT
                value = source.column(name) if name in source.columns else null(kind)
                terms.append(alias(value, columns[name]))
            terms.append(alias(whole(position), part))
            if ordered:
                keys = [key.ordered() for key in source.order]
                terms.append(alias(window(call("row_number"), [], keys), place))
            queries.append(Query(tuple(terms), source.select))
        kept = [identifier(column) for column in (*columns.values(), part, *((place,) if ordered else ()))]
        order = (OrderKey(part), OrderKey(place)) if ordered else ()
        return Relation(Query(tuple(kept), union_all(queries)), columns, order)

    def _join(self, plan: Join, needed: frozenset[str], *, ordered: bool) -> Relation:
        sides = [
            self._renumbered(self.lower(below, wanted, ordered=ordered))
            for below, wanted in zip((plan.source, plan.right), needed_of_sources(plan, needed), strict=True)
        ]
        left, right = sides
        on = [(left.column(mine), right.column(other)) for mine, other in plan.on]
        columns = {n: c for n, c in {**left.columns, **right.columns}.items() if n in needed}
        order = (*left.order, *right.order)
        kept = [identifier(c) for c in (*columns.values(), *(key.sql_name for key in order))]
        source = joined(left.select, right.select, on, outer=plan.outer)
        return Relation(Query(tuple(kept) or ROW, source), columns, order)

    def _renumbered(self, source: Relation) -> Relation:
        """The same rows under order columns of their own, so that two sides never share a name."""
        terms: list[Sql | Term] = [identifier(c) for c in source.columns.values()]
        order: list[OrderKey] = []
        for key in source.order:
            order.append(replace(key, sql_name=self._hidden("side")))
            terms.append(alias(identifier(key.sql_name), order[-1].sql_name))
        return Relation(Query(tuple(terms) or ROW, source.select), source.columns, tuple(order))


ROW: Final = (alias(whole(1), "#row"),)
"""A row without columns is still a row."""


def _first(select: Query, order: tuple[OrderKey, ...], count: int) -> Query:
    return replace(select, order=tuple(key.ordered() for key in order), limit=count)


def _constant(value: Const) -> Sql:
    return lower(value, _Events())


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


def key_value(name: str) -> Call:
    return Call(Fn.KEY_VALUE, (Column(RAW, FieldType.TEXT), Const(name, FieldType.TEXT)), FieldType.TEXT)


class _Events:
    """Names in the table of a scan: columns are called what they are."""

    def column(self, name: str) -> Sql:
        return identifier(name)

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        raise EngineError(f"kernel {name} in a constant")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Names inside one relation."""

    host: Host
    source: Relation

    def column(self, name: str) -> Sql:
        return self.source.column(name)

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        return self.host.kernel(name, settings, args, result)
