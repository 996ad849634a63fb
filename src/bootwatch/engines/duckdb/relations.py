"""What lowering works with: relations, the order their rows have, and the SQL names of SPL's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from bootwatch.algebra.plans import Scan, Stored, Table
from bootwatch.algebra.scalars import Call, Case, Column, Const, Fn, Kernel, Scalar, null, text
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb import sql
from bootwatch.engines.duckdb.sql import Select, Sql, Term, identifier
from bootwatch.events.fields import RAW

if TYPE_CHECKING:
    import pyarrow as pa

ROW: Final = (sql.alias(sql.whole(1), "#row"),)
"""A row without columns is still a row."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A hidden column rows are ordered by; ``kind`` None is a whole number."""

    sql_name: str
    descending: bool = False
    nulls_first: bool = False
    kind: FieldType | None = None

    def flipped(self) -> OrderKey:
        return replace(self, descending=not self.descending, nulls_first=not self.nulls_first)

    def ordered(self) -> Term:
        return sql.ordered(identifier(self.sql_name), descending=self.descending, nulls_first=self.nulls_first)


@dataclass(frozen=True, slots=True)
class Relation:
    """A select, the SQL column of each field it has, and its order keys (empty: nobody asked)."""

    select: Select
    columns: Mapping[str, str]
    order: tuple[OrderKey, ...] = ()

    def column(self, name: str) -> Sql:
        return identifier(self.columns[name])


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of the database that holds rows of a plan: the SQL column of each field, and its order columns.

    ``where`` chooses the rows, where the table holds others as well.
    """

    table: str
    columns: Mapping[str, str]
    order: tuple[OrderKey, ...]
    where: tuple[Sql, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are handed from stage to stage: columns ``c0 …`` hold the fields, ``o0 …`` what the rows are ordered by.

    ``prefix`` tells the columns of two sides apart that travel together.
    """

    fields: tuple[tuple[str, FieldType], ...]
    order: tuple[OrderKey, ...]
    prefix: str = ""

    @property
    def columns(self) -> list[tuple[str, FieldType | None]]:
        """Every column with its type, None for a whole number."""
        found: list[tuple[str, FieldType | None]] = [
            (f"{self.prefix}c{position}", kind) for position, (_, kind) in enumerate(self.fields)
        ]
        return [*found, *((key.sql_name, key.kind) for key in self.keys)]

    @property
    def keys(self) -> tuple[OrderKey, ...]:
        """What the rows are ordered by, called as the columns are."""
        return tuple(replace(key, sql_name=f"{self.prefix}o{place}") for place, key in enumerate(self.order))

    def kept(self, table: str, where: tuple[Sql, ...] = ()) -> Kept:
        """Where the rows are once they are a table."""
        columns = {name: f"{self.prefix}c{position}" for position, (name, _) in enumerate(self.fields)}
        return Kept(table, columns, self.keys, where)


@dataclass(frozen=True, slots=True)
class Given:
    """Rows another stage left: ``rows`` None while a plan is only compiled. ``twice``: they are read more than once."""

    kept: Kept
    rows: pa.Table | pa.RecordBatchReader | None = None
    twice: bool = False


class Host(Protocol):
    """What lowering needs from the running search."""

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str: ...

    def scan(self, plan: Scan, fields: tuple[str, ...]) -> tuple[str, frozenset[str]]:
        """Register the source of a scan; the table's name, and which of ``fields`` it delivers as columns."""

    @property
    def later(self) -> frozenset[str]:
        """Fields nobody reads before discovery, which takes them out of the texts where they occur at all."""

    def stored(self, plan: Stored) -> Kept:
        """Where the rows are that a deferral, or another machine, left for this plan."""

    def table(self, plan: Table) -> str:
        """Make a table from outside one of the database, with an ordinal column ``#n``; its name there."""


@dataclass(slots=True)
class Identifiers:
    """SQL names, unique over one query: SPL tells ``A`` from ``a``, DuckDB does not."""

    known: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    hidden: int = 0

    def of(self, name: str) -> str:
        """The SQL identifier of an SPL name: itself, or itself with a number where only its case is new."""
        found = self.known.get(name)
        if found is None:
            found, count = name or "#empty", 1
            while found.lower() in self.taken or "\0" in found:
                count += 1
                found = f"{name.replace(chr(0), '?')}#{count}"
            self.taken.add(found.lower())
            self.known[name] = found
        return found

    def new(self, what: str) -> str:
        """The name of a hidden column."""
        self.hidden += 1
        return f"#{what}{self.hidden}"


def automatic(name: str, kind: FieldType) -> Scalar:
    """What Splunk finds in an event for a field without being told how: of a JSON object the value under a path, of
    any other text ``key=value``. A field of several values (``list{}.name``) is found in JSON only.
    """
    raw, path = Column(RAW, FieldType.TEXT), Const(name, FieldType.TEXT)
    document = Kernel("json_values" if kind is FieldType.MULTI else "json_value", (raw, path), (), kind)
    pair = null(kind) if kind is FieldType.MULTI else Call(Fn.KEY_VALUE, (raw, path), kind)
    found = Case(((Call(Fn.STARTS_WITH, (raw, text("{")), FieldType.BOOL), document),), pair, kind)
    part = max(re.split(r"[._]|\{\}", name), key=len) or name
    return Case(((Call(Fn.CONTAINS, (raw, text(part)), FieldType.BOOL), found),), null(kind), kind)


@dataclass(frozen=True, slots=True)
class Scope:
    """Names inside one relation."""

    host: Host
    source: Relation

    def column(self, name: str) -> Sql:
        return self.source.column(name)

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        return self.host.kernel(name, settings, args, result)
