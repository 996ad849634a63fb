"""A text log: one message a line, continuation lines joined, scanned block by block on several threads.

Only the events a prefilter lets through leave their block; the rest of it is never looked at by Python.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain, groupby
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from bootwatch.errors import InputError
from bootwatch.events.source import ScanReport
from bootwatch.events.text import decode_lossless
from bootwatch.ingest.blocks import Cutter
from bootwatch.ingest.chunk import Chunk
from bootwatch.ingest.inputs import Content
from bootwatch.ingest.joining import Joiner
from bootwatch.ingest.selecting import MARKED, Counting, Found, Sieve, select
from bootwatch.ingest.sniff import BOM
from bootwatch.syslog.glued import is_console
from bootwatch.syslog.parts import Part

_AHEAD: Final = 2
"""Blocks in work or waiting, per thread: enough that none idles, few enough to stay small."""

_CHUNK_ROWS: Final = 8192
_CHUNK_BYTES: Final = 8 << 20

BLANK: Final = "blank line"
OVERSIZED: Final = "event longer than 64 MiB"

T = TypeVar("T")


def read(
    content: Content,
    cutter: Cutter,
    sieve: Sieve,
    counting: Counting,
    report: ScanReport,
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> Iterator[Chunk]:
    """The surviving events of one text log, in order. What was read before an InputError comes before it.

    Without a pool blocks are worked on by the caller's thread. Records that arrived in parts are joined again, and have
    to pass the prefilter as a whole.
    """
    # What the blocks let through needs another look where it may be a part of something, or where a line was parted.
    doubted = None if is_console(content.head.removeprefix(BOM)) else MARKED
    joiner = Joiner()
    for chunk, parts in _read(content, cutter, sieve, counting, report, pool, threads):
        joined, gone = joiner.push(chunk, parts) if chunk is not None else joiner.rest()
        report.events -= gone
        report.candidates -= gone
        if joined is not None:
            passed = joined.candidates(sieve.exact, doubted)
            report.candidates -= len(joined) - len(passed)
            joined = passed
        if joined is not None and len(joined):
            yield joined


def _read(
    content: Content,
    cutter: Cutter,
    sieve: Sieve,
    counting: Counting,
    report: ScanReport,
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> Iterator[tuple[Chunk | None, Mapping[int, Part]]]:
    """The chunks, and the parts among their rows.

    None for a chunk is the end, also before an InputError.
    """
    found = _scanned(content, cutter, sieve, counting, pool, threads)
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
            yield _chunk(waiting), _rows_of_parts(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield _chunk(waiting), _rows_of_parts(waiting)
    yield None, {}
    if broken is not None:
        raise broken


def _scanned(
    content: Content,
    cutter: Cutter,
    sieve: Sieve,
    counting: Counting,
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> Iterator[Found]:
    """What each block holds, in order."""
    descriptor, size = content.descriptor, content.size
    console = is_console(content.head.removeprefix(BOM))
    if descriptor is None:
        blocks = cutter.of(content.reader)
        jobs = (partial(select, block, cutter, sieve, counting, console=console) for block in blocks)
        return (job() for job in jobs) if pool is None else in_order(pool, jobs, threads)
    buffers = threading.local()

    def work(number: int) -> Found:
        buffer = getattr(buffers, "buffer", None)
        if buffer is None:
            buffer = buffers.buffer = bytearray()
        try:
            block = cutter.at(number, descriptor, size, buffer)
        except OSError as exc:
            raise InputError(f"not readable: {exc.strerror}", path=content.name) from exc
        return select(block, cutter, sieve, counting, console=console)

    numbers = range(cutter.count(size))
    if content.span is not None:
        begin, end = content.span
        numbers = numbers[begin // cutter.block_bytes : -(-end // cutter.block_bytes)]
    if len(numbers) <= 1 or pool is None:
        return map(work, numbers)
    return in_order(pool, (partial(work, number) for number in numbers), threads)


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


def _rows_of_parts(waiting: list[tuple[Found, int]]) -> dict[int, Part]:
    rows: dict[int, Part] = {}
    at = 0
    for found, _ in waiting:
        rows |= {at + row: part for row, part in found.parts.items()}
        at += len(found.texts)
    return rows


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
