"""One block of a text log: which of its events survive, and which of them are parts of a record cut into several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bootwatch.events.source import Prefilter
from bootwatch.events.text import decode_lossless, encode_lossless
from bootwatch.ingest.blocks import Block, Cutter
from bootwatch.ingest.sniff import BOM
from bootwatch.match.scan import Extents, Ints, Scanner, event_extents, gather
from bootwatch.syslog.glued import begins
from bootwatch.syslog.parts import LEADS, MARKS, Part, part_of

_FEW: Final = 128
_SOME: Final = 1024
_HEADER_BYTES: Final = 512
MARKED: Final = Scanner(Prefilter((MARKS,)))
"""Lets through what may be a part of a record."""
_NEWLINE: Final = 0x0A
_RETURN: Final = 0x0D


_Events = tuple[pa.StringArray | list[bytes], Ints, Ints | None]


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted beyond the candidates: all lines and events (``totals``), and each event's line number."""

    totals: bool
    numbers: bool


@dataclass(frozen=True, slots=True)
class Sieve:
    """A prefilter made ready: ``exact`` decides it. ``wide`` lets all parts of cut records through as well: none of
    them need hold all that is asked for, together they do.
    """

    exact: Scanner
    wide: Scanner

    @classmethod
    def of(cls, prefilter: Prefilter) -> Self:
        usable = [clause for clause in prefilter.clauses if Scanner(Prefilter((clause,)))]
        return cls(Scanner(prefilter), Scanner(Prefilter(tuple((*clause, *MARKS) for clause in usable))))


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
    parts: Mapping[int, Part]
    """Events that are parts of a record cut into several."""


def select(block: Block, cutter: Cutter, sieve: Sieve, counting: Counting, *, console: bool = False) -> Found:
    """What survives of a block, and every part of a cut record in it.

    ``console``: messages that run into one another on a line are told apart.
    """
    data, begin, end = block.data, block.begin, block.end
    if block.offset == 0 and begin == 0 and data.startswith(BOM):
        begin = min(len(BOM), end)
    scanner = sieve.wide
    extents = scanner.events(data, begin, end, cutter.continued)
    if scanner and len(extents) == 0 and not counting.totals and not counting.numbers:
        return Found([], extents.starts, None, end - begin, -1, -1, 0, block.oversized, {})
    view = np.frombuffer(data, dtype=np.uint8)
    starts, ends, before = _written(view, extents)
    lines = events = -1
    blank = len(extents) - len(starts)
    texts = _taken(data, starts, ends)
    parts = _parts(data, starts, ends, texts)
    numbers: Ints | None = None
    if scanner and not counting.totals and counting.numbers and before is not None and extents.lines is not None:
        lines, numbers = extents.lines + block.skipped_lines, before
    elif scanner and not counting.totals and counting.numbers and len(starts) <= _SOME:
        lines, numbers = _counted(data, begin, end, starts)
        lines += block.skipped_lines
    elif counting.totals or counting.numbers or not scanner:
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
    if console:
        texts, starts, numbers = _parted(texts, starts, numbers)
        events = len(starts) if not scanner else events
    return Found(
        texts=texts,
        starts=starts + block.offset,
        numbers=numbers,
        bytes=end - begin,
        lines=lines,
        events=max(events, 0) if counting.totals else events,
        blank=blank,
        oversized=block.oversized,
        parts=parts,
    )


def _counted(data: bytes | bytearray, begin: int, end: int, starts: Ints) -> tuple[int, Ints]:
    """The lines of a block, and how many end before each of a few events: cheaper than where all of them end."""
    counts = []
    done = begin
    for start in starts.tolist():
        counts.append(data.count(b"\n", done, start))
        done = start
    ends = data.count(b"\n", done, end)
    numbers = np.cumsum(counts, dtype=np.int64)
    lines = int(numbers[-1] if len(numbers) else 0) + ends + int(end > begin and data[end - 1] != _NEWLINE)
    return lines, numbers


def _parted(texts: pa.StringArray | list[bytes], starts: Ints, numbers: Ints | None) -> _Events:
    """The events with those apart that stood on one line."""
    lines = texts if isinstance(texts, list) else [encode_lossless(text) for text in texts.to_pylist()]
    places = [[0, *begins(line)] if line.count(b": %") > 1 else [0] for line in lines]
    counts = [len(found) for found in places]
    if sum(counts) == len(lines):
        return texts, starts, numbers
    apart = [
        line[begin:end]
        for line, found in zip(lines, places, strict=True)
        for begin, end in pairwise([*found, len(line)])
    ]
    moved = np.repeat(starts, counts) + np.array([place for found in places for place in found])
    several = None if numbers is None else np.repeat(numbers, counts)
    return apart if isinstance(texts, list) else decode_lossless(pa.array(apart, pa.binary())), moved, several


def _parts(data: bytes | bytearray, starts: Ints, ends: Ints, texts: pa.StringArray | list[bytes]) -> dict[int, Part]:
    """Which of these events are parts of a record cut into several."""
    # Many are cheaper asked of all at once, for what each of them holds.
    found = {}
    marked = _rows_with_lead(texts) if isinstance(texts, list) else MARKED.rows(texts).tolist()
    for row in marked:
        start = int(starts[row])
        part = part_of(bytes(data[start : min(int(ends[row]), start + _HEADER_BYTES)]))
        if part is not None:
            found[row] = part
    return found


def _rows_with_lead(texts: list[bytes]) -> list[int]:
    one, other = LEADS
    return [row for row, text in enumerate(texts) if one in text or other in text]


def _taken(data: bytes | bytearray, starts: Ints, ends: Ints) -> pa.StringArray | list[bytes]:
    """The texts: the few of an ordinary block as they are, to be decoded together later; many at once, here."""
    if len(starts) > _FEW:
        return decode_lossless(gather(data, starts, ends))
    return [bytes(data[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _written(view: npt.NDArray[np.uint8], extents: Extents) -> tuple[Ints, Ints, Ints | None]:
    """The events without the carriage return before their line end, and without those that are then empty; and how
    many lines end before each."""
    starts, ends, before = extents.starts, extents.ends, extents.before
    if len(starts) == 0:
        return starts, ends, before
    # An empty event ends where it starts: the byte before it is another's, and the comparison below drops it anyway.
    ends = ends - ((view[ends - 1] == _RETURN) & (ends > starts))
    kept = ends > starts
    if kept.all():
        return starts, ends, before
    return starts[kept], ends[kept], None if before is None else before[kept]
