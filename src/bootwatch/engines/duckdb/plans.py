"""Plans spelled as nested DuckDB selects, with row order as explicit columns.

Every relation knows the SQL column of each SPL field (SPL names are case-sensitive, DuckDB's are not, so each gets an
identifier of its own) and, where somebody needs it, the hidden columns its rows are ordered by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

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
from bootwatch.algebra.scalars import Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb import sql
from bootwatch.engines.duckdb.aggregates import Over, spell, spell_running
from bootwatch.engines.duckdb.leaves import Leaves
from bootwatch.engines.duckdb.relations import ROW, Host, Identifiers, OrderKey, Relation, Scope
from bootwatch.engines.duckdb.scalars import lower
from bootwatch.engines.duckdb.sql import (
    Sql,
    Term,
    alias,
    any_of,
    call,
    case,
    cast_whole,
    identifier,
    is_null,
    not_,
    null,
    whole,
)
from bootwatch.errors import EngineError

_NEEDS_ORDER: Final = frozenset(
    {AggFn.FIRST, AggFn.LAST, AggFn.LIST, AggFn.EARLIEST, AggFn.LATEST, AggFn.LAG, AggFn.ROW_NUMBER}
)


@dataclass(slots=True)
class Lowering:
    """Lowers one plan; identifiers are unique over the whole query."""

    host: Host
    names: Identifiers = field(default_factory=Identifiers)
    leaves: Leaves = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = Leaves(self.host, self.names)

    def run(self, plan: Plan) -> Relation:
        """The plan's relation with all its known fields, in order."""
        return self.lower(plan, frozenset(plan.fields.known), ordered=True)

    def lower(self, plan: Plan, needed: frozenset[str], *, ordered: bool) -> Relation:
        match plan:
            case Scan():
                return self.leaves.scan(plan, needed, ordered=ordered)
            case Generate():
                return self.leaves.generate(plan)
            case Rows():
                return self.leaves.rows(plan)
            case Table():
                return self.leaves.table(plan, needed)
            case Stored():
                return self.leaves.stored(plan, needed)
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

    # --- building blocks

    def _below(
        self,
        plan: Filter | Extend | Select | Drop | Sort | Limit | Reverse | Window | Explode,
        needed: frozenset[str],
        *,
        ordered: bool,
    ) -> Relation:
        return self.lower(plan.source, needed_of_source(plan, needed), ordered=ordered)

    def _from(self, source: Relation, terms: Iterable[Sql | Term]) -> sql.Select:
        return sql.Select((*terms, *(identifier(key.sql_name) for key in source.order)) or ROW, source.select)

    def _relation(self, select: sql.Select, source: Relation, needed: frozenset[str]) -> Relation:
        return Relation(select, {n: c for n, c in source.columns.items() if n in needed}, source.order)

    def _scalar(self, scalar: object, source: Relation) -> Sql:
        return lower(scalar, Scope(self.host, source))  # type: ignore[arg-type]  # every scalar of a plan is one of the union

    # --- operators

    def _extend(self, plan: Extend, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        assigned = {name: scalar for name, scalar in plan.assignments if name in needed}
        columns = {n: c for n, c in source.columns.items() if n in needed and n not in assigned}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        order = source.order
        for name, scalar in assigned.items():
            columns[name] = self.names.of(name)
            terms.append(alias(self._scalar(scalar, source), columns[name]))
        return Relation(self._from(source, terms), columns, order)

    def _select(self, plan: Select, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        made = {new for new, _ in plan.columns}
        columns = {n: c for n, c in source.columns.items() if n[0] == "#" and n in needed and n not in made}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        for new, old in plan.columns:
            if new in needed:
                columns[new] = self.names.of(new)
                terms.append(alias(source.column(old), columns[new]))
        return Relation(self._from(source, terms), columns, source.order)

    def _sort(self, plan: Sort, needed: frozenset[str]) -> Relation:
        source = self._below(plan, needed, ordered=True)
        keys: list[OrderKey] = []
        terms: list[Sql | Term] = [identifier(source.columns[n]) for n in source.columns if n in needed]
        for key in plan.keys:
            name = self.names.new("key")
            terms.append(alias(self._scalar(key.by, source), name))
            keys.append(OrderKey(name, key.descending, kind=key.by.type))
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
            columns[name] = self.names.of(name)
            terms.append(identifier(source.columns[name]))
        for name, found in calls:
            columns[name] = self.names.of(name)
            terms.append(alias(self._call(found, source, lambda of: of), columns[name]))
        if not terms:
            terms = [alias(call("count", sql.STAR), "#row")]
        select = sql.Select(tuple(terms), source.select)
        order: tuple[OrderKey, ...] = ()
        if not plan.by:  # a single row, with an ordinal like any other: later stages may ask for the order
            only = self.names.new("row")
            select = replace(select, terms=(*select.terms, alias(whole(0), only)))
            order = (OrderKey(only),)
        if plan.by:
            groups = tuple(source.column(name) for name in plan.by)
            select = replace(select, wheres=tuple(not_(is_null(group)) for group in groups), groups=groups)
            select, order = self._natural_order(plan, Relation(select, columns))
        return Relation(select, columns, order)

    def _natural_order(self, plan: Aggregate, source: Relation) -> tuple[sql.Select, tuple[OrderKey, ...]]:
        keys: list[OrderKey] = []
        terms: list[Sql | Term] = [identifier(c) for c in source.columns.values()]
        for name in plan.by:
            of = source.column(name)
            kind = plan.fields.known[name]
            number = ((call("spl_number", of), FieldType.NUMBER),) if kind is FieldType.TEXT else ()
            for part, is_a in (*number, (of, kind)):
                keys.append(OrderKey(self.names.new("group"), kind=is_a))
                terms.append(alias(part, keys[-1].sql_name))
        return sql.Select(tuple(terms), source.select), tuple(keys)

    def _call(self, found: AggCall, source: Relation, over: Over) -> Sql:
        args = [self._scalar(arg, source) for arg in found.args]
        order = [key.ordered() for key in source.order]
        reverse = [key.flipped().ordered() for key in source.order]
        return spell(found, args, over, order, reverse)

    def _running(self, found: AggCall, source: Relation, over: Over, partition: list[Sql]) -> Sql:
        args = [self._scalar(arg, source) for arg in found.args]
        if found.fn is AggFn.BEHIND:
            frame = sql.values_behind(sql.number(found.parameter or 0.0))
            return spell(found, args, lambda of: sql.over(of, partition, [sql.ordered(args[0])], frame), (), ())
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
        frame = sql.rows_up_to(preceding=before, current=plan.current) if plan.running else ""

        def over(of: Sql) -> Sql:
            return sql.over(of, partition, running, frame)

        for name, found in calls:
            columns[name] = self.names.of(name)
            value = self._running(found, source, over, partition) if plan.running else self._call(found, source, over)
            if missing:
                value = case([(any_of(missing), null(found.type))], value)
            terms.append(alias(value, columns[name]))
        return Relation(self._from(source, terms), columns, source.order)

    def _explode(self, plan: Explode, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        columns = {n: c for n, c in source.columns.items() if n in needed and n != plan.column}
        terms: list[Sql | Term] = [identifier(c) for c in columns.values()]
        columns[plan.column] = self.names.of(plan.column)
        of = source.column(plan.column)
        alone = call("list_value", null(FieldType.TEXT))
        unnested = call("unnest", case([(is_null(of), alone)], of))
        terms.append(alias(unnested, columns[plan.column]))
        order = source.order
        if order:  # the values of one row stay in their order
            position = self.names.new("value")
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
        columns = {name: self.names.of(name) for name in names if plan.fields.type_of(name) is not None}
        part, place = self.names.new("part"), self.names.new("place")
        queries: list[sql.Select] = []
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
                terms.append(alias(sql.over(call("row_number"), [], keys), place))
            queries.append(sql.Select(tuple(terms), source.select))
        kept = [identifier(column) for column in (*columns.values(), part, *((place,) if ordered else ()))]
        order = (OrderKey(part), OrderKey(place)) if ordered else ()
        return Relation(sql.Select(tuple(kept), sql.union_all(queries)), columns, order)

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
        source = sql.joined(left.select, right.select, on, outer=plan.outer)
        return Relation(sql.Select(tuple(kept) or ROW, source), columns, order)

    def _renumbered(self, source: Relation) -> Relation:
        """The same rows under order columns of their own, so that two sides never share a name."""
        terms: list[Sql | Term] = [identifier(c) for c in source.columns.values()]
        order: list[OrderKey] = []
        for key in source.order:
            order.append(replace(key, sql_name=self.names.new("side")))
            terms.append(alias(identifier(key.sql_name), order[-1].sql_name))
        return Relation(sql.Select(tuple(terms) or ROW, source.select), source.columns, tuple(order))


def _first(select: sql.Select, order: tuple[OrderKey, ...], count: int) -> sql.Select:
    return replace(select, order=tuple(key.ordered() for key in order), limit=count)
