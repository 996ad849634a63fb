"""DuckDB SQL from parts: the only place where text becomes SQL.

An expression is a :data:`Sql`, which nothing but the functions of this module makes (the type checker sees to it): a
value reaches a query only through :func:`string`, :func:`number` or :func:`whole`, a name only through
:func:`identifier`, and every compound expression carries its own parentheses, so that no piece can change what stands
around it. ``docs/decisions/0001-sql-from-fragments.md`` says why these are texts and not the nodes of a library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType

from bootwatch.algebra.types import FieldType

Sql = NewType("Sql", str)
"""An expression that can stand anywhere an operand can."""

Term = NewType("Term", str)
"""A part of a clause that is no operand: an expression with its alias, or with the direction it sorts in."""

SQL_TYPES: Final = {
    FieldType.TEXT: "VARCHAR",
    FieldType.NUMBER: "DOUBLE",
    FieldType.INTEGER: "DOUBLE",
    FieldType.BOOL: "BOOLEAN",
    FieldType.MULTI: "VARCHAR[]",
}

Operator = Literal["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "&", "|", "<<", ">>", "%"]

STAR: Final = Sql("*")
TRUE: Final = Sql("TRUE")
FALSE: Final = Sql("FALSE")
_NULL: Final = Sql("NULL")


def identifier(name: str) -> Sql:
    """A column or table. ``name`` holds no NUL, which DuckDB's parser stops at."""
    return Sql('"' + name.replace('"', '""') + '"')


def string(value: str) -> Sql:
    """A text constant. DuckDB's parser stops at NUL, so such a text is put together from pieces."""
    if "\0" in value:
        pieces = " || chr(0) || ".join(string(piece) for piece in value.split("\0"))
        return Sql(f"({pieces})")
    return Sql("'" + value.replace("'", "''") + "'")


def number(value: float) -> Sql:
    """A DOUBLE constant."""
    if not math.isfinite(value) or abs(value) >= 1e15:
        return cast(string(repr(value)), FieldType.NUMBER)
    shown = repr(value)
    shown = shown if "e" in shown else shown + "e0"
    return Sql(f"({shown})" if shown[0] == "-" else shown)


def whole(value: int) -> Sql:
    """An INTEGER constant."""
    return Sql(f"({value})" if value < 0 else str(value))


def null(kind: FieldType) -> Sql:
    return cast(_NULL, kind)


def cast(of: Sql, kind: FieldType) -> Sql:
    return Sql(f"CAST({of} AS {SQL_TYPES[kind]})")


def cast_whole(of: Sql, kind: Literal["BIGINT", "INTEGER"] = "BIGINT") -> Sql:
    return Sql(f"CAST({of} AS {kind})")


def call(name: str, *args: Sql) -> Sql:
    """A function of DuckDB, a macro or a kernel of ours. ``name`` is never a user's."""
    return Sql(f"{name}({', '.join(args)})")


def binary(operator: Operator, left: Sql, right: Sql) -> Sql:
    return Sql(f"({left} {operator} {right})")


def concat(parts: Sequence[Sql]) -> Sql:
    return Sql(f"({' || '.join(parts)})")


def all_of(parts: Sequence[Sql]) -> Sql:
    return _connected(" AND ", parts)


def any_of(parts: Sequence[Sql]) -> Sql:
    return _connected(" OR ", parts)


def _connected(connector: str, parts: Sequence[Sql]) -> Sql:
    # DuckDB reads a row of ANDs or ORs without nesting, however long it is.
    return parts[0] if len(parts) == 1 else Sql(f"({connector.join(parts)})")


def not_(of: Sql) -> Sql:
    return Sql(f"(NOT {of})")


def is_null(of: Sql) -> Sql:
    return Sql(f"({of} IS NULL)")


def in_(of: Sql, values: Iterable[Sql]) -> Sql:
    return Sql(f"({of} IN ({', '.join(values)}))")


def case(branches: Sequence[tuple[Sql, Sql]], default: Sql | None) -> Sql:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in branches)
    return Sql(f"(CASE {whens} END)" if default is None else f"(CASE {whens} ELSE {default} END)")


def lambda_(item: str, body: Sql) -> Sql:
    """The argument of a list function; ``item`` is a word of ours."""
    return Sql(f"lambda {item}: {body}")


def column(word: str) -> Sql:
    """An unquoted name of ours."""
    return Sql(word)


# --- aggregates and windows


def distinct(of: Sql) -> Sql:
    """The argument of an aggregate, each value once."""
    return Sql(f"DISTINCT {of}")


def in_order(of: Sql, order: Sequence[Term]) -> Sql:
    """The argument of an aggregate that depends on the order of rows."""
    return Sql(f"{of} ORDER BY {', '.join(order)}") if order else of


def filtered(aggregate: Sql, condition: Sql) -> Sql:
    return Sql(f"{aggregate} FILTER (WHERE {condition})")


def ignoring_nulls(of: Sql) -> Sql:
    """The argument of a window function that passes over nulls."""
    return Sql(f"{of} IGNORE NULLS")


def over(aggregate: Sql, partition: Sequence[Sql], order: Sequence[Term], frame: str = "") -> Sql:
    """A window aggregate; ``frame`` is one of this module's (none: the whole partition)."""
    parts = []
    if partition:
        parts.append(f"PARTITION BY {', '.join(partition)}")
    if order:
        parts.append(f"ORDER BY {', '.join(order)}")
    if frame:
        parts.append(frame)
    return Sql(f"{aggregate} OVER ({' '.join(parts)})")


def rows_up_to(*, preceding: Sql | None = None, current: bool = True) -> str:
    """The frame that ends at a row, or the one before it, and begins ``preceding`` rows before it or at the first."""
    start = "UNBOUNDED PRECEDING" if preceding is None else f"{preceding} PRECEDING"
    return f"ROWS BETWEEN {start} AND {'CURRENT ROW' if current else '1 PRECEDING'}"


def values_behind(distance: Sql) -> str:
    """The frame of the rows whose only order key is at least ``distance`` smaller."""
    return f"RANGE BETWEEN UNBOUNDED PRECEDING AND {distance} PRECEDING"


# --- clauses


def alias(of: Sql, name: str) -> Term:
    return Term(f"{of} AS {identifier(name)}")


def ordered(of: Sql, *, descending: bool = False, nulls_first: bool = False) -> Term:
    return Term(f"{of} {'DESC' if descending else 'ASC'} NULLS {'FIRST' if nulls_first else 'LAST'}")


def values(rows: Sequence[Sequence[Sql]], name: str, columns: Sequence[str]) -> Sql:
    """A table of constants."""
    tuples = ", ".join(f"({', '.join(row)})" for row in rows)
    return Sql(f"(VALUES {tuples}) AS {identifier(name)}({', '.join(map(identifier, columns))})")


@dataclass(frozen=True, slots=True)
class Select:
    """A query: of a table, of a table function, of another query, or of nothing."""

    terms: tuple[Sql | Term, ...]
    source: Sql | Select | None = None
    wheres: tuple[Sql, ...] = ()
    groups: tuple[Sql, ...] = ()
    order: tuple[Term, ...] = ()
    limit: int | None = None
    distinct: bool = False

    def where(self, *conditions: Sql) -> Select:
        return replace(self, wheres=(*self.wheres, *conditions))

    def sql(self, *, pretty: bool = False) -> str:
        """The text of the query; ``pretty``: a clause a line, what is inside indented."""
        # A pipeline of hundreds of commands nests as deep: a loop, not a recursion.
        head: list[str] = []
        tail: list[str] = []
        depth = 0
        query = self
        while True:
            margin = "\n" + "  " * depth if pretty else " "
            terms = f",{margin}  ".join(query.terms) if pretty else ", ".join(query.terms)
            first = f"{margin}  " if pretty else " "
            head.append(f"SELECT{' DISTINCT' if query.distinct else ''}{first}{terms}")
            tail.append(margin.join(("", *query._clauses())))
            match query.source:
                case Select() as inner:
                    depth += 1
                    head.append(f"{margin}FROM ({margin}  " if pretty else " FROM (")
                    tail.append(f"{margin})" if pretty else ")")
                    query = inner
                case None:
                    break
                case source:
                    head.append(f"{margin}FROM {source}")
                    break
        return "".join(head) + "".join(reversed(tail))

    def _clauses(self) -> Iterable[str]:
        if self.wheres:
            yield f"WHERE {' AND '.join(self.wheres)}"
        if self.groups:
            yield f"GROUP BY {', '.join(self.groups)}"
        if self.order:
            yield f"ORDER BY {', '.join(self.order)}"
        if self.limit is not None:
            yield f"LIMIT {self.limit}"


def union_all(queries: Sequence[Select]) -> Sql:
    """The rows of several queries with as many columns of the same types, as something to select from."""
    return Sql(f"({' UNION ALL '.join(query.sql() for query in queries)})")


def joined(left: Select, right: Select, on: Sequence[tuple[Sql, Sql]], *, outer: bool) -> Sql:
    """Pairs of rows with equal keys, as something to select from; the sides have no column name in common."""
    keys = " AND ".join(f"{mine} = {other}" for mine, other in on)
    kind = "LEFT" if outer else "INNER"
    return Sql(
        f"({left.sql()}) AS {identifier('#left')} {kind} JOIN ({right.sql()}) AS {identifier('#right')} ON {keys}"
    )


def create_table(name: str, query: Select) -> str:
    return f"CREATE TEMP TABLE {identifier(name)} AS {query.sql()}"
