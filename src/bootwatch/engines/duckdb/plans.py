"""Plans spelled as nested DuckDB selects, with row order as explicit columns.

Every relation knows the SQL column of each SPL field (SPL names are case-sensitive, DuckDB's are not, so each gets an
identifier of its own) and, where somebody needs it, the hidden columns its rows are ordered by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, assert_never

from sqlglot import exp

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
    Limit,
    Plan,
    Reverse,
    Rows,
    Scan,
    Select,
    Sort,
    Stored,
    Window,
)
from bootwatch.algebra.rules.needs import needed_of_source
from bootwatch.algebra.scalars import Call, Column, Const, Fn
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.aggregates import Over, spell
from bootwatch.engines.duckdb.scalars import Sql, call, case, cast, is_null, lower, not_, null, number, string
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

    def ordered(self) -> exp.Ordered:
        return exp.Ordered(this=_quoted(self.sql_name), desc=self.descending, nulls_first=self.nulls_first)


@dataclass(frozen=True, slots=True)
class Relation:
    """A select, the SQL column of each field it has, and its order keys (empty: nobody asked)."""

    select: exp.Select
    columns: Mapping[str, str]
    order: tuple[OrderKey, ...] = ()

    def column(self, name: str) -> Sql:
        return _quoted(self.columns[name])


class Host(Protocol):
    """What lowering needs from the running search."""

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str: ...

    def scan(self, plan: Scan, fields: tuple[str, ...]) -> tuple[str, frozenset[str]]:
        """Register the source of a scan; the table's name, and which of ``fields`` it delivers as columns."""


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
            case Stored():
                names = {name: self.identifier(name) for name in plan.fields.known}
                select = exp.Select(expressions=[_quoted(n) for n in (*names.values(), ORDER)]).from_(
                    _quoted(plan.name)
                )
                return Relation(select, names, (OrderKey(ORDER),))
            case Filter():
                source = self._below(plan, needed, ordered=ordered)
                keep = [_quoted(source.columns[n]) for n in source.columns if n in needed]
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
                keep = [_quoted(source.columns[n]) for n in source.columns if n in needed]
                select = self._from(source, keep).order_by(*(k.ordered() for k in source.order)).limit(plan.count)
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

    def _from(self, source: Relation, expressions: Iterable[Sql]) -> exp.Select:
        order = [_quoted(key.sql_name) for key in source.order]
        chosen = [*expressions, *order]
        if not chosen:  # a row without columns is still a row
            chosen = [exp.alias_(exp.Literal.number(1), "#row", quoted=True)]
        return exp.Select(expressions=chosen).from_(exp.Subquery(this=source.select))

    def _relation(self, select: exp.Select, source: Relation, needed: frozenset[str]) -> Relation:
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
        expressions: list[Sql] = []
        own = dict(plan.own)
        names = [n for n in (*EVENT_FIELDS, *own) if n in needed] + sorted(
            n for n in needed if n not in EVENT_FIELDS and n not in own
        )
        for name in names:
            identifier = self.identifier(name)
            value: Sql | None = _quoted(name) if name in delivered else None
            if name in extracted and own.get(name) is not FieldType.MULTI:
                found = lower(key_value(name), _Events())
                value = found if value is None else call("coalesce", value, found)
            if value is None:
                value = null(FieldType.BOOL if name == RECOGNISED else own.get(name, FieldType.TEXT))
            columns[name] = identifier
            expressions.append(exp.alias_(value, identifier, quoted=True))
        order: tuple[OrderKey, ...] = ()
        if ordered:
            when, arrival = self._hidden("time"), self._hidden("arrival")
            expressions += [
                exp.alias_(_quoted(TIME), when, quoted=True),
                exp.alias_(_quoted(ORDER), arrival, quoted=True),
            ]
            order = (OrderKey(when, descending=True), OrderKey(arrival, descending=plan.latest_first))
        if not expressions:
            expressions = [exp.alias_(exp.Literal.number(1), "#row", quoted=True)]
        return Relation(exp.Select(expressions=expressions).from_(_quoted(table)), columns, order)

    def _generate(self, plan: Generate) -> Relation:
        columns = {name: self.identifier(name) for name, _ in plan.columns}
        ordinal = self._hidden("row")
        cells = [exp.alias_(_constant(value), columns[name], quoted=True) for name, value in plan.columns]
        cells.append(exp.alias_(exp.column("range"), ordinal, quoted=True))
        select = exp.Select(expressions=cells).from_(call("range", exp.Literal.number(plan.count)))
        return Relation(select, columns, (OrderKey(ordinal),))

    def _rows(self, plan: Rows) -> Relation:
        columns = {name: self.identifier(name) for name, _ in plan.columns}
        ordinal = self._hidden("row")
        if not plan.rows:
            cells: list[Sql] = [exp.alias_(null(kind), columns[name], quoted=True) for name, kind in plan.columns]
            cells.append(exp.alias_(exp.Literal.number(0), ordinal, quoted=True))
            return Relation(exp.Select(expressions=cells).where(exp.false()), columns, (OrderKey(ordinal),))
        kinds = [kind for _, kind in plan.columns]
        tuples: list[exp.Tuple] = []
        for position, row in enumerate(plan.rows):
            cells = [_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)]
            tuples.append(exp.Tuple(expressions=[*cells, exp.Literal.number(position)]))
        names = [*columns.values(), ordinal]
        aliases = [exp.to_identifier(name, quoted=True) for name in names]
        alias = exp.TableAlias(this=exp.to_identifier("#rows", quoted=True), columns=aliases)
        select = exp.Select(expressions=[_quoted(name) for name in names]).from_(
            exp.Values(expressions=tuples, alias=alias)
        )
        return Relation(select, columns, (OrderKey(ordinal),))

    # --- operators

    def _extend(self, plan: Extend, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        assigned = {name: scalar for name, scalar in plan.assignments if name in needed}
        columns = {n: c for n, c in source.columns.items() if n in needed and n not in assigned}
        expressions: list[Sql] = [_quoted(c) for c in columns.values()]
        order = source.order
        for name, scalar in assigned.items():
            columns[name] = self.identifier(name)
            expressions.append(exp.alias_(self._scalar(scalar, source), columns[name], quoted=True))
        return Relation(self._from(source, expressions), columns, order)

    def _select(self, plan: Select, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        columns: dict[str, str] = {n: c for n, c in source.columns.items() if n[0] == "#" and n in needed}
        expressions: list[Sql] = [_quoted(c) for c in columns.values()]
        for new, old in plan.columns:
            if new in needed:
                columns[new] = self.identifier(new)
                expressions.append(exp.alias_(source.column(old), columns[new], quoted=True))
        return Relation(self._from(source, expressions), columns, source.order)

    def _sort(self, plan: Sort, needed: frozenset[str]) -> Relation:
        source = self._below(plan, needed, ordered=True)
        keys: list[OrderKey] = []
        expressions: list[Sql] = [_quoted(source.columns[n]) for n in source.columns if n in needed]
        for key in plan.keys:
            name = self._hidden("key")
            expressions.append(exp.alias_(self._scalar(key.by, source), name, quoted=True))
            keys.append(OrderKey(name, key.descending))
        columns = {n: c for n, c in source.columns.items() if n in needed}
        found = Relation(self._from(source, expressions), columns, (*keys, *source.order))
        if plan.limit is None:
            return found
        kept = [_quoted(c) for c in columns.values()]
        select = self._from(found, kept).order_by(*(key.ordered() for key in found.order)).limit(plan.limit)
        return replace(found, select=select)

    def _aggregate(self, plan: Aggregate, needed: frozenset[str]) -> Relation:
        calls = [(name, found) for name, found in plan.calls if name in needed]
        ordered = any(found.fn in _NEEDS_ORDER for _, found in calls)
        source = self.lower(plan.source, needed_of_source(plan, needed), ordered=ordered)
        columns: dict[str, str] = {}
        expressions: list[Sql] = []
        for name in plan.by:
            columns[name] = self.identifier(name)
            expressions.append(_quoted(source.columns[name]))
        for name, found in calls:
            columns[name] = self.identifier(name)
            expressions.append(exp.alias_(self._call(found, source, lambda of: of), columns[name], quoted=True))
        if not expressions:
            expressions = [exp.alias_(exp.Count(this=exp.Star()), "#row", quoted=True)]
        select = exp.Select(expressions=expressions).from_(exp.Subquery(this=source.select))
        order: tuple[OrderKey, ...] = ()
        if not plan.by:  # a single row, with an ordinal like any other: later stages may ask for the order
            only = self._hidden("row")
            select = select.select(exp.alias_(exp.Literal.number(0), only, quoted=True))
            order = (OrderKey(only),)
        if plan.by:
            groups = [source.column(name) for name in plan.by]
            select = select.where(*(not_(is_null(group)) for group in groups)).group_by(*groups)
            select, order = self._natural_order(plan, Relation(select, columns))
        return Relation(select, columns, order)

    def _natural_order(self, plan: Aggregate, source: Relation) -> tuple[exp.Select, tuple[OrderKey, ...]]:
        keys: list[OrderKey] = []
        expressions: list[Sql] = [_quoted(c) for c in source.columns.values()]
        for name in plan.by:
            of = source.column(name)
            kind = plan.fields.known[name]
            for part in (call("spl_number", of), of) if kind is FieldType.TEXT else (of,):
                keys.append(OrderKey(self._hidden("group")))
                expressions.append(exp.alias_(part.copy(), keys[-1].sql_name, quoted=True))
        return exp.Select(expressions=expressions).from_(exp.Subquery(this=source.select)), tuple(keys)

    def _call(self, found: AggCall, source: Relation, over: Over) -> Sql:
        args = [self._scalar(arg, source) for arg in found.args]
        order = [key.ordered() for key in source.order]
        reverse = [key.flipped().ordered() for key in source.order]
        return spell(found, args, over, order, reverse)

    def _window(self, plan: Window, needed: frozenset[str], *, ordered: bool) -> Relation:
        calls = [(name, found) for name, found in plan.calls if name in needed]
        wanted = ordered or plan.running or any(found.fn in _NEEDS_ORDER for _, found in calls)
        source = self._below(plan, needed, ordered=wanted)
        columns = {n: c for n, c in source.columns.items() if n in needed and n not in dict(calls)}
        expressions: list[Sql] = [_quoted(c) for c in columns.values()]
        partition = [source.column(name) for name in plan.by]
        missing = [is_null(source.column(name)) for name in plan.by]

        def over(of: Sql) -> Sql:
            parts: dict[str, object] = {"this": of, "partition_by": [p.copy() for p in partition]}
            if plan.running:
                parts["order"] = exp.Order(expressions=[key.ordered() for key in source.order])
                parts["spec"] = exp.WindowSpec(
                    kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
                )
            return exp.Window(**parts)

        for name, found in calls:
            columns[name] = self.identifier(name)
            value = self._call(found, source, over)
            if missing:
                value = case([(_any(missing), null(found.type))], value)
            expressions.append(exp.alias_(value, columns[name], quoted=True))
        return Relation(self._from(source, expressions), columns, source.order)

    def _explode(self, plan: Explode, needed: frozenset[str], *, ordered: bool) -> Relation:
        source = self._below(plan, needed, ordered=ordered)
        columns = {n: c for n, c in source.columns.items() if n in needed and n != plan.column}
        expressions: list[Sql] = [_quoted(c) for c in columns.values()]
        columns[plan.column] = self.identifier(plan.column)
        of = source.column(plan.column)
        alone = call("list_value", null(FieldType.TEXT))
        unnested = call("unnest", case([(is_null(of), alone)], of.copy()))
        expressions.append(exp.alias_(unnested, columns[plan.column], quoted=True))
        order = source.order
        if order:  # the values of one row stay in their order
            position = self._hidden("value")
            index = call(
                "unnest",
                case(
                    [(is_null(of.copy()), call("range", exp.Literal.number(1)))], call("range", call("len", of.copy()))
                ),
            )
            expressions.append(exp.alias_(index, position, quoted=True))
            order = (*order, OrderKey(position))
        select = self._from(source, expressions)
        return Relation(select, columns, order)


def _any(parts: list[Sql]) -> Sql:
    found = parts[0]
    for part in parts[1:]:
        found = exp.Paren(this=exp.Or(this=found, expression=part))
    return found


def _quoted(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


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
        return _quoted(name)

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
