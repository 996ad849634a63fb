"""Files, folders and standard input as a source of events: what ``search`` and ``scan`` read when given paths.

Formats are told apart by content (:mod:`bootwatch.ingest.sniff`). An input that cannot be read is named in the report
and the rest is read; nothing an input holds raises, unless no input could be read at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import IO, Final, Protocol, assert_never

import pyarrow as pa

from bootwatch.errors import InputError
from bootwatch.events.clock import Clock
from bootwatch.events.fields import EVENT_FIELDS, HEADER_FIELDS, LINE
from bootwatch.events.source import EventSource, Prefilter, ScanReport, ScanRequest
from bootwatch.ingest import textlog
from bootwatch.ingest.batch import Batches, Defaults
from bootwatch.ingest.blocks import BLOCK_BYTES
from bootwatch.ingest.chunk import HIDDEN, Chunk
from bootwatch.ingest.inputs import Content, Input
from bootwatch.ingest.reading import READ_TOGETHER_ROWS, TOGETHER_ROWS, Reading, together
from bootwatch.ingest.selecting import Counting, Sieve
from bootwatch.ingest.sharing import SPAN, shared
from bootwatch.ingest.sniff import Kind
from bootwatch.ingest.walk import STDIN, expand
from bootwatch.match.scan import Scanner

_WHOLE: Final = SPAN // BLOCK_BYTES
"""Where every event is wanted, blocks are so many times larger: headers and fields are read by the batch, and half of
what a batch of two megabytes costs is the same for one of eight.
"""


SHARE: Final = 1 << 44
"""Ordinals of a share begin so far from those of the one before: files are smaller."""


class FileSource:
    """An :class:`~bootwatch.events.source.EventSource` over paths, in the order given.

    ``index``, ``sourcetype`` and ``host`` hold for what an event does not say itself in JSON, CSV or Parquet; with an
    explicit sourcetype no event counts as recognised. ``count_lines``: count every line and event of text logs even
    where a prefilter would spare looking at them. ``report`` is that of the latest scan.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        *,
        clock: Clock,
        index: str | None = None,
        sourcetype: str | None = None,
        host: str | None = None,
        threads: int = 2,
        prefilter_enabled: bool = True,
        count_lines: bool = False,
        block_bytes: int = BLOCK_BYTES,
        stdin: IO[bytes] | None = None,
    ) -> None:
        self.report = ScanReport()
        self.count_lines = count_lines
        self._paths = tuple(paths)
        self._clock = clock
        self._defaults = Defaults(index, sourcetype, host)
        self._threads = max(1, threads)
        self._prefilter_enabled = prefilter_enabled
        self._block_bytes = block_bytes
        self._stdin = stdin
        self._names: dict[str, str] = {}
        self._span: tuple[int, int] | None = None
        self._begins = 0
        self._inputs: list[Input] | None = None
        self._not_listed: list[InputError] = []
        self._own: dict[str, bool] | None = None

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        """Reads JSON inputs through once, the heads of the others; the answer is kept."""
        if names is not None and not names:
            return {}
        if self._own is None:
            own: dict[str, bool] = {}
            for item in self._listed():
                for name, several in self._own_of(item).items():
                    if name not in HEADER_FIELDS:
                        own[name] = own.get(name, False) or several
            self._own = own
        return {name: several for name, several in self._own.items() if names is None or name in names}

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = report = ScanReport()
        further = frozenset(request.fields).difference(HEADER_FIELDS, EVENT_FIELDS, HIDDEN)
        shape = Batches(request, self.own_fields(further), self._defaults, self._clock)
        sieve = Sieve.of(request.prefilter if self._prefilter_enabled else Prefilter())
        inputs = self._listed()
        report.total_bytes = _size_of(inputs)
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="scan")
        reading = Reading(
            sieve,
            Counting(totals=self.count_lines, numbers=shape.numbers_lines),
            lambda content, into: _format(content.kind).read(
                content, shape.own, shape.header_fields, self._clock.zone, sieve.exact, into
            ),
            self._block_bytes * (1 if sieve.exact else _WHOLE),
            pool,
            self._threads,
            report,
            failed=list(self._not_listed),
        )
        try:
            rows = READ_TOGETHER_ROWS if shape.vendor_fields else TOGETHER_ROWS
            parts = together(reading.parts(inputs, self._begins), rows)
            jobs = (partial(shape.of, part.chunk, part.source, part.base) for part in parts)
            for batches in textlog.in_order(pool, jobs, self._threads):
                yield from batches
        finally:
            pool.shutdown(cancel_futures=True)
            report.unreadable += [(str(exc.path), exc.message) for exc in reading.failed]
        report.in_future, report.opened = shape.in_future, reading.opened
        if reading.failed and not reading.opened:
            raise reading.failed[0]

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        """Neighbouring files together, by their sizes; a large text log in spans, where nobody counts its lines."""
        own = self.own_fields(None)
        paths = [item.path for item in self._listed()]
        if STDIN in paths:
            raise InputError("is read on one machine only; name files that every worker can read", path="stdin")
        made: list[EventSource] = []
        for number, some in enumerate(shared(paths, count, whole=LINE in request.fields or self.count_lines)):
            share = FileSource(
                list(some.paths),
                clock=self._clock,
                index=self._defaults.index,
                sourcetype=self._defaults.sourcetype,
                host=self._defaults.host,
                threads=1,
                prefilter_enabled=self._prefilter_enabled,
                count_lines=self.count_lines,
                block_bytes=self._block_bytes,
            )
            share._not_listed = [] if number else list(self._not_listed)
            share._span = some.span
            made.append(share.called({}, begins=number * SHARE, own=own))
        return made

    def called(self, names: Mapping[str, str], *, begins: int, own: dict[str, bool] | None) -> FileSource:
        """This source as part of a larger one: what its paths are called, where its ordinals begin, whose fields."""
        self._names, self._begins, self._own = dict(names), begins, own
        return self

    def _listed(self) -> list[Input]:
        if self._inputs is None:
            self._inputs = [
                Input(path, self._stdin, self._names.get(path), self._span)
                for path in expand(self._paths, self._not_listed)
            ]
        return self._inputs

    def _own_of(self, item: Input) -> dict[str, bool]:
        """Of one input; one that cannot be read has none, and is named when it is scanned."""
        try:
            if item.peek() is Kind.TEXT:
                return {}
            with item.open() as content:
                return _format(content.kind).own_fields(content)
        except InputError:
            return {}


def _size_of(inputs: Iterable[Input]) -> int:
    """The bytes of all inputs; 0 where one is a pipe or packed, so that nobody can tell beforehand."""
    total = 0
    for item in inputs:
        size = item.plain_size()
        if size is None:
            return 0
        total += size
    return total


class _Format(Protocol):
    """What the module of a format other than text offers."""

    def own_fields(self, content: Content) -> dict[str, bool]: ...

    def read(
        self,
        content: Content,
        own: Mapping[str, bool],
        extra: frozenset[str],
        zone: tzinfo,
        scanner: Scanner,
        report: ScanReport,
    ) -> Iterator[Chunk]: ...


def _format(kind: Kind) -> _Format:
    """Loaded where it is used: a search over text logs needs none of their libraries."""
    match kind:
        case Kind.JSON:
            from bootwatch.ingest import jsonlines

            return jsonlines
        case Kind.CSV:
            from bootwatch.ingest import csvtable

            return csvtable
        case Kind.PARQUET:
            from bootwatch.ingest import parquet

            return parquet
        case Kind.TEXT:
            raise AssertionError("a text log is read by textlog, which needs more than a format does")
        case _:
            assert_never(kind)
