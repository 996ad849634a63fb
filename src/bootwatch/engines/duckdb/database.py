"""The databases searches run in, locked down: each search has one to itself, and leaves it to a later one.

Opening one takes 20 to 30 ms, a connection a tenth of one. What a search makes (tables, macros, registered streams) is
temporary and its connection's; functions are the database's, so the search takes them back. The memory limit is a
database's: in a shared one a search would fail for what others hold.
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
_KEPT: Final = 8
_FREE: Final[dict[tuple[int, int, int], list[duckdb.DuckDBPyConnection]]] = {}
"""By process (a fork must not use its parent's), threads and memory limit."""


def borrow(threads: int, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    """A database with these limits that no other search uses until it is given back."""
    with _LOCK:
        free = _FREE.get((os.getpid(), threads, memory_limit_mb))
        found = free.pop() if free else None
    return _opened(threads, memory_limit_mb) if found is None else found


def give_back(database: duckdb.DuckDBPyConnection, threads: int, memory_limit_mb: int) -> None:
    """A search has ended and closed its connection."""
    with _LOCK:
        free = _FREE.setdefault((os.getpid(), threads, memory_limit_mb), [])
        if len(free) < _KEPT:
            free.append(database)


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
            # It makes a join of each "x IN (…)" of five values and more, with a hash table of megabytes for each.
            "disabled_optimizers": "in_clause",
        },
    )
    # No reading or writing outside from here on: every input is an Arrow stream handed in.
    found.execute("SET enable_external_access = false; SET lock_configuration = true;")
    weakref.finalize(found, _removed, spill, os.getpid())
    return found


def _removed(spill: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(spill, ignore_errors=True)
