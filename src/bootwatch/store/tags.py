"""Tags: which rows of a segment each registered rule has to look at, decided once when the segment is sealed.

One pass over the texts finds the rows that any rule's most selective literals touch; the rules are told apart on those
few. The rows themselves go to a small Parquet sidecar, one for all segments sealed together, with a flag column for
each
rule, so that a tagged search never opens a segment. Without a sidecar segments are scanned, with the same rows.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bootwatch.events.source import Prefilter
from bootwatch.match.scan import Ints, Scanner
from bootwatch.store.layout import SEGMENT, N, rule_column
from bootwatch.store.records import Segment, Tags
from bootwatch.store.segment import Damaged, parquet, single

SCANNING: Final = 1
"""Part of every rule's hash: raise it when the same literals select other rows."""

Flags = npt.NDArray[np.bool_]

_IDENTITY: Final = "bootwatch.segments"

SLICE_ROWS: Final = 16_384
"""Folding and scanning are fastest in the second-level cache."""

_MOST: Final = 0.1
"""A rule that wants a larger share of a segment's rows is not tagged there: the sidecar would be a second segment."""


def rule_hash(prefilter: Prefilter) -> str:
    """The name of what a prefilter selects: the same for the same literals, in whatever order they stand."""
    clauses = sorted(sorted(set(clause)) for clause in prefilter.clauses)
    return hashlib.sha256(repr((SCANNING, clauses)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rule:
    """A search that runs again and again. Its hash follows from its literals, so a changed rule is another one."""

    name: str
    prefilter: Prefilter

    @property
    def hash(self) -> str:
        return rule_hash(self.prefilter)


@dataclass(frozen=True, slots=True)
class Tagged:
    """``rows`` that any rule wants, ascending; for each rule that was looked for, which of them it wants."""

    rows: Ints
    wanted: dict[str, Flags]


class Tagger:
    """Registered rules made ready. A rule without literals has every row as a candidate and is left out."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._scanners: dict[str, Scanner] = {}
        first: set[str] = set()
        for rule in rules:
            clause = _most_selective(rule.prefilter)
            if clause is not None and rule.hash not in self._scanners:
                self._scanners[rule.hash] = Scanner(rule.prefilter)
                first.update(clause)
        self._any = Scanner(Prefilter((tuple(sorted(first)),))) if first else None

    @property
    def rules(self) -> frozenset[str]:
        """The hashes of the rules that are looked for."""
        return frozenset(self._scanners)

    def tag(self, raw: pa.StringArray) -> Tagged:
        """One pass over the texts of a segment."""
        if self._any is None:
            return Tagged(np.empty(0, np.int64), {})
        rows = candidates(self._any, raw)
        texts = raw.take(pa.array(rows))
        wanted = {}
        for rule, scanner in self._scanners.items():
            found = scanner.rows(texts)
            if len(found) <= _MOST * len(raw) or len(found) <= 16:
                wanted[rule] = np.zeros(len(rows), np.bool_)
                wanted[rule][found] = True
        some = np.zeros(len(rows), np.bool_)
        for flags in wanted.values():
            some |= flags
        return Tagged(rows[some], {rule: flags[some] for rule, flags in wanted.items()})


def candidates(scanner: Scanner, raw: pa.StringArray) -> Ints:
    """``scanner.rows`` of a long array, in slices that stay in the cache."""
    found = [scanner.rows(raw.slice(at, SLICE_ROWS)) + at for at in range(0, len(raw), SLICE_ROWS)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Found:
    """The tagged rows of one segment: their stored columns, and flags for each rule."""

    segment: Segment
    rows: pa.Table
    wanted: dict[str, Flags]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar to be written (no bytes where no rule has a row), and its record."""

    data: memoryview
    record: Tags


def encode(found: Sequence[Found], rules: Iterable[str], path: str, txn: str) -> Sidecar:
    """The sidecar of some segments, its rows in order of arrival; ``rules`` are the hashes that were looked for."""
    segments = [one.segment for one in found]
    hashes = sorted(rules)
    counts = {rule: [int(one.wanted[rule].sum()) if rule in one.wanted else -1 for one in found] for rule in hashes}
    tables = []
    for place, one in enumerate(found):
        if one.rows.num_rows:
            rows = one.rows.append_column(SEGMENT, pa.repeat(pa.scalar(place, pa.int32()), one.rows.num_rows))
            for rule in hashes:
                flags = one.wanted.get(rule, np.zeros(one.rows.num_rows, np.bool_))
                rows = rows.append_column(rule_column(rule), pa.array(flags))
            tables.append(rows)
    names = [segment.path for segment in segments]
    if not tables:
        return Sidecar(memoryview(b""), Tags(txn, names, "", 0, 0, counts))
    table = pa.concat_tables(tables, promote_options="default").unify_dictionaries().combine_chunks()
    table = table.take(pc.sort_indices(table.column(N)))
    data, _ = parquet(table, table.num_rows, {_IDENTITY: _identity(segments)})
    return Sidecar(data, Tags(txn, names, path, len(data), zlib.crc32(data), counts))


def read(
    home: Path, tags: Tags, segments: Sequence[Segment], rule: str, names: Sequence[str], wanted: Sequence[int]
) -> dict[str, pa.Array]:
    """Stored columns of the rows a rule wants, in order of arrival.

    ``segments`` are all that the sidecar is of; ``wanted`` those to read from, by their places. Raises Damaged where
    the sidecar is not what was written.
    """
    try:
        data = (home / tags.path).read_bytes()
    except OSError as exc:
        raise Damaged(f"cannot be read: {exc.strerror or exc}") from exc
    if len(data) != tags.bytes or zlib.crc32(data) != tags.crc:
        raise Damaged("its checksum does not hold")
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        if (file.metadata.metadata or {}).get(_IDENTITY.encode()) != _identity(segments).encode():
            raise Damaged("it belongs to other segments")
        places = {name: number for number, name in enumerate(file.schema_arrow.names)}
        flag = rule_column(rule)
        chosen = sorted(places[name] for name in {*names, flag, SEGMENT} if name in places)
        table = file.reader.read_all(column_indices=chosen, use_threads=False)
    except (pa.ArrowException, OSError, KeyError) as exc:
        raise Damaged(str(exc).partition("\n")[0]) from exc
    columns = {name: single(table.column(name)) for name in (*names, flag, SEGMENT) if name in places}
    keep = columns.pop(flag).to_numpy(zero_copy_only=False)
    origin = columns.pop(SEGMENT).to_numpy()
    if len(wanted) < len(segments):
        keep = keep & np.isin(origin, np.array(wanted))
    if keep.all():
        return columns
    index = pa.array(np.flatnonzero(keep))
    return {name: column.take(index) for name, column in columns.items()}


def _identity(segments: Sequence[Segment]) -> str:
    return ",".join(segment.sha256 for segment in segments)


def _most_selective(prefilter: Prefilter) -> tuple[str, ...] | None:
    """Of the clauses that can be decided from bytes, the one whose shortest literal is longest."""
    usable = [clause for clause in prefilter.clauses if Scanner(Prefilter((clause,)))]
    return max(usable, key=lambda clause: (min(map(len, clause)), -len(clause)), default=None)
