"""Logs where only a cluster's own connectors reach: ``s3a://``, ``hdfs://``, ``abfss://``, and what else it knows.

The cluster lists the paths and brings each file's bytes to one of its workers, which reads them as it would a file of
its own, whatever format they are in. A file is one worker's, and has to fit into its memory.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from bootwatch.errors import InputError
from bootwatch.events.clock import Clock
from bootwatch.events.source import EventSource, Opener, RemoteFile, ScanReport, ScanRequest, Wrapped
from bootwatch.ingest.files import FileSource

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

Listing = Callable[[list[str], list[str]], list[RemoteFile]]
"""The files under some paths, in their order, as the cluster tells them; what it does not read goes to the second list.
Raises InputError.
"""


def is_remote(path: str | Path) -> bool:
    """Whether a path names a file system (``s3a://…``, ``file://…``)."""
    return _SCHEME.match(str(path)) is not None


class RemoteSource:
    """An :class:`~bootwatch.events.source.EventSource` whose events only the workers of a cluster can read.

    ``fields`` says which further fields the files carry themselves, for the workers to agree on.
    """

    def __init__(
        self,
        paths: Iterable[str],
        *,
        clock: Clock,
        listing: Listing,
        fields: Callable[[list[RemoteFile], Opener], dict[str, bool]],
        index: str | None = None,
        sourcetype: str | None = None,
        host: str | None = None,
        prefilter_enabled: bool = True,
    ) -> None:
        self._report = ScanReport()
        self._given = list(paths)
        self._listing, self._fields = listing, fields
        self._listed: list[RemoteFile] | None = None
        self.skipped: list[str] = []
        self._own: dict[str, bool] | None = None
        self._opens = _Opens(clock, index, sourcetype, host, prefilter_enabled)

    @property
    def report(self) -> ScanReport:
        return self._report

    @report.setter
    def report(self, report: ScanReport) -> None:
        """What the workers met; the cluster's reader passes over some names, whoever asks."""
        if self.skipped:
            names = ", ".join(self.skipped[:3]) + (" …" if len(self.skipped) > 3 else "")
            report.notes.insert(0, f"{len(self.skipped)} files whose name begins with '_' are not read there: {names}")
        self._report = report

    def files(self, request: ScanRequest) -> list[RemoteFile]:
        del request  # what a file holds is known once it is read
        if self._listed is None:
            self._listed = self._listing(self._given, self.skipped)
            if not self._listed:
                raise InputError("no files here that the cluster reads", path=", ".join(self._given))
        return self._listed

    def opener(self) -> Opener:
        return _Opens(
            self._opens.clock,
            self._opens.index,
            self._opens.sourcetype,
            self._opens.host,
            self._opens.prefilter_enabled,
            tuple(self.own_fields(None).items()),
        )

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        if self._own is None:
            self._own = self._fields(self.files(ScanRequest(())), self._opens)
        return {name: several for name, several in self._own.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        raise InputError("only a cluster reads this: give --engine", path=self._given[0])


@dataclass(frozen=True, slots=True)
class _Opens:
    """Opens one file in a worker."""

    clock: Clock
    index: str | None
    sourcetype: str | None
    host: str | None
    prefilter_enabled: bool
    own: tuple[tuple[str, bool], ...] | None = None

    def __call__(self, number: int, path: str, data: bytes) -> EventSource:
        # Formats are told by content and name; what is read twice needs a file.
        folder = tempfile.TemporaryDirectory(prefix="bootwatch-")
        here = Path(folder.name) / (path.rstrip("/").rsplit("/", 1)[-1] or "file")
        here.write_bytes(data)
        source = FileSource(
            [here],
            clock=self.clock,
            index=self.index,
            sourcetype=self.sourcetype,
            host=self.host,
            threads=1,
            prefilter_enabled=self.prefilter_enabled,
        ).called({os.fspath(here): path}, begins=number, own=None if self.own is None else dict(self.own))
        return _Brought(source, folder)


class _Brought(Wrapped):
    """A source over a copy, which goes with it."""

    def __init__(self, source: EventSource, folder: tempfile.TemporaryDirectory[str]) -> None:
        super().__init__(source)
        self._folder = folder
