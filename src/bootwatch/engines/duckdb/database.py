"""The database all searches of a process share: opened once, locked down, a connection for each search.

Opening one takes 20 to 30 ms, a connection a tenth of one. What a search makes (tables, macros, registered streams) is
temporary and its connection's; functions are the database's, so their names are unique and the search takes them back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from typing import Final

import duckdb

_LOCK: Final = threading.Lock()
_OPEN: Final[dict[tuple[int, int, int], duckdb.DuckDBPyConnection]] = {}
"""By process (a fork must not use its parent's), threads and memory limit."""


def connect(threads: int, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the shared database with these limits."""
    key = (os.getpid(), threads, memory_limit_mb)
    with _LOCK:
        found = _OPEN.get(key)
        if found is None:
            found = _OPEN[key] = _opened(threads, memory_limit_mb)
        return found.cursor()


def _opened(threads: int, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    spill = tempfile.mkdtemp(prefix="bootwatch-")  # its name cannot be guessed and its mode is 0700
    found = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_limit_mb}MB",
            "temp_directory": spill,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    # No reading or writing outside from here on: every input is an Arrow stream handed in.
    found.execute("SET enable_external_access = false; SET lock_configuration = true;")
    weakref.finalize(found, _removed, spill, os.getpid())
    return found


def _removed(spill: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(spill, ignore_errors=True)
