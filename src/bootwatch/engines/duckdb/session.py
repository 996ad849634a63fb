"""What one search has of the database: a connection, and the macros and kernels its query uses."""

from __future__ import annotations

import inspect
import itertools
import re
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bootwatch.algebra.kernels import KernelFunction, find
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.sql import SQL_TYPES
from bootwatch.engines.duckdb.tables import Stream
from bootwatch.errors import Error

if TYPE_CHECKING:
    import duckdb

_MACROS: Final = {
    "spl_number": r"""(x) AS CASE WHEN regexp_full_match(x, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i:nan)')
      THEN TRY_CAST(x AS DOUBLE) END""",
    "spl_text": """(x) AS CASE WHEN x = floor(x) AND abs(x) < 9223372036854775808 THEN
      CAST(CAST(x AS BIGINT) AS VARCHAR) ELSE CAST(x AS VARCHAR) END""",
    # A macro puts its argument wherever it names it; one that differs at each look is looked at once.
    "spl_text_once": "(x) AS list_extract(list_transform([x], lambda v: spl_text(v)), 1)",
    "spl_divide_doubles": "(x, y) AS x / y",
    "spl_mod_doubles": "(x, y) AS x % y",
    "spl_pow": "(x, y) AS CASE WHEN isfinite(pow(x, y)) THEN pow(x, y) END",
    "spl_round": """(x, n) AS CASE WHEN abs(x) < 1e15 THEN
      CAST(round(CAST(CAST(x AS VARCHAR) AS DECIMAL(38, 20)), n) AS DOUBLE) ELSE x END""",
    "spl_unquoted": """(x) AS nullif(trim(list_extract(list_transform([x], lambda v:
      CASE WHEN v[1] IN ('"', '''') THEN v[2:-2] ELSE v END), 1), ' '), '')""",
    "spl_nonempty": "(l) AS CASE WHEN len(l) > 0 THEN l END",
    "spl_random": "() AS CAST(floor(random() * 2147483648) AS DOUBLE)",
    "spl_mode": """(h) AS list_extract(list_sort(map_keys(map_from_entries(list_filter(map_entries(h),
      lambda e: e.value = list_max(map_values(h)))))), 1)""",
    "spl_list_sum": "(l) AS list_sum(list_transform(l, lambda v: spl_number(v)))",
}
"""Our functions spelled in SQL; a query gets those whose names occur in it."""

_NAMED: Final = re.compile(r"\bspl_[a-z0-9_]+(?=\()")
_STAYS: Final = "spl_stays"
_BATCH_ROWS: Final = 65_536
_SERIALS: Final = itertools.count()
"""Functions are the database's, which a later search uses too: no name is there twice."""
ARROW: Final = {
    FieldType.TEXT: pa.string(),
    FieldType.NUMBER: pa.float64(),
    FieldType.INTEGER: pa.float64(),
    FieldType.BOOL: pa.bool_(),
    FieldType.MULTI: pa.list_(pa.string()),
}
"""A column of each type, outside the database."""
MEMORY_LIMIT_MB: Final = 384


def failures() -> tuple[type[Exception], ...]:
    """What a statement, or reading its answer, may raise."""
    import duckdb

    return duckdb.Error, pa.ArrowException, OSError, RuntimeError  # the last where a signal ends a statement


def is_interrupted(exc: BaseException) -> bool:
    """Whether a signal ended a statement, which the database tells in ways of its own."""
    import duckdb

    return isinstance(exc, duckdb.InterruptException) or (
        isinstance(exc, RuntimeError) and not isinstance(exc, duckdb.Error) and str(exc) == "Query interrupted"
    )


def is_out_of_memory(exc: BaseException) -> bool:
    """Whether the database ended a statement at its memory limit."""
    import duckdb

    return isinstance(exc, duckdb.OutOfMemoryException)


class Session:
    """One search's connection to the database, made when the first statement runs: compiling a query needs none.

    ``kernel`` names each (kernel, settings, argument types) once.
    """

    def __init__(self, *, threads: int = 2, memory_limit_mb: int = MEMORY_LIMIT_MB) -> None:
        self.messages: list[str] = []
        self.refusals: list[Error] = []
        """Errors of ours that kernels raised; the database itself only reports their text."""
        self._threads, self._memory_limit_mb = threads, memory_limit_mb
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._serial = next(_SERIALS)
        self._kernels: dict[tuple[str, tuple[str, ...], tuple[FieldType, ...]], str] = {}
        self._known: set[str] = set()
        self._functions: list[str] = []
        self._end: Callable[[], object] | None = None
        self._wanted: dict[str, tuple[str, tuple[str, ...], tuple[FieldType, ...], FieldType]] = {}

    def open(self) -> duckdb.DuckDBPyConnection:
        """The search's own connection, made if it was not."""
        if self._connection is None:
            from bootwatch.engines.duckdb import database

            limits = self._threads, self._memory_limit_mb
            lent = database.borrow(*limits)
            self._connection = lent.cursor()
            # A session that nobody closed would keep its database, and its functions in it.
            leave = partial(database.give_back, lent, *limits)
            end = weakref.finalize(self, _taken_back, self._connection, self._functions, leave)
            end.atexit = False
            self._end = end
        return self._connection

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        """The name a kernel has in a query."""
        key = (name, settings, args)
        found = self._kernels.get(key)
        if found is None:
            found = f"spl_kernel_{self._serial}_{len(self._kernels)}"
            self._kernels[key] = found
            self._wanted[found] = (name, settings, args, result)
        return found

    def register(self, table: str, reader: pa.RecordBatchReader | Stream) -> None:
        """Make a stream of batches a table, which can be read once, or one that is filled for each reading."""
        self.open().register(table, reader)

    def execute(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        self._declare_all(statement)
        self.open().execute(statement)

    def query(self, statement: str) -> pa.RecordBatchReader:
        """Run a query; its answer comes as it is computed."""
        self._declare_all(statement)
        return self.open().sql(statement).to_arrow_reader(_BATCH_ROWS)

    def few(self, statement: str) -> pa.RecordBatchReader:
        """Run a query that answers few rows: all at once, and without binding it twice, as a stream is."""
        self._declare_all(statement)
        cursor = self.open().execute(statement)
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        columns = zip(*rows, strict=True) if rows else ((),) * len(names)
        batch = pa.RecordBatch.from_arrays([pa.array(column) for column in columns], names=names)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])

    def prepare(self, statement: str) -> None:
        """Make a query the session's one that stays, in place of another."""
        self._declare_all(statement)
        self.open().execute(f"PREPARE {_STAYS} AS {statement}")

    def prepared(self) -> pa.RecordBatchReader:
        """Run the query that stays; its answer is held whole."""
        return self.open().sql(f"EXECUTE {_STAYS}").to_arrow_reader(_BATCH_ROWS)

    def _declare_all(self, statement: str) -> None:
        for name in dict.fromkeys(_NAMED.findall(statement)):
            self._declare(name)

    def _declare(self, name: str) -> None:
        """Declare a macro or a kernel once. What only looks like one stands in a text of the query."""
        if name in self._known:
            return
        self._known.add(name)
        macro = _MACROS.get(name)
        if macro is not None:
            self._declare_all(macro)
            self.open().execute(f"CREATE TEMP MACRO {name}{macro}")
        elif name in self._wanted:
            self._create_function(name, *self._wanted[name])

    def _create_function(
        self, name: str, kernel_name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType
    ) -> None:
        from duckdb.func import FunctionNullHandling, PythonUDFType

        kernel = find(kernel_name)
        self.open().create_function(
            name,
            _adapter(kernel, settings, len(args), ARROW[result], self.messages, self.refusals),
            [SQL_TYPES[arg] for arg in args],
            SQL_TYPES[result],
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
            side_effects=kernel.volatile,
        )
        self._functions.append(name)

    def close(self) -> None:
        """Take back the kernels, close the connection and leave the database; closing twice is closing once."""
        if self._end is not None:
            self._end()
            self._known.clear()


def _taken_back(connection: duckdb.DuckDBPyConnection, functions: list[str], leave: Callable[[], None]) -> None:
    for name in functions:
        connection.remove_function(name)
    connection.close()
    leave()


def _adapter(
    kernel: KernelFunction,
    settings: tuple[str, ...],
    count: int,
    result: pa.DataType,
    messages: list[str],
    refusals: list[Error],
) -> Callable[..., pa.Array]:
    """A function of exactly ``count`` arrays (DuckDB reads the signature) that runs the kernel."""

    def run(*arrays: pa.ChunkedArray) -> pa.Array:
        flat = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
        merged = [array.chunk(0) if isinstance(array, pa.ChunkedArray) else array for array in flat]
        try:
            return pa.array(kernel.run(merged, settings, messages), type=result)
        except Error as exc:
            refusals.append(exc)
            raise

    kind = inspect.Parameter.POSITIONAL_ONLY
    names = [inspect.Parameter(f"a{position}", kind) for position in range(count)]
    vars(run)["__signature__"] = inspect.Signature(names)
    return run
