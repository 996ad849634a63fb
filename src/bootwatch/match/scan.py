"""Finding the few events of a block that can match, from bytes: several literals at once, ASCII case folded.

A :class:`Scanner` decides a :class:`~bootwatch.events.source.Prefilter`. It may let too much through and never too
little: every event (or row) that a match touches survives, because matches are reported leftmost and without overlaps
and a reported one may hide another, but only inside what it touches.

Measured on one core: folding 13 GB/s, up to about 32 literals 3-8 GB/s with the packed searcher behind
``MatchKind.LeftmostFirst`` (the default kind is fifteen times slower), Hyperscan about 2 GB/s up to thousands.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import BytesAhoCorasick, MatchKind

from bootwatch.events.source import Prefilter

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Starts = tuple[bytes, ...]
"""What lines begin with that continue the event before them; a text is never empty."""

PACKED_LITERALS: Final = 32
"""Up to here the packed searcher wins; beyond, Hyperscan."""

_SPARSE_HITS: Final = 512
"""Up to this many matches in a block, looking around each one is cheaper than finding every line end."""

_COMPARED: Final = 512
"""Up to so many literals are compared with one another; beyond, that takes longer than it saves."""

_NEWLINE: Final = 0x0A
_FILLING: Final = tuple(bytes((0xFF, 0xFE, 0x80 + at, 0x90 + at)) for at in range(5))
"""Not UTF-8; where bytes like these do stand in a log, their line is let through."""
_FOLDS_TO_ASCII: Final = ("\u212a".encode(), "\u0130".encode())
"""KELVIN SIGN and I WITH DOT ABOVE, the only characters outside ASCII that lower-case to an ASCII letter (k, i)."""


@dataclass(frozen=True, slots=True)
class Extents:
    """Byte ranges ``[starts, ends)`` in a block, ascending and disjoint; an end is before the final newline.

    ``before``: how many lines of the block end before each of them, and ``lines`` how many the block has; None where
    nobody had to count.
    """

    starts: Ints
    ends: Ints
    before: Ints | None = None
    lines: int | None = None

    def __len__(self) -> int:
        return len(self.starts)


class Scanner:
    """A prefilter made ready to scan. Safe to use from several threads at once.

    A literal that holds a line end or a byte outside ASCII cannot be decided here: its whole clause is left out, which
    lets more through.
    """

    def __init__(self, prefilter: Prefilter) -> None:
        usable = [c for c in prefilter.clauses if c and all(x and x.isascii() and not _has_line_end(x) for x in c)]
        usable.sort(key=lambda clause: (-min(map(len, clause)), len(clause)))
        self._clauses = [_Clause(tuple(dict.fromkeys(literal.lower() for literal in clause))) for clause in usable]

    def __bool__(self) -> bool:
        return bool(self._clauses)

    def events(self, block: bytes | bytearray, start: int, end: int, continued: Starts = ()) -> Extents:
        """The events of ``block[start:end]`` that may match, all of them without clauses.

        The range is whole lines (the last may lack its newline). A line that begins with one of ``continued`` belongs
        to the event before it.
        """
        if end <= start:
            return _NOTHING
        if not self._clauses:
            return event_extents(block, start, end, continued)
        folded = _folded(memoryview(block)[start:end])
        first, *others = self._clauses
        hits, _ = first.hits(folded)
        if len(hits) == 0:
            return _NOTHING
        if len(hits) <= _SPARSE_HITS:
            return _few(block, start, end, hits + start, continued, folded, others)
        every = event_extents(block, start, end, continued)
        marked = np.unique(np.searchsorted(every.starts, hits + start, side="right") - 1)
        before = None if every.before is None else every.before[marked]
        found = Extents(every.starts[marked], every.ends[marked], before, every.lines)
        for clause in others:
            if len(found) == 0:
                break
            # One byte more than the event, its line end, keeps neighbours apart in the gathered copy.
            gathered = gather(folded, found.starts - start, np.minimum(found.ends + 1, end) - start)
            keep = clause.rows(gathered)
            before = None if found.before is None else found.before[keep]
            found = Extents(found.starts[keep], found.ends[keep], before, found.lines)
        return found

    def rows(self, texts: pa.StringArray | pa.LargeStringArray) -> Ints:
        """Ascending indices of the values that may match; a null never does. All of them without clauses."""
        return self.folded_rows(pc.ascii_lower(texts) if self._clauses else texts)

    def folded_rows(self, folded: pa.StringArray | pa.LargeStringArray) -> Ints:
        """As :meth:`rows`, of texts whose A to Z are lowered already."""
        kept = np.arange(len(folded), dtype=np.int64)
        for clause in self._clauses:
            if len(kept) == 0:
                break
            rows = clause.rows(folded)
            kept = kept[rows]
            folded = folded.take(pa.array(rows))
        return kept


def event_extents(block: bytes | bytearray, start: int, end: int, continued: Starts = ()) -> Extents:
    """Every event of ``block[start:end]``, empty ones included; ``continued`` as in :meth:`Scanner.events`."""
    view = np.frombuffer(block, dtype=np.uint8, count=end - start, offset=start)
    newlines = np.flatnonzero(view == _NEWLINE)
    if len(newlines) and newlines[-1] == len(view) - 1:
        newlines = newlines[:-1]
        last = len(view) - 1
    else:
        last = len(view)
    lines = len(newlines) + 1
    before = np.arange(lines)
    if continued and len(newlines):
        begin = ~_begin_with(view, newlines + 1, continued)
        if not begin.all():
            newlines = newlines[begin]
            before = before[np.concatenate((np.ones(1, dtype=np.bool_), begin))]
    starts = np.concatenate((np.zeros(1, dtype=np.int64), newlines + 1)) + start
    ends = np.concatenate((newlines, np.array([last], dtype=np.int64))) + start
    return Extents(starts, ends, before, lines)


def gather(values: Bytes | bytes | bytearray, starts: Ints, ends: Ints) -> pa.BinaryArray:
    """A copy of the ascending, disjoint ranges ``[starts, ends)`` of ``values``, one value each."""
    if len(starts) == 0:
        return pa.array([], type=pa.binary())
    edges = np.empty(2 * len(starts), dtype=np.int32)
    edges[0::2] = starts
    edges[1::2] = ends
    # Wanted and unwanted ranges take turns as values of one array over the same memory; the wanted are taken out.
    turns = pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(values)])
    return turns.take(pa.array(np.arange(0, len(edges) - 1, 2, dtype=np.int32)))


class _Matcher(Protocol):
    def hits(self, folded: Bytes) -> tuple[Ints, Ints]:
        """Starts and ends of matches, in no promised order; any missed match overlaps a reported one."""


class _Packed:
    """Up to about 32 literals.

    With two to four literals the library leaves its packed searcher for one that is fifteen to twenty times slower
    (0.25 against 5 GB/s on network logs), so such a set is filled up with byte strings that no text holds.
    """

    def __init__(self, literals: Sequence[bytes]) -> None:
        filling = _FILLING if 1 < len(literals) < len(_FILLING) else ()
        self._automaton = BytesAhoCorasick([*literals, *filling], matchkind=MatchKind.LeftmostFirst)

    def hits(self, folded: Bytes) -> tuple[Ints, Ints]:
        matches = self._automaton.find_matches_as_indexes(folded.data)
        if not matches:
            return _NONE, _NONE
        table = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches))
        return table[1::3], table[2::3]


class _Many:
    """Any number of literals. Hyperscan reports every match by its end; the literal's length gives the start."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        import hyperscan  # few searches have so many literals

        self._lengths = np.array([len(literal) for literal in literals], dtype=np.int64)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=list(literals), ids=list(range(len(literals))), elements=len(literals), flags=0, literal=True
        )
        self._scratch = hyperscan.Scratch(self._database)
        self._local = threading.local()

    def hits(self, folded: Bytes) -> tuple[Ints, Ints]:
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:  # one for each thread
            scratch = self._local.scratch = self._scratch.clone()
        ids: list[int] = []
        ends: list[int] = []

        def report(literal: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ids.append(literal)
            ends.append(end)

        # The binding takes any buffer; its types say str or bytes.
        self._database.scan(folded.data, match_event_handler=report, scratch=scratch)  # type: ignore[type-var]
        if not ids:
            return _NONE, _NONE
        stops = np.array(ends, dtype=np.int64)
        return stops - self._lengths[np.array(ids, dtype=np.int64)], stops


@lru_cache(maxsize=16)
def _many(literals: tuple[bytes, ...]) -> _Many:
    """Made once: compiling takes a tenth of a second, and a service asks for the same words with every step."""
    return _Many(literals)


class _Clause:
    """Literals of which one must occur."""

    def __init__(self, literals: tuple[str, ...]) -> None:
        if len(literals) <= _COMPARED:
            literals = shortest(literals)
        encoded = [literal.encode("ascii") for literal in literals]
        self._matcher: _Matcher = _Packed(encoded) if len(encoded) <= PACKED_LITERALS else _many(tuple(encoded))
        foldable = any("k" in literal or "i" in literal for literal in literals)
        self._unicode = [_Packed([text]) for text in _FOLDS_TO_ASCII] if foldable else []

    def hits(self, folded: Bytes) -> tuple[Ints, Ints]:
        """Starts and ends of what makes a text a candidate of this clause."""
        starts, ends = self._matcher.hits(folded)
        if self._unicode and len(folded) and int(folded.max()) >= 0x80:
            more = [matcher.hits(folded) for matcher in self._unicode]
            if any(len(begin) for begin, _ in more):
                starts = np.concatenate([starts, *(begin for begin, _ in more)])
                ends = np.concatenate([ends, *(end for _, end in more)])
        return starts, ends

    def rows(self, folded: pa.Array) -> Ints:
        """Ascending indices of the values that a match touches; values lie side by side, so one may touch several."""
        wide = pa.types.is_large_string(folded.type) or pa.types.is_large_binary(folded.type)
        _, offset_buffer, data = folded.buffers()
        offsets = np.frombuffer(offset_buffer, dtype=np.int64 if wide else np.int32)
        offsets = offsets[folded.offset : folded.offset + len(folded) + 1]
        low, high = int(offsets[0]), int(offsets[-1])
        if data is None or low == high:
            return _NONE
        starts, ends = self.hits(np.frombuffer(data, dtype=np.uint8, count=high - low, offset=low))
        if len(starts) == 0:
            return _NONE
        first = np.searchsorted(offsets, starts + low, side="right") - 1
        last = np.searchsorted(offsets, ends + (low - 1), side="right") - 1
        if np.array_equal(first, last):
            return np.unique(first)
        touched = np.zeros(len(folded) + 1, dtype=np.int64)
        np.add.at(touched, first, 1)
        np.add.at(touched, last + 1, -1)
        return np.flatnonzero(np.cumsum(touched[:-1]) > 0)


def shortest(literals: Iterable[str]) -> tuple[str, ...]:
    """Without those that hold another: where they occur, so does it."""
    return _shortest(frozenset(literals))


@lru_cache(maxsize=64)
def _shortest(literals: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    sizes: list[int] = []
    for text in sorted(literals, key=lambda literal: (len(literal), literal)):
        if any(text[at : at + size] in found for size in sizes for at in range(len(text) - size + 1)):
            continue
        found[text] = None
        if not sizes or sizes[-1] != len(text):
            sizes.append(len(text))
    return tuple(found)


def _has_line_end(literal: str) -> bool:
    return "\n" in literal or "\r" in literal


def _folded(data: memoryview) -> Bytes:
    """A copy with A-Z lowered; the length, and so every offset, stays."""
    length = len(data)
    edges = np.array([0, length], dtype=np.int32)
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(edges), pa.py_buffer(data)])
    return np.frombuffer(pc.ascii_lower(text).buffers()[2], dtype=np.uint8, count=length)


def _begin_with(view: Bytes, places: Ints, continued: Starts) -> npt.NDArray[np.bool_]:
    """At which of ``places`` one of the texts stands."""
    found = np.zeros(len(places), dtype=np.bool_)
    first = view[places]
    for text in continued:
        rows = np.flatnonzero(first == text[0])
        for step in range(1, len(text)):
            if len(rows) == 0:
                break
            rows = rows[places[rows] + step < len(view)]
            rows = rows[view[places[rows] + step] == text[step]]
        found[rows] = True
    return found


def _few(
    block: bytes | bytearray,
    start: int,
    end: int,
    hits: Ints,
    continued: Starts,
    folded: Bytes,
    others: Sequence[_Clause],
) -> Extents:
    """The events that the match starts ``hits`` lie in and that the other clauses let through as well.

    Plain Python: for the few events of an ordinary block it is several times cheaper than the same in arrays.
    """
    found = list(_around(block, start, end, hits, continued))
    for clause in others:
        if not found:
            break
        view = folded.data
        pieces = [view[begin - start : stop - start] for begin, stop in found]
        places = list(accumulate((len(piece) + 1 for piece in pieces), initial=0))
        more, _ = clause.hits(np.frombuffer(b"\n".join(pieces), dtype=np.uint8))
        found = [found[row] for row in sorted({bisect_right(places, hit) - 1 for hit in more.tolist()})]
    if not found:
        return _NOTHING
    table = np.array(found, dtype=np.int64)
    return Extents(table[:, 0], table[:, 1])


def _around(block: bytes | bytearray, start: int, end: int, hits: Ints, continued: Starts) -> Iterator[tuple[int, int]]:
    """The events around the match starts ``hits``, found by looking for line ends to both sides."""
    leads = frozenset(text[0] for text in continued)  # most lines are decided by their first byte
    done = start
    for hit in sorted(hits.tolist()):
        if hit < done:
            continue
        begin = block.rfind(b"\n", done, hit) + 1 or done
        while begin > done and block[begin] in leads and block.startswith(continued, begin, end):
            begin = block.rfind(b"\n", done, begin - 1) + 1 or done
        stop = block.find(b"\n", hit, end)
        while 0 <= stop < end - 1 and block[stop + 1] in leads and block.startswith(continued, stop + 1, end):
            stop = block.find(b"\n", stop + 1, end)
        if stop < 0:
            yield begin, end
            return
        yield begin, stop
        done = stop + 1


_NONE: Final = np.empty(0, dtype=np.int64)
_NOTHING: Final = Extents(_NONE, _NONE)
