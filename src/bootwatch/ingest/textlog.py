"""A text log: one message a line, continuation lines joined, scanned block by block on several threads.

Only the events a prefilter lets through leave their block; the rest of it is never looked at by Python.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bootwatch.errors import InputError
from bootwatch.events.source import ScanReport
from bootwatch.events.text import decode_lossless
from bootwatch.ingest.blocks import Block, Cutter
from bootwatch.ingest.chunk import Chunk
from bootwatch.ingest.inputs import Content
from bootwatch.ingest.sniff import BOM
from bootwatch.match.scan import Extents, Ints, Scanner, event_extents, gather

_AHEAD: Final = 2
"""Blocks in work or waiting, per thread: enough that none idles, few enough to stay small."""

_CHUNK_ROWS: Final = 8192
_FEW: Final = 128
_CHUNK_BYTES: Final = 8 << 20
_NEWLINE: Final = 0x0A
_RETURN: Final = 0x0D

BLANK: Final = "blank line"
OVERSIZED: Final = "event longer than 64 MiB"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted beyond the candidates: all lines and events (``totals``), and each event's line number."""

    totals: bool
    numbers: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The events of one block that survived. ``starts`` are byte offsets in the file; ``numbers`` count lines from the
    block's first. ``lines`` and ``events`` of the whole block are -1 where nobody asked.
    """

    texts: pa.StringArray | list[bytes]
    starts: Ints
    numbers: Ints | None
    bytes: int
    lines: int
    events: int
    blank: int
    oversized: int


def read(
    content: Content,
    cutter: Cutter,
    scanner: Scanner,
    counting: Counting,
    report: ScanReport,
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> Iterator[Chunk]:
    """The surviving events of one text log, in order. What was read before an InputError comes before it.

    Without a pool blocks are worked on by the caller's thread.
    """
    found = _scanned(content, cutter, scanner, counting, pool, threads)
    first_line = 1
    waiting: list[tuple[Found, int]] = []
    rows = size = 0
    broken: InputError | None = None
    while True:
        try:
            part = next(found, None)
        except InputError as exc:
            broken, part = exc, None
        if part is None:
            break
        report.bytes += part.bytes
        report.events += part.events if part.events >= 0 else len(part.texts)
        report.candidates += len(part.texts)
        if part.blank:
            report.reject(BLANK, part.blank)
        if part.oversized:
            report.reject(OVERSIZED, part.oversized)
        if part.lines >= 0:
            report.lines += part.lines
        if len(part.texts):
            waiting.append((part, first_line))
            rows += len(part.texts)
            size += sum(map(len, part.texts)) if isinstance(part.texts, list) else part.texts.nbytes
        first_line += max(part.lines, 0)
        if rows >= _CHUNK_ROWS or size >= _CHUNK_BYTES:
            yield _chunk(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield _chunk(waiting)
    if broken is not None:
        raise broken


def _scanned(
    content: Content,
    cutter: Cutter,
    scanner: Scanner,
    counting: Counting,
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> Iterator[Found]:
    descriptor, size = content.descriptor, content.size
    if descriptor is None:
        blocks = cutter.of(content.reader)
        if pool is None:
            return (_select(block, cutter, scanner, counting) for block in blocks)
        return in_order(pool, (partial(_select, block, cutter, scanner, counting) for block in blocks), threads)
    buffers = threading.local()

    def work(number: int) -> Found:
        buffer = getattr(buffers, "buffer", None)
        if buffer is None:
            buffer = buffers.buffer = bytearray()
        try:
            block = cutter.at(number, descriptor, size, buffer)
        except OSError as exc:
            raise InputError(f"not readable: {exc.strerror}", path=content.name) from exc
        return _select(block, cutter, scanner, counting)

    count = cutter.count(size)
    if count <= 1 or pool is None:
        return map(work, range(count))
    return in_order(pool, (partial(work, number) for number in range(count)), threads)


def in_order(pool: ThreadPoolExecutor, jobs: Iterable[Callable[[], T]], threads: int) -> Iterator[T]:
    """The results of ``jobs`` in their order, a few of them computed ahead.

    An InputError, of a job or of what the jobs come from, is raised after the results of all jobs handed out before.
    """
    waiting: deque[Future[T]] = deque()
    broken: InputError | None = None
    source = iter(jobs)
    while True:
        while broken is None and len(waiting) < threads * _AHEAD:
            try:
                job = next(source, None)
            except InputError as exc:
                broken, job = exc, None
            if job is None:
                break
            waiting.append(pool.submit(job))
        if not waiting:
            break
        try:
            result = waiting.popleft().result()
        except InputError as exc:
            broken = exc
            continue
        yield result
    if broken is not None:
        raise broken


def _select(block: Block, cutter: Cutter, scanner: Scanner, counting: Counting) -> Found:
    data, begin, end = block.data, block.begin, block.end
    if block.offset == 0 and begin == 0 and data.startswith(BOM):
        begin = min(len(BOM), end)
    extents = scanner.events(data, begin, end, cutter.continued)
    if scanner and len(extents) == 0 and not counting.totals and not counting.numbers:
        return Found([], extents.starts, None, end - begin, -1, -1, 0, block.oversized)
    view = np.frombuffer(data, dtype=np.uint8)
    starts, ends = _written(view, extents)
    lines = events = -1
    blank = len(extents) - len(starts)
    numbers: Ints | None = None
    if counting.totals or counting.numbers or not scanner:
        newlines = np.flatnonzero(view[begin:end] == _NEWLINE) + begin
        lines = len(newlines) + int(end > begin and view[end - 1] != _NEWLINE) + block.skipped_lines
        if counting.numbers:
            numbers = np.searchsorted(newlines, starts).astype(np.int64)
    if not scanner:
        events = len(starts)
    elif counting.totals and end > begin:
        every = event_extents(data, begin, end, cutter.continued)
        events = len(_written(view, every)[0])
        blank = len(every) - events
    return Found(
        texts=_taken(data, starts, ends),
        starts=starts + block.offset,
        numbers=numbers,
        bytes=end - begin,
        lines=lines,
        events=max(events, 0) if counting.totals else events,
        blank=blank,
        oversized=block.oversized,
    )


def _taken(data: bytes | bytearray, starts: Ints, ends: Ints) -> pa.StringArray | list[bytes]:
    """The texts: the few of an ordinary block as they are, to be decoded together later; many at once, here."""
    if len(starts) > _FEW:
        return decode_lossless(gather(data, starts, ends))
    return [bytes(data[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _written(view: npt.NDArray[np.uint8], extents: Extents) -> tuple[Ints, Ints]:
    """The events without the carriage return before their line end, and without those that are then empty."""
    starts, ends = extents.starts, extents.ends
    if len(starts) == 0:
        return starts, ends
    # An empty event ends where it starts: the byte before it is another's, and the comparison below drops it anyway.
    ends = ends - ((view[ends - 1] == _RETURN) & (ends > starts))
    kept = ends > starts
    return (starts, ends) if kept.all() else (starts[kept], ends[kept])


def _chunk(parts: list[tuple[Found, int]]) -> Chunk:
    numbers = [part.numbers + first for part, first in parts if part.numbers is not None]
    texts: list[pa.StringArray] = []
    for few, group in groupby((part.texts for part, _ in parts), key=lambda texts: isinstance(texts, list)):
        if few:
            texts.append(decode_lossless(pa.array(list(chain.from_iterable(group)), type=pa.binary())))
        else:
            texts.extend(group)
    return Chunk(
        raw=pa.concat_arrays(texts),
        order=np.concatenate([part.starts for part, _ in parts]),
        line=pa.array(np.concatenate(numbers)) if numbers else None,
    )
