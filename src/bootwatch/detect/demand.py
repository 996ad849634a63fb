"""What the searches of all chosen detections together ask of an event, so that one reading of a source serves them.

Each scan of each plan asks something of the bytes (its prefilter) and, through the tags, of the indicator catalogue.
A plan made with :data:`INDICATED` for the tag literals says the two apart: where that mark stands among the literals
of a clause, an event that shows an indicator meets the clause as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.plans import Plan, Scan, sources
from bootwatch.events.fields import RAW, TAG_FIELDS
from bootwatch.events.source import Prefilter, ScanRequest
from bootwatch.match.scan import Scanner

INDICATED: Final = "\0shows an indicator of the catalogue"
"""Stands among literals for all of the catalogue's; no event's text holds it."""

_BITS: Final = 64
Bits = npt.NDArray[np.uint64]
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
    _any: Scanner = field(repr=False, compare=False)
    _sieves: Mapping[int, Scanner] = field(repr=False, compare=False)

    @classmethod
    def of(cls, found: Iterable[Scan]) -> Self:
        """Of the scans of plans that were made with :data:`INDICATED`."""
        every = list(found)
        indexes = [scan.indexes for scan in every]
        distinct = tuple(dict.fromkeys(scan.prefilter for scan in every))
        texts = [Prefilter(tuple(_unmarked(clause) for clause in prefilter.clauses)) for prefilter in distinct]
        # What has a clause without a text of its own is met by events with an indicator alone.
        spelled = [text for text in texts if text and all(text.clauses)]
        return cls(
            distinct,
            any(not prefilter for prefilter in distinct),
            _least(scan.earliest_us for scan in every),
            _greatest(scan.latest_us for scan in every),
            None if None in indexes else frozenset(chain.from_iterable(filter(None, indexes))),
            Scanner(Prefilter((tuple(dict.fromkeys(chain.from_iterable(text.clauses[0] for text in spelled))),))),
            {at: Scanner(text) for at, text in enumerate(texts, 1) if text and all(text.clauses)},
        )

    def prefilter(self, gates: tuple[str, ...]) -> Prefilter:
        """What a wanted event's bytes hold; ``gates`` are the catalogue's literals."""
        if self.unbounded:
            return Prefilter()
        # One clause: what a second one would leave out is less than it costs to look for.
        literals = chain(gates, *(_unmarked(prefilter.clauses[0]) for prefilter in self.prefilters))
        return Prefilter((tuple(dict.fromkeys(literals)),))

    def bits(self, events: pa.RecordBatch) -> Bits:
        """For each event what wants it: the lowest bit stands for the catalogue, the next ones for ``prefilters``.

        The batch has the tag ``indicator``. A prefilter that an event meets by its indicator alone has no bit there.
        """
        indicated = events.column(_INDICATOR).is_valid().to_numpy(zero_copy_only=False)
        found: Bits = indicated.astype(np.uint64)
        if self.unbounded:
            return found | np.uint64(2)
        folded = pc.ascii_lower(events.column(RAW))
        some = self._any.folded_rows(folded) if self._any else np.zeros(0, np.int64)
        if len(some):
            few = folded.take(pa.array(some))
            for bit, sieve in self._sieves.items():
                found[some[sieve.folded_rows(few)]] |= _bit(bit)
        return found

    def wanted(self, request: ScanRequest) -> np.uint64 | None:
        """The bits of which an event has one that the request asks for; None where it asks for others as well."""
        if self.unbounded:
            return np.uint64(3)
        if not request.prefilter or not _within(request, self):
            return None
        asked = [frozenset(clause) for clause in request.prefilter.clauses]
        for at, prefilter in enumerate(self.prefilters):
            mine = [frozenset(clause) for clause in prefilter.clauses]
            if all(any(clause <= one for clause in asked) for one in mine):
                return _bit(at + 1) | np.uint64(any(INDICATED in clause for clause in asked))
        return None


def readable(request: ScanRequest, gates: tuple[str, ...]) -> ScanRequest:
    """The request with the mark replaced by what it stands for, as a source understands it."""
    clauses = tuple(
        (*_unmarked(clause), *gates) if INDICATED in clause else clause for clause in request.prefilter.clauses
    )
    return replace(request, prefilter=Prefilter(clauses))


def _bit(at: int) -> np.uint64:
    """Where there are more than bits, some share one: what is let through too much, the search itself leaves out."""
    return np.uint64(1) << np.uint64(at if at < _BITS else 1 + at % (_BITS - 1))


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
