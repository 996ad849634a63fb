"""One DuckDB connection for one search: locked down, bounded, with the macros and kernels its query uses."""

from __future__ import annotations

import inspect
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Final

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from bootwatch.algebra.kernels import KernelFunction, find
from bootwatch.algebra.types import FieldType
from bootwatch.engines.duckdb.sql import SQL_TYPES

_MACROS: Final = r"""
CREATE TEMP MACRO spl_number(x) AS CASE WHEN regexp_full_match(x, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i:nan)')
  THEN TRY_CAST(x AS DOUBLE) END;
CREATE TEMP MACRO spl_text(x) AS CASE WHEN x = floor(x) AND abs(x) < 1e15 THEN CAST(CAST(x AS BIGINT) AS VARCHAR)
  ELSE CAST(x AS VARCHAR) END;
CREATE TEMP MACRO spl_divide_doubles(x, y) AS x / y;
CREATE TEMP MACRO spl_mod_doubles(x, y) AS x % y;
CREATE TEMP MACRO spl_pow(x, y) AS CASE WHEN isfinite(pow(x, y)) THEN pow(x, y) END;
CREATE TEMP MACRO spl_round(x, n) AS CASE WHEN abs(x) < 1e15 THEN
  CAST(round(CAST(CAST(x AS VARCHAR) AS DECIMAL(38, 20)), n) AS DOUBLE) ELSE x END;
CREATE TEMP MACRO spl_nonempty(l) AS CASE WHEN len(l) > 0 THEN l END;
CREATE TEMP MACRO spl_random() AS CAST(floor(random() * 2147483648) AS DOUBLE);
CREATE TEMP MACRO spl_mode(h) AS list_extract(list_sort(map_keys(map_from_entries(list_filter(map_entries(h),
  lambda e: e.value = list_max(map_values(h)))))), 1);
CREATE TEMP MACRO spl_list_sum(l) AS list_sum(list_transform(l, lambda v: spl_number(v)));
"""
_ARROW: Final = {
    FieldType.TEXT: pa.string(),
    FieldType.NUMBER: pa.float64(),
    FieldType.INTEGER: pa.float64(),
    FieldType.BOOL: pa.bool_(),
    FieldType.MULTI: pa.list_(pa.string()),
}
MEMORY_LIMIT_MB: Final = 384


class Session:
    """A private in-memory database. ``kernel`` registers each (kernel, settings) pair once, under a name of its own."""

    def __init__(self, *, threads: int = 2, memory_limit_mb: int = MEMORY_LIMIT_MB) -> None:
        self._spill = tempfile.mkdtemp(prefix="bootwatch-")  # its name cannot be guessed and its mode is 0700
        self._cleanup = weakref.finalize(self, shutil.rmtree, self._spill, ignore_errors=True)
        self.connection = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": f"{memory_limit_mb}MB",
                "temp_directory": self._spill,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self.connection.execute(_MACROS)
        # No reading or writing outside from here on: every input is an Arrow stream handed in.
        self.connection.execute("SET enable_external_access = false; SET lock_configuration = true;")
        self.messages: list[str] = []
        self._kernels: dict[tuple[str, tuple[str, ...], tuple[FieldType, ...]], str] = {}

    def kernel(self, name: str, settings: tuple[str, ...], args: tuple[FieldType, ...], result: FieldType) -> str:
        key = (name, settings, args)
        found = self._kernels.get(key)
        if found is None:
            found = f"spl_kernel_{len(self._kernels)}"
            self._kernels[key] = found
            kernel = find(name)
            self.connection.create_function(
                found,
                _adapter(kernel, settings, len(args), _ARROW[result], self.messages),
                [SQL_TYPES[arg] for arg in args],
                SQL_TYPES[result],
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
                side_effects=kernel.volatile,
            )
        return found

    def close(self) -> None:
        """Close the database and remove what it spilled; closing twice is closing once."""
        self.connection.close()
        self._cleanup()


def _adapter(
    kernel: KernelFunction, settings: tuple[str, ...], count: int, result: pa.DataType, messages: list[str]
) -> Callable[..., pa.Array]:
    """A function of exactly ``count`` arrays (DuckDB reads the signature) that runs the kernel."""

    def run(*arrays: pa.ChunkedArray) -> pa.Array:
        flat = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
        merged = [array.chunk(0) if isinstance(array, pa.ChunkedArray) else array for array in flat]
        return pa.array(kernel.run(merged, settings, messages), type=result)

    kind = inspect.Parameter.POSITIONAL_ONLY
    names = [inspect.Parameter(f"a{position}", kind) for position in range(count)]
    vars(run)["__signature__"] = inspect.Signature(names)
    return run
