"""What the searches of all chosen detections together ask of an event, so that one reading of a source serves them.

Each scan of each plan asks something of the bytes (its prefilter) and, through the tags, of the indicator catalogue.
A plan made with :data:`INDICATED` for the tag literals says the two apart: where that mark stands among the literals
of a clause, an event that shows an indicator meets the clause as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Self

import numpy as np
import pyarrow as pa

from bootwatch.algebra.plans import Plan, Scan, sources
from bootwatch.events.fields import RAW, TAG_FIELDS
from bootwatch.events.source import Prefilter, ScanRequest
from bootwatch.match.scan import Ints, Scanner

INDICATED: Final = "\0shows an indicator of the catalogue"
"""Stands among literals for all of the catalogue's; no event's text holds it."""

_INDICATOR: Final = TAG_FIELDS[0]


def scans(plan: Plan) -> Iterator[Scan]:
    """Every reading of events a plan begins with."""
    stack = [plan]
    while stack:
        node = stack.pop()
        if isinstance(node, Scan):
            yield node
        stack.extend(sources(node))


@dataclass(frozen=True, slots=True)
class Demand:
    """The union of some scans. An event is wanted if it shows an indicator, or meets one of ``prefilters``.

    ``unbounded`` says that some scan asks nothing of the bytes: every event is wanted.
    """

    prefilters: tuple[Prefilter, ...]
    unbounded: bool
    earliest_us: int | None
    latest_us: int | None
    indexes: frozenset[str] | None
    _sieves: tuple[Scanner, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, found: Iterable[Scan]) -> Self:
        """Of the scans of plans that were made with :data:`INDICATED`."""
        every = list(found)
        indexes = [scan.indexes for scan in every]
        distinct = tuple(dict.fromkeys(scan.prefilter for scan in every))
        texts = [Prefilter(tuple(_unmarked(clause) for clause in prefilter.clauses)) for prefilter in distinct]
        return cls(
            distinct,
            any(not prefilter for prefilter in distinct),
            _least(scan.earliest_us for scan in every),
            _greatest(scan.latest_us for scan in every),
            None if None in indexes else frozenset(chain.from_iterable(filter(None, indexes))),
            # What has a clause without a text of its own is met by events with an indicator alone.
            tuple(Scanner(text) for text in texts if text and all(text.clauses)),
        )

    def prefilter(self, gates: tuple[str, ...]) -> Prefilter:
        """What a wanted event's bytes hold; ``gates`` are the catalogue's literals."""
        if self.unbounded:
            return Prefilter()
        depth = max((len(prefilter.clauses) for prefilter in self.prefilters), default=1)
        clauses = []
        for at in range(depth):
            chosen = (prefilter.clauses[min(at, len(prefilter.clauses) - 1)] for prefilter in self.prefilters)
            literals = chain(gates, *map(_unmarked, chosen))
            clauses.append(tuple(dict.fromkeys(literals)))
        return Prefilter(tuple(dict.fromkeys(clauses)))

    def covers(self, request: ScanRequest) -> bool:
        """Whether every event the request asks for is wanted here."""
        if self.unbounded:
            return True
        if not request.prefilter or not _within(request, self):
            return False
        asked = [frozenset(clause) for clause in request.prefilter.clauses]
        return any(
            all(any(clause <= frozenset(mine) for clause in asked) for mine in prefilter.clauses)
            for prefilter in self.prefilters
        )

    def rows(self, events: pa.RecordBatch) -> Ints:
        """Ascending indices of the wanted ones; the batch has the tag ``indicator``."""
        if self.unbounded:
            return np.arange(events.num_rows, dtype=np.int64)
        kept = [np.flatnonzero(events.column(_INDICATOR).is_valid().to_numpy(zero_copy_only=False))]
        kept += [sieve.rows(events.column(RAW)) for sieve in self._sieves]
        return np.unique(np.concatenate(kept))


def readable(request: ScanRequest, gates: tuple[str, ...]) -> ScanRequest:
    """The request with the mark replaced by what it stands for, as a source understands it."""
    clauses = tuple(
        (*_unmarked(clause), *gates) if INDICATED in clause else clause for clause in request.prefilter.clauses
    )
    return replace(request, prefilter=Prefilter(clauses))


def _unmarked(clause: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(literal for literal in clause if literal != INDICATED)


def _within(request: ScanRequest, demand: Demand) -> bool:
    early = demand.earliest_us is None or (
        request.earliest_us is not None and request.earliest_us >= demand.earliest_us
    )
    late = demand.latest_us is None or (request.latest_us is not None and request.latest_us <= demand.latest_us)
    indexed = demand.indexes is None or (request.indexes is not None and request.indexes <= demand.indexes)
    return early and late and indexed


def _least(bounds: Iterable[int | None]) -> int | None:
    every = list(bounds)
    return None if None in every else min((bound for bound in every if bound is not None), default=None)


def _greatest(bounds: Iterable[int | None]) -> int | None:
    every = list(bounds)
    return None if None in every else max((bound for bound in every if bound is not None), default=None)
