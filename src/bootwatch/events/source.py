"""What a search asks of a source of events, and what a source answers.

Files, the store and later the live tail implement :class:`EventSource`; engines and the search job only know this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bootwatch.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Prefilter:
    """A necessary condition on an event's folded text, cheap to decide from bytes.

    ``clauses`` is a conjunction: of every clause at least one literal must occur in the ASCII-lowered ``_raw``.
    Literals are ASCII and lower case. No clauses: every event is a candidate. A prefilter only ever lets too much
    through; the exact rules are applied to what survives.
    """

    clauses: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clauses)


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """The columns and the bounds of one scan.

    ``fields`` names the wanted columns (event fields, header fields, and any further field an input may carry itself);
    ``earliest_us`` (inclusive) and ``latest_us`` (exclusive) bound ``_time`` in microseconds since the epoch;
    ``indexes`` and ``sourcetypes`` are lower-case names a source may prune by (None: no bound). Bounds are hints for
    pruning: a source may return more, never less, than they admit. ``folded`` asks for the hidden column ``#folded``,
    ``_raw`` in lower case (Unicode simple lower-casing).
    """

    fields: tuple[str, ...]
    prefilter: Prefilter = Prefilter()
    earliest_us: int | None = None
    latest_us: int | None = None
    indexes: frozenset[str] | None = None
    sourcetypes: frozenset[str] | None = None
    folded: bool = False
    own_only: bool = False
    """Fields an input carries itself stay as it gives them: what is read in texts does not fill their gaps."""
    tag: str | None = None
    """Hash of a registered rule whose tags may replace the prefilter where a source has them."""


@dataclass(slots=True)
class ScanReport:
    """What a scan met: counts for ``--verbose`` and problems for stderr and the exit status.

    ``rejected`` counts lines that became no event, by reason; ``unreadable`` names inputs that failed, with why.
    """

    lines: int = 0
    bytes: int = 0
    total_bytes: int = 0
    """How many bytes there are to read, 0 where that is not known beforehand."""
    events: int = 0
    candidates: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    opened: int = 0
    """Inputs (files, segments) that could be read, in part at least."""
    in_future: int = 0
    """Events that carry a time more than a day ahead."""

    def add(self, other: ScanReport) -> None:
        """Count what another report of the same scan counted."""
        self.lines += other.lines
        self.bytes += other.bytes
        self.events += other.events
        self.candidates += other.candidates
        self.unreadable += other.unreadable
        self.notes += other.notes
        self.opened += other.opened
        self.in_future += other.in_future
        for reason, count in other.rejected.items():
            self.reject(reason, count)

    @property
    def said(self) -> list[str]:
        """The notes, and a sentence on events from the future."""
        if not self.in_future:
            return self.notes
        events = "1 event carries" if self.in_future == 1 else f"{self.in_future} events carry"
        return [*self.notes, f"{events} a time more than a day in the future"]

    def reject(self, reason: str, count: int = 1) -> None:
        self.rejected[reason] = self.rejected.get(reason, 0) + count


class EventSource(Protocol):
    """Somewhere events come from.

    ``batches`` yields Arrow record batches whose columns are: ``_raw`` (string), ``_time`` and ``_indextime``
    (float64, epoch seconds with microseconds), ``host source sourcetype index`` (string), ``#n`` (int64, arrival
    order, ascending over the whole scan), ``#recognised`` (bool: bootwatch recognised the sourcetype itself, so aliases
    apply), then the requested header fields (string), the requested further fields the input carries, ``#line`` (int64,
    one-based line of the source, null where there are no lines) if asked for by name, and ``#folded`` if asked for. All
    batches of one scan have one schema. ``own_fields`` says beforehand which further fields this input carries
    itself and whether a field ever holds
    several values (then its column is ``list<string>``).
    """

    report: ScanReport

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        """Which of ``names`` (None: all) the input carries beyond event and header fields: name to 'is multivalue'."""

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        """The candidate events, in arrival order. Raises InputError only where nothing at all can be read."""


@runtime_checkable
class Divisible(Protocol):
    """A source whose events can be read by several machines."""

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        """About ``count`` sources (one at least) that can be pickled and together give what is asked for.

        Ordinals stay those of one scan: what was before stays before. Every share has the ``own_fields`` of the whole.
        Of ``request`` the fields and the bounds are known.
        """


Opener = Callable[[int, str, bytes], EventSource]
"""Makes a source of one file: where its ordinals begin, its path, its bytes. It is pickled into the workers."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a cluster knows it."""

    path: str
    size: int


Wrapper = Callable[[EventSource], EventSource]
"""Makes a wrapped source of a share. It is pickled into the workers."""


@runtime_checkable
class Fetched(Protocol):
    """A source whose files only the cluster can read: it brings their bytes to whoever opens them."""

    def files(self, request: ScanRequest) -> list[RemoteFile]:
        """The files that may hold what is asked for, in their order; one named twice is there twice."""

    def opener(self) -> Opener: ...


def shares_of(source: EventSource, count: int, request: ScanRequest) -> list[EventSource]:
    """The shares of a source. Raises InputError for one that only this machine can read."""
    if isinstance(source, Wrapped) and (wrap := source.wrapper(request)) is not None:
        return [wrap(share) for share in shares_of(source.inner, count, request)]
    if isinstance(source, Divisible):
        return source.shares(count, request)
    raise InputError("can be read on this machine only", path=type(source).__name__)


def files_of(source: EventSource, request: ScanRequest) -> Fetched | None:
    """A source of files that only the cluster can read, None for any other. Raises InputError where they cannot be."""
    if isinstance(source, Fetched):
        return source
    inner = files_of(source.inner, request) if isinstance(source, Wrapped) else None
    if inner is None or not isinstance(source, Wrapped):
        return None
    wrap = source.wrapper(request)
    if wrap is None:
        raise InputError("what events mean to each other cannot be told of files read apart", path="the search")
    return _Files(inner, wrap)


@dataclass(frozen=True, slots=True)
class _Files:
    """Files whose sources go into a wrapper."""

    inner: Fetched
    wrap: Wrapper

    def files(self, request: ScanRequest) -> list[RemoteFile]:
        return self.inner.files(request)

    def opener(self) -> Opener:
        return _Opener(self.inner.opener(), self.wrap)


@dataclass(frozen=True, slots=True)
class _Opener:
    inner: Opener
    wrap: Wrapper

    def __call__(self, number: int, path: str, data: bytes) -> EventSource:
        return self.wrap(self.inner(number, path, data))


def as_it_is(source: EventSource) -> EventSource:
    """The wrapper that adds nothing."""
    return source


class InTurn:
    """Shares of one source, read one after the other."""

    def __init__(self, shares: tuple[EventSource, ...]) -> None:
        self.report = ScanReport()
        self._shares = shares

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return self._shares[0].own_fields(names)

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.report = ScanReport()
        failed: list[InputError] = []
        for share in self._shares:
            try:
                yield from share.batches(request)
            except InputError as exc:
                failed.append(exc)
            self.report.add(share.report)
        if failed and len(failed) == len(self._shares):
            raise failed[0]


class Wrapped:
    """A source that answers as the one behind it does; what is based on it says only what differs."""

    def __init__(self, source: EventSource) -> None:
        self._source = source

    @property
    def inner(self) -> EventSource:
        """The source behind this one."""
        return self._source

    def wrapper(self, request: ScanRequest) -> Wrapper | None:
        """What makes of a share of the inner source one of this; None where this source is only whole."""
        del request
        return None

    @property
    def report(self) -> ScanReport:
        """What the source behind this one met."""
        return self._source.report

    @report.setter
    def report(self, report: ScanReport) -> None:
        self._source.report = report

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        return self._source.own_fields(names)

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        return self._source.batches(request)
