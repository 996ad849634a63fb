"""Relational operators: a dozen, closed. A plan is a tree of them; rows have an order, which every operator states.

Row order is a promise of the plan, not an accident of an engine: operators keep it unless they say otherwise, and an
engine carries it as explicit ordinal columns. Hidden columns (order, folded text) are the engine's business. One file
above 400 lines on purpose: the set is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from bootwatch.algebra.scalars import Column, Const, Scalar
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.events.fields import EVENT_FIELDS, INDEXTIME, TIME
from bootwatch.events.source import Prefilter

if TYPE_CHECKING:
    import pyarrow as pa

Cell = str | float | tuple[str, ...]


class AggFn(Enum):
    """Aggregate functions over the non-null values of their argument.

    FIRST, LAST and LIST follow row order; EARLIEST and LATEST follow the second argument.
    """

    COUNT_ROWS = "count_rows"  # -> integer
    COUNT = "count"  # any -> integer, non-null values
    COUNT_TRUE = "count_true"  # bool -> integer
    DISTINCT = "distinct"  # text or multi -> integer
    SUM = "sum"  # number -> number, null of none
    AVG = "avg"
    MIN = "min"  # number or text of one type
    MAX = "max"
    VAR_SAMPLE = "var_sample"  # 0 for a single value
    VAR_POPULATION = "var_population"
    STDEV_SAMPLE = "stdev_sample"
    STDEV_POPULATION = "stdev_population"
    MEDIAN = "median"  # as percentile 50; of an even count an exact .5 is rounded up
    PERCENTILE = "percentile"  # number; parameter 0..100; linear interpolation, to 15 significant digits
    MODE = "mode"  # text: most frequent, ties the lexicographically first
    FIRST = "first"
    LAST = "last"
    EARLIEST = "earliest"  # value, time
    LATEST = "latest"
    LIST = "list"  # text or multi -> multi in row order; parameter: at most that many
    VALUES = "values"  # text or multi -> multi, distinct, byte order
    ROW_NUMBER = "row_number"  # window only
    BEHIND = "behind"  # window only: ascending number -> integer, rows whose number is at least the parameter smaller
    LAG = "lag"  # window only: the value as many rows earlier as the parameter says (one)


@dataclass(frozen=True, slots=True)
class AggCall:
    """One aggregate: ``args`` as the function's comment says, ``parameter`` its constant."""

    fn: AggFn
    args: tuple[Scalar, ...]
    type: FieldType
    parameter: float | None = None


@dataclass(frozen=True, slots=True)
class SortKey:
    """Nulls sort last in both directions."""

    by: Scalar
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """Events of the source, newest first, ties latest arrival first (or earliest, without ``latest_first``).

    ``own`` are further fields the inputs carry themselves. ``implied``: by field, literals of which the folded ``_raw``
    of an event holds one wherever the field has a value (fields in ``own`` excepted). ``needed`` is filled by the
    pruning rule: the event, header, own and extracted fields later stages read. ``folded``: some predicate reads the
    hidden column ``#folded``.
    """

    own: tuple[tuple[str, FieldType], ...] = ()
    implied: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needed: tuple[str, ...] | None = None
    prefilter: Prefilter = field(default_factory=Prefilter)
    earliest_us: int | None = None
    latest_us: int | None = None
    indexes: frozenset[str] | None = None
    sourcetypes: frozenset[str] | None = None
    folded: bool = False
    latest_first: bool = True
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        known = {name: FieldType.NUMBER if name in (TIME, INDEXTIME) else FieldType.TEXT for name in EVENT_FIELDS}
        known |= dict(self.own)
        object.__setattr__(self, "fields", FieldSet(known, open=True))


@dataclass(frozen=True, slots=True)
class Generate:
    """``count`` rows with the same constant columns, in order."""

    count: int
    columns: tuple[tuple[str, Const], ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", FieldSet({name: value.type for name, value in self.columns}))


@dataclass(frozen=True, slots=True)
class Rows:
    """Literal rows: one tuple for each row, a cell per column (None: absent; a tuple of text: multivalue)."""

    columns: tuple[tuple[str, FieldType], ...]
    rows: tuple[tuple[str | float | tuple[str, ...] | None, ...], ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", FieldSet(dict(self.columns)))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a table outside, read when the query runs: ``read`` gives the columns, all text, null for an absent cell.

    ``name`` is what ``explain`` calls it.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[], pa.Table] = field(compare=False, repr=False)
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", FieldSet(dict.fromkeys(self.columns, FieldType.TEXT)))


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows an engine has materialised under a name, in their order.

    Of an open field set further fields are extracted from the rows' ``_raw`` as they are needed.
    ``distinct`` holds the distinct values (as text, in byte order) of the columns a Deferred asked for.
    """

    name: str
    fields: FieldSet
    distinct: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rows: tuple[Mapping[str, Cell], ...] = ()
    """The first rows, absent fields left out, where a Deferred asked to see some."""
    preview: bool = False
    """There are no rows: the query is only compiled."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows for which the predicate is true (not null)."""

    source: Plan
    predicate: Scalar
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields)


@dataclass(frozen=True, slots=True)
class Extend:
    """Columns computed side by side from the source's columns; an existing name is overwritten, keeping its place."""

    source: Plan
    assignments: tuple[tuple[str, Scalar], ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields.with_fields({n: s.type for n, s in self.assignments}))


@dataclass(frozen=True, slots=True)
class Select:
    """Exactly these columns, in this order: ``(new name, source name)``. The source must know every one."""

    source: Plan
    columns: tuple[tuple[str, str], ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        known: dict[str, FieldType] = {}
        for new, old in self.columns:
            kind = self.source.fields.type_of(old)
            known[new] = FieldType.TEXT if kind is None else kind
        object.__setattr__(self, "fields", FieldSet(known))


@dataclass(frozen=True, slots=True)
class Drop:
    """All columns but these; an open set stays open."""

    source: Plan
    names: frozenset[str]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields.without(self.names))


@dataclass(frozen=True, slots=True)
class Sort:
    """A new order; ties keep the old one. At most ``limit`` rows (None: all)."""

    source: Plan
    keys: tuple[SortKey, ...]
    limit: int | None = None
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields)


@dataclass(frozen=True, slots=True)
class Limit:
    """The first ``count`` rows."""

    source: Plan
    count: int
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields)


@dataclass(frozen=True, slots=True)
class Reverse:
    """The same rows in opposite order."""

    source: Plan
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row for each combination of the ``by`` columns (rows lacking one are left out), or one row without any.

    Rows come in natural order of the ``by`` values: numbers by value, then text by bytes.
    """

    source: Plan
    by: tuple[str, ...]
    calls: tuple[tuple[str, AggCall], ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        known: dict[str, FieldType] = {}
        for name in self.by:
            kind = self.source.fields.type_of(name)
            known[name] = FieldType.TEXT if kind is None else kind
        known |= {name: call.type for name, call in self.calls}
        object.__setattr__(self, "fields", FieldSet(known))


@dataclass(frozen=True, slots=True)
class Window:
    """Aggregates added to every row of its group; with ``running`` over the rows up to and including this one.

    A row lacking one of the ``by`` columns gets nulls. Order and other columns stay. Of a running window ``preceding``
    (INTEGER, null: none) says how many rows before this one it begins (None: at the first), and without ``current``
    it ends at the row before.
    """

    source: Plan
    by: tuple[str, ...]
    calls: tuple[tuple[str, AggCall], ...]
    running: bool = False
    preceding: Scalar | None = None
    current: bool = True
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields.with_fields({n: c.type for n, c in self.calls}))


@dataclass(frozen=True, slots=True)
class Explode:
    """A row for each value of a MULTI column, which becomes TEXT; rows without a value stay as they are."""

    source: Plan
    column: str
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields.with_fields({self.column: FieldType.TEXT}))


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of each source in turn, each in its order; a column one of them lacks is null in its rows.

    A column several sources have has one type in all of them.
    """

    sources: tuple[Plan, ...]
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        known: dict[str, FieldType] = {}
        for source in self.sources:
            known |= {name: kind for name, kind in source.fields.known.items() if name not in known}
        opened = [source.fields for source in self.sources if source.fields.open]
        absent = frozenset.intersection(*(frozenset(fields.absent) for fields in opened)) if opened else frozenset()
        object.__setattr__(self, "fields", FieldSet(known, bool(opened), absent - known.keys()))


@dataclass(frozen=True, slots=True)
class Join:
    """Every pair of a row of ``source`` and a row of ``right`` whose key columns are equal (null equals nothing).

    With ``outer`` a row without a partner stays, its right columns null. The sides have no column name in common; the
    key columns (left, right) are of one type. Order: that of ``source``, partners in the order of ``right``.
    """

    source: Plan
    right: Plan
    on: tuple[tuple[str, str], ...]
    outer: bool = False
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.source.fields.with_fields(self.right.fields.known))


class Batch(Protocol):
    """An operator over a whole table that is not relational."""

    def __call__(self, table: pa.Table, messages: list[str]) -> pa.Table:
        """The rows it makes of the rows there are, in order; columns by field name, typed as :meth:`fields` says."""

    def fields(self, source: FieldSet) -> FieldSet:
        """The fields of its rows."""


class Resume(Protocol):
    """The rest of a query whose columns only data can decide."""

    def __call__(self, source: Stored) -> Plan:
        """The plan over the rows of what came before; may itself hold a Deferred."""

    def describe(self) -> str:
        """One line for ``explain``."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Run the source first, then plan the rest on what is there.

    ``discover``: extract every field the events hold; ``distinct``: columns whose values the rest has to know;
    ``rows``: how many rows it has to see; ``batch``: it goes on with what that makes of the rows.
    """

    source: Plan
    resume: Resume
    discover: bool = False
    distinct: tuple[str, ...] = ()
    rows: int = 0
    batch: Batch | None = None
    fields: FieldSet = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", FieldSet(open=True))


Plan = (
    Scan
    | Generate
    | Rows
    | Table
    | Stored
    | Filter
    | Extend
    | Select
    | Drop
    | Sort
    | Limit
    | Reverse
    | Aggregate
    | Window
    | Explode
    | Union
    | Join
    | Deferred
)


def sources(plan: Plan) -> tuple[Plan, ...]:
    """The plans directly under one."""
    match plan:
        case Scan() | Generate() | Rows() | Table() | Stored():
            return ()
        case Union():
            return plan.sources
        case Join():
            return (plan.source, plan.right)
        case _:
            return (plan.source,)


def with_sources(plan: Plan, below: tuple[Plan, ...]) -> Plan:
    """The same operator over other sources, as many as :func:`sources` gives; a leaf stays what it is."""
    match plan:
        case Scan() | Generate() | Rows() | Table() | Stored():
            return plan
        case Union():
            return Union(below)
        case Join():
            return replace(plan, source=below[0], right=below[1])
        case Filter():
            return replace(plan, source=below[0])
        case Extend():
            return replace(plan, source=below[0])
        case Select():
            return replace(plan, source=below[0])
        case Drop():
            return replace(plan, source=below[0])
        case Sort():
            return replace(plan, source=below[0])
        case Limit():
            return replace(plan, source=below[0])
        case Reverse():
            return replace(plan, source=below[0])
        case Aggregate():
            return replace(plan, source=below[0])
        case Window():
            return replace(plan, source=below[0])
        case Explode():
            return replace(plan, source=below[0])
        case Deferred():
            return replace(plan, source=below[0])


def mapped(plan: Plan, change: Callable[[Plan], Plan]) -> Plan:
    """The plan with ``change`` applied to each plan directly under it; itself where nothing changes."""
    below = sources(plan)
    found = tuple(change(source) for source in below)
    same = all(new is old for new, old in zip(found, below, strict=True))
    return plan if same else with_sources(plan, found)


def column(plan: Plan, name: str) -> Column | None:
    """A column of a plan's rows, None where no row can have it."""
    kind = plan.fields.type_of(name)
    return None if kind is None else Column(name, kind)
