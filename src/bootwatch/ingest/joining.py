"""Parts of one record that arrived as several messages become one event again, where the first of them stood.

A record is complete when all its parts are there. Until then its first part, and with it everything that came after,
waits, but not beyond ``WAITING_ROWS`` events: then it goes with the parts it has. The parts of a record stand one after
the other by number, a newline between them, each as it arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.ingest.chunk import Chunk
from bootwatch.syslog.parts import Part

WAITING_ROWS: Final = 4096
"""Within this many events all parts of a record arrive: they are sent at once."""


@dataclass(slots=True)
class _Record:
    """The rows of the parts met so far, by number."""

    total: int
    rows: dict[int, int] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return min(self.rows.values())


class Joiner:
    """Joins the records of one log, whose chunks come in order. Keeps what waits between two of them."""

    def __init__(self) -> None:
        self._waiting: Chunk | None = None
        self._parts: dict[int, Part] = {}

    def push(self, chunk: Chunk, parts: Mapping[int, Part]) -> tuple[Chunk | None, int]:
        """What can go on now, None where nothing can, and how many events became part of another one.

        ``parts`` holds the rows of ``chunk`` that are parts. Its columns ``given`` and ``is_message`` are not read.
        """
        if self._waiting is None and not parts:
            return chunk, 0
        shift = 0
        if self._waiting is not None:
            shift = len(self._waiting)
            chunk = _concatenated(self._waiting, chunk)
        return self._go(chunk, self._parts | {row + shift: part for row, part in parts.items()}, WAITING_ROWS)

    def rest(self) -> tuple[Chunk | None, int]:
        """What still waits, at the end of the log."""
        return (None, 0) if self._waiting is None else self._go(self._waiting, self._parts, 0)

    def _go(self, chunk: Chunk, parts: Mapping[int, Part], patience: int) -> tuple[Chunk | None, int]:
        done, open_ = _records(parts)
        size = len(chunk)
        late = [record for record in open_ if record.first < size - patience]
        done += late
        ready = min((record.first for record in open_ if record not in late), default=size)
        # A complete record goes whole: one that begins before the first that waits takes its later parts along.
        joined = [record for record in done if record.first < ready]
        kept, texts, gone = np.ones(size, np.bool_), {}, 0
        for record in joined:
            rows = [record.rows[number] for number in sorted(record.rows)]
            kept[rows] = False
            kept[record.first] = True
            texts[record.first] = "\n".join(chunk.raw[row].as_py() for row in rows)
            gone += len(rows) - 1
        taken = {row for record in joined for row in record.rows.values()}
        ahead = np.flatnonzero(kept[:ready])
        after = np.flatnonzero(kept[ready:]) + ready
        place = {int(row): at for at, row in enumerate(after)}
        self._waiting = _rows(chunk, after) if len(after) else None
        self._parts = {place[row]: part for row, part in parts.items() if row >= ready and row not in taken}
        if not len(ahead):
            return None, gone
        return _replaced(
            _rows(chunk, ahead), {int(np.searchsorted(ahead, row)): text for row, text in texts.items()}
        ), gone


def _records(parts: Mapping[int, Part]) -> tuple[list[_Record], list[_Record]]:
    """The records these rows are parts of, complete ones and others. A number met again begins
    the next record, and so does one that comes too late, in whatever chunks they were read.
    """
    done: list[_Record] = []
    open_: dict[tuple[bytes, bytes, bytes, int], _Record] = {}
    left: list[_Record] = []
    for row in sorted(parts):
        part = parts[row]
        record = open_.get(part.record)
        if record is not None and (part.number in record.rows or row - record.first > WAITING_ROWS):
            left.append(record)
            record = None
        if record is None:
            record = open_[part.record] = _Record(part.total)
        record.rows[part.number] = row
        if len(record.rows) == record.total:
            done.append(open_.pop(part.record))
    return done, [*left, *open_.values()]


def _rows(chunk: Chunk, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Chunk:
    index = pa.array(rows)
    return Chunk(chunk.raw.take(index), chunk.order[rows], None if chunk.line is None else chunk.line.take(index))


def _concatenated(first: Chunk, second: Chunk) -> Chunk:
    lines = [chunk.line for chunk in (first, second) if chunk.line is not None]
    return Chunk(
        pa.concat_arrays([first.raw, second.raw]),
        np.concatenate([first.order, second.order]),
        pa.concat_arrays(lines) if lines else None,
    )


def _replaced(chunk: Chunk, texts: Mapping[int, str]) -> Chunk:
    if not texts:
        return chunk
    rows = sorted(texts)
    index = np.arange(len(chunk))
    index[rows] = len(chunk) + np.arange(len(rows))
    every = pa.concat_arrays([chunk.raw, pa.array([texts[row] for row in rows], pa.string())])
    return Chunk(every.take(pa.array(index)), chunk.order, chunk.line)
