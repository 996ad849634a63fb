"""Batches kept for several readings: in memory up to a bound, beyond it in a temporary file."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Final

import pyarrow as pa

LIMIT_BYTES: Final = 128 * 2**20


class Spool:
    """Batches of one schema, read back in the order they were added; :meth:`close` gives up what they take.

    Once all are added, several threads may read at once.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.rows = 0
        self._limit = limit_bytes
        self._kept: list[pa.RecordBatch] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._is_written = False
        self._lock = threading.Lock()

    def add(self, batch: pa.RecordBatch) -> None:
        """Raises OSError where the temporary folder is full."""
        self.rows += batch.num_rows
        if self._writer is None and self._bytes + batch.nbytes <= self._limit:
            self._kept.append(batch)
            self._bytes += batch.nbytes
            return
        if self._writer is None:
            self._file = tempfile.TemporaryFile(prefix="bootwatch-")  # noqa: SIM115  # closed by close()
            self._writer = pa.ipc.new_stream(self._file, batch.schema)
        self._writer.write_batch(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All of them, from the first; nothing may be added afterwards."""
        yield from self._kept
        if self._file is not None and self._writer is not None:
            with self._lock:
                if not self._is_written:
                    self._writer.close()
                    self._file.flush()
                    self._is_written = True
            yield from pa.ipc.open_stream(pa.PythonFile(_Reading(self._file.fileno()), mode="r"))

    def close(self) -> None:
        self._kept.clear()
        if self._file is not None:
            self._file.close()
            self._file = self._writer = None


class _Reading:
    """A file read at a place of one's own: the place in a shared handle belongs to whoever moved it last."""

    closed = False

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def read(self, size: int) -> bytes:
        data = os.pread(self._descriptor, size, self._at)
        self._at += len(data)
        return data
