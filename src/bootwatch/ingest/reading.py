"""The inputs of a scan one after the other as chunks: large files block by block, small ones side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.errors import InputError
from bootwatch.events.fields import SOURCE
from bootwatch.events.source import ScanReport
from bootwatch.events.text import text_of
from bootwatch.ingest import textlog
from bootwatch.ingest.blocks import Cutter
from bootwatch.ingest.chunk import Chunk
from bootwatch.ingest.inputs import Content, Input
from bootwatch.ingest.selecting import Counting, Sieve
from bootwatch.ingest.sniff import Kind, continuations

_SMALL_PACKED_BYTES: Final = 1 << 20
"""A packed log up to here is unpacked and read by one thread, beside others; most unpack to ten times that."""

TOGETHER_ROWS: Final = 8192
READ_TOGETHER_ROWS: Final = 32_768
_TOGETHER_PARTS: Final = 64
_TOGETHER_BYTES: Final = 16 << 20
"""Chunks are put together up to here: reading the headers of a batch has a price of its own, and reading what texts
say in it (``READ_TOGETHER_ROWS``) one several times that."""


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk, the input it is from, and what is added to its order so that it ascends over the whole scan."""

    chunk: Chunk
    source: str
    base: int


@dataclass(slots=True)
class Opened:
    """An input that was looked at: ``content`` is still to be read, a small text log has been (``chunks``).

    ``waits``: a pipe, which may have nothing to say before others have been read; it is opened when its turn comes.
    """

    item: Input
    content: Content | None = None
    waits: bool = False
    size: int = 0
    chunks: list[Chunk] = field(default_factory=list)
    report: ScanReport = field(default_factory=ScanReport)
    failed: InputError | None = None


@dataclass(slots=True)
class Reading:
    """One pass over some inputs. Errors are gathered in ``failed``; ``opened`` inputs could be read, in part at least.

    ``rows`` reads what is no text log.
    """

    sieve: Sieve
    counting: Counting
    rows: Callable[[Content, ScanReport], Iterator[Chunk]]
    block_bytes: int
    pool: ThreadPoolExecutor
    threads: int
    report: ScanReport
    failed: list[InputError] = field(default_factory=list)
    opened: int = 0

    def parts(self, inputs: Iterable[Input], base: int = 0) -> Iterator[Part]:
        """The surviving events of all inputs, in order, which begins at ``base``."""
        for found in textlog.in_order(self.pool, (partial(self._open, item) for item in inputs), self.threads):
            source = text_of(os.fsencode(found.item.name))
            before = self.report.bytes
            self.report.add(found.report)
            last = 0
            try:
                if found.waits:
                    found.content = found.item.open()
                for chunk in (
                    found.chunks if found.content is None else self._chunks(found.content, self.report, self.pool)
                ):
                    last = int(chunk.order[-1])
                    yield Part(chunk, source, base)
                if found.failed is not None:
                    raise found.failed
                self.opened += 1
            except InputError as exc:
                self.failed.append(exc)
                self.opened += self.report.bytes > before
            finally:
                if found.content is not None:
                    found.content.close()
            base += max(found.size, last) + 1

    def _open(self, item: Input) -> Opened:
        """Look at an input, in a thread of the pool; where it is small, read it as well."""
        found = Opened(item, waits=not item.is_file())
        if found.waits:
            return found
        try:
            content = item.open()
        except InputError as exc:
            found.failed = exc
            return found
        found.size = content.size
        packed = content.descriptor is None
        if content.kind is not Kind.TEXT or content.size > (_SMALL_PACKED_BYTES if packed else self.block_bytes):
            found.content = content
            return found
        try:
            with content:
                found.chunks.extend(self._chunks(content, found.report, None))
        except InputError as exc:
            found.failed = exc
        return found

    def _chunks(self, content: Content, report: ScanReport, pool: ThreadPoolExecutor | None) -> Iterator[Chunk]:
        if content.kind is Kind.TEXT:
            cutter = Cutter(continuations(content.head), self.block_bytes)
            return textlog.read(content, cutter, self.sieve, self.counting, report, pool, self.threads)
        return self.rows(content, report)


def together(parts: Iterable[Part], most_rows: int = TOGETHER_ROWS) -> Iterator[Part]:
    """The same events, neighbouring chunks of texts made one while they are small."""
    waiting: list[Part] = []
    rows = size = 0
    for part in parts:
        alone = bool(part.chunk.given) or part.chunk.is_message is not None
        more = part.chunk.raw.nbytes
        full = rows + len(part.chunk) > most_rows or size + more > _TOGETHER_BYTES or len(waiting) >= _TOGETHER_PARTS
        if waiting and (alone or full):
            yield _one(waiting)
            waiting, rows, size = [], 0, 0
        if alone:
            yield part
        else:
            waiting.append(part)
            rows, size = rows + len(part.chunk), size + more
    if waiting:
        yield _one(waiting)


def _one(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    chunks = [part.chunk for part in parts]
    owners = np.repeat(np.arange(len(parts)), [len(chunk) for chunk in chunks])
    lines = [chunk.line if chunk.line is not None else pa.nulls(len(chunk), pa.int64()) for chunk in chunks]
    merged = Chunk(
        raw=pa.concat_arrays([chunk.raw for chunk in chunks]),
        order=np.concatenate([part.chunk.order + part.base for part in parts]),
        line=None if all(chunk.line is None for chunk in chunks) else pa.concat_arrays(lines),
        given={SOURCE: pa.array([part.source for part in parts]).take(pa.array(owners))},
    )
    return replace(parts[0], chunk=merged, source="", base=0)
