"""The events that count, read once from a source and held for every search of a scan.

Held are those that show an indicator and those that some search asks for, with every field a source can answer. Their
hosts go by one name each, what unset clocks wrote is repaired, an act delivered twice is there once, and acts that
another source told already say so in ``repeat_of``. A search that asks for more than is held reads the source again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.clocks import Clocks, ReadTexts, References, repaired
from bootwatch.detect.demand import Demand, readable
from bootwatch.detect.families import FamilyOf, nobody_knows, of_hosts, retagged
from bootwatch.detect.naming import (
    Aliases,
    Knows,
    NameOf,
    VersionOf,
    as_written,
    knows_nobody,
    no_version,
    renamed,
    versions,
)
from bootwatch.detect.spool import Spool
from bootwatch.detect.tags import Tags
from bootwatch.detections.detection import EvidenceClass
from bootwatch.events.fields import (
    FOLDED,
    HEADER_FIELDS,
    HOST,
    LINE,
    ORDER,
    RAW,
    RECOGNISED,
    SOURCE,
    TAG_FIELDS,
    TIME,
    VENDOR_FIELDS,
)
from bootwatch.events.source import EventSource, ScanRequest, Wrapped, Wrapper
from bootwatch.vendors.repeats import REPEAT_OF, Marked, Repeats

LISTED: Final = "inventory_version"
"""The release the inventory has for the device of an event: a field for searches, like those an input carries."""

_ASKED: Final = (*HEADER_FIELDS, *VENDOR_FIELDS, *TAG_FIELDS, LINE)
_KEYS: Final = (TIME, "_indextime", HOST, RAW, SOURCE, ORDER, "reliable_time", *("command", "command_source", "user"))
_BITS: Final = "#asked"
_INDICATED: Final = np.uint64(1)
_KEPT: Final = (*_KEYS, TAG_FIELDS[0], "os_family")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks of held events besides its words.

    ``tags``: of events it takes for their indicator, one of these is among them; None: any may be. ``needs``: it is
    shown the hosts that show a class of every group, or one of its words. ``bits`` are what it wants of every request,
    where that is known already.
    """

    tags: Tags | None = None
    needs: tuple[frozenset[EvidenceClass], ...] = ()
    bits: np.uint64 | None = None


class Held(Wrapped):
    """An :class:`~bootwatch.events.source.EventSource` over what one reading of another one left.

    ``earlier`` are batches that a former scan held; they come first. :meth:`load` reads the source, at the first
    search if nobody did before. The batches a search is given are those of :meth:`batches` of every scan: they are
    not read again.
    """

    def __init__(
        self,
        source: EventSource,
        demand: Demand,
        gates: tuple[str, ...],
        read: ReadTexts,
        *,
        name_of: NameOf = as_written,
        knows: Knows = knows_nobody,
        version_of: VersionOf = no_version,
        family_of: FamilyOf = nobody_knows,
        earlier: Iterable[pa.RecordBatch] = (),
    ) -> None:
        super().__init__(source)
        self._demand, self._gates, self._read = demand, gates, read
        self._inventory, self._knows, self._family_of, self._earlier = name_of, knows, family_of, tuple(earlier)
        self._version_of = version_of
        self._own: dict[str, bool] | None = None
        self._held: Spool | None = None
        self._name_of: NameOf = name_of
        self._first = 0
        self._shown: dict[str, set[str]] | None = None

    @property
    def rows(self) -> int:
        """How many events are held."""
        return self.load().rows

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        if self._own is None:
            self._own = self._source.own_fields(None)
        if names is None:
            return dict(self._own)
        mine = {name: False for name in (REPEAT_OF, LISTED) if name in names}
        return {name: several for name, several in self._own.items() if name in names} | mine

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        return self.answers(request, Asked())

    def answers(self, request: ScanRequest, asked: Asked) -> Iterator[pa.RecordBatch]:
        """What a search gets to see."""
        held, wanted = self.load(), self._demand.wanted(request) if asked.bits is None else asked.bits
        if request.own_only or wanted is None:
            yield from self.whole().batches(readable(request, self._gates))
            return
        names = [RAW, TIME, "_indextime", HOST, SOURCE, "sourcetype", "index", ORDER, RECOGNISED]
        names += [name for name in request.fields if name not in names]
        hosts = self._hosts(wanted, asked)
        for batch in held.batches():
            rows = _wanted_rows(batch, wanted, asked.tags, hosts)
            if not len(rows):
                continue
            some = batch.select([name for name in names if name in batch.schema.names])
            found = some if len(rows) == batch.num_rows else some.take(pa.array(rows))
            yield found.append_column(FOLDED, pc.utf8_lower(found.column(RAW))) if request.folded else found

    def bits(self, request: ScanRequest) -> np.uint64 | None:
        """The bits a request asks for; None where more is asked for than is held."""
        return self._demand.wanted(request)

    def has_rows(self, request: ScanRequest, asked: Asked) -> bool:
        """Whether a search gets to see anything."""
        wanted = self._demand.wanted(request)
        if request.own_only or wanted is None:
            return True
        hosts = self._hosts(wanted, asked)
        return any(len(_wanted_rows(batch, wanted, asked.tags, hosts)) for batch in self.load().batches())

    def _hosts(self, wanted: np.uint64, asked: Asked) -> pa.Array | None:
        """The hosts a search is shown; None: all."""
        if not asked.needs:
            return None
        found: set[str | None] = set()
        for batch in self.every():
            spelled = np.flatnonzero((batch.column(_BITS).to_numpy() & wanted & ~_INDICATED) != 0)
            found.update(pc.unique(batch.column(HOST).take(pa.array(spelled))).to_pylist())
        shown = self._classes()
        found.update(
            host for host, letters in shown.items() if all(not group.isdisjoint(letters) for group in asked.needs)
        )
        return pa.array(sorted(host for host in found if host is not None), pa.string())

    def _classes(self) -> dict[str, set[str]]:
        """The classes of the acts of each host."""
        if self._shown is None:
            shown: dict[str, set[str]] = {}
            for batch in self.every():
                column = batch.column(TAG_FIELDS[1])
                hosts = batch.column(HOST).take(pc.list_parent_indices(column))
                pairs = pa.table({"host": hosts, "letter": pc.list_flatten(column)}).group_by(["host", "letter"])
                for row in pairs.aggregate([]).to_pylist():
                    shown.setdefault(row["host"], set()).add(row["letter"])
            self._shown = shown  # whole at once: searches ask side by side
        return self._shown

    def whole(self) -> EventSource:
        """The source itself, its hosts under the names that held events go by; repetitions are told within it."""
        self.load()
        return Named(Marked(self._source), self._name_of)

    def named(self, host: str) -> str:
        """The name that held events of a host go by."""
        self.load()
        return self._name_of(host)

    def every(self) -> Iterator[pa.RecordBatch]:
        """All held events with all their columns, in the order they arrived."""
        return self.load().batches()

    def fresh(self) -> Iterator[pa.RecordBatch]:
        """Those that this scan read itself."""
        for batch in self.every():
            yield batch.filter(pc.greater_equal(batch.column(ORDER), self._first)) if self._first else batch

    def close(self) -> None:
        if self._held is not None:
            self._held.close()

    def load(self) -> Spool:
        """Read the source, if that was not done. Raises what the source raises."""
        if self._held is None:
            self._held = self._finished(*self._gathered())
        return self._held

    def _gathered(self) -> tuple[Spool, References, Aliases]:
        """The wanted events as read, the last sure time before each, and what names the log shows together."""
        own = tuple(self.own_fields(None))
        request = ScanRequest(
            fields=tuple(dict.fromkeys((*_ASKED, *own))),
            prefilter=self._demand.prefilter(self._gates),
            earliest_us=self._demand.earliest_us,
            latest_us=self._demand.latest_us,
        )
        spool, aliases, clocks = Spool(), Aliases(), Clocks()
        references: list[References] = []
        first = 0
        self._earlier = tuple(_asked_now(batch, self._demand) for batch in self._earlier)
        for batch in self._earlier:
            references.append(References.none(batch.num_rows))
            aliases.learn(batch)
            self._first = first = max(first, (pc.max(batch.column(ORDER)).as_py() or 0) + 1)
        for batch in self._source.batches(request):
            sure = clocks.references(batch)
            bits = self._demand.bits(batch)
            rows = np.flatnonzero(bits)
            if not len(rows):
                continue
            kept = _by_device(batch.take(pa.array(rows))).append_column(_BITS, pa.array(bits[rows]))
            if first:
                at = kept.schema.get_field_index(ORDER)
                kept = kept.set_column(at, ORDER, pc.add(kept.column(ORDER), first))
            spool.add(kept)
            references.append(sure.take(rows))
            aliases.learn(kept)
        return spool, References.joined(references), aliases

    def _finished(self, spool: Spool, references: References, aliases: Aliases) -> Spool:
        """The events under their names, in their time, each once, and marked where they repeat an act."""
        self._name_of = aliases.name_of(self._inventory, self._knows)
        done = Spool()
        parts = [batch.select(_KEPT) for batch in chain(self._earlier, spool.batches())]
        if not parts:
            return done
        keys = pa.Table.from_batches(parts)
        settled = sum(batch.num_rows for batch in self._earlier)
        times = pa.array(repaired(keys, references, self._read, settled=settled))
        hosts = renamed(keys.column(HOST).combine_chunks(), self._name_of)
        families = of_hosts(hosts, keys.column("os_family").combine_chunks(), self._family_of)
        repeats = _repeats(keys, hosts, times)
        once = _once(keys, hosts, times)
        at = 0
        for batch in _in_one_shape(self._earlier, spool):
            here = slice(at, at + batch.num_rows)
            at += batch.num_rows
            columns = {name: batch.column(name) for name in batch.schema.names}
            columns |= {TIME: times[here], HOST: hosts[here], LISTED: versions(hosts[here], self._version_of)}
            if anew := retagged(batch, hosts[here], families):
                columns |= anew | {_BITS: _indicated(columns[_BITS], anew[TAG_FIELDS[0]])}
            if REPEAT_OF not in self.own_fields(None):
                columns[REPEAT_OF] = repeats[here]
            done.add(pa.record_batch(columns).filter(pc.and_(once[here], pc.greater(columns[_BITS], 0))))
        spool.close()
        return done


class View(Wrapped):
    """What one search sees of held events."""

    def __init__(self, held: Held, asked: Asked) -> None:
        super().__init__(held)
        self._held, self._asked = held, asked

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        return self._held.answers(request, self._asked)


class Named(Wrapped):
    """An event source whose hosts go by one name each."""

    def __init__(self, source: EventSource, name_of: NameOf) -> None:
        super().__init__(source)
        self._name_of = name_of

    def wrapper(self, request: ScanRequest) -> Wrapper:
        del request
        return partial(Named, name_of=self._name_of)

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches(request):
            at = batch.schema.get_field_index(HOST)
            yield batch.set_column(at, HOST, renamed(batch.column(HOST), self._name_of))


def _by_device(events: pa.RecordBatch) -> pa.RecordBatch:
    """The events under the name their text says: what an export gives as host is often whoever passed a message on."""
    hosts = pc.coalesce(events.column("dvc"), events.column(HOST))
    return events.set_column(events.schema.get_field_index(HOST), HOST, hosts)


def _indicated(bits: pa.Array, indicators: pa.Array) -> pa.Array:
    """The bits with the lowest as the indicators are now."""
    shown = indicators.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(np.where(shown, bits.to_numpy() | _INDICATED, bits.to_numpy() & ~_INDICATED))


def _asked_now(batch: pa.RecordBatch, demand: Demand) -> pa.RecordBatch:
    """A batch of a former scan with what this one asks of its events."""
    known = batch.drop_columns([_BITS]) if _BITS in batch.schema.names else batch
    return known.append_column(_BITS, pa.array(demand.bits(known)))


def _in_one_shape(earlier: tuple[pa.RecordBatch, ...], spool: Spool) -> Iterator[pa.RecordBatch]:
    """All batches with the columns of those that were read now; what only a former scan's input carried is dropped."""
    read = spool.batches()
    first = next(read, None)
    if first is None:
        yield from earlier
        return
    for batch in earlier:
        names = batch.schema.names
        columns = [batch.column(f.name) if f.name in names else pa.nulls(batch.num_rows, f.type) for f in first.schema]
        yield pa.record_batch(
            [column.cast(f.type) for column, f in zip(columns, first.schema, strict=True)], schema=first.schema
        )
    yield first
    yield from read


def _wanted_rows(
    batch: pa.RecordBatch, wanted: np.uint64, tags: Tags | None, hosts: pa.Array | None
) -> npt.NDArray[np.int64]:
    """The rows of held events that have one of the bits; those taken for their indicator, if it is one of ``tags``."""
    bits = batch.column(_BITS).to_numpy()
    found = (bits & wanted & ~_INDICATED) != 0
    if wanted & _INDICATED:
        shown = (bits & _INDICATED) != 0
        found |= shown if tags is None else shown & _shows(batch, tags)
    if hosts is not None and found.any():
        found &= pc.is_in(batch.column(HOST), value_set=hosts).to_numpy(zero_copy_only=False)
    return np.flatnonzero(found)


def _shows(batch: pa.RecordBatch, tags: Tags) -> npt.NDArray[np.bool_]:
    """Which events show one of the tags, as indicator or class."""
    shown = np.zeros(batch.num_rows, np.bool_)
    wanted = pa.array(sorted(tags), pa.string())
    for name in TAG_FIELDS:
        column = batch.column(name)
        values = pc.utf8_lower(pc.list_flatten(column))
        rows = pc.list_parent_indices(column).filter(pc.is_in(values, value_set=wanted))
        shown[rows.to_numpy()] = True
    return shown


def _repeats(keys: pa.Table, hosts: pa.Array, times: pa.Array) -> pa.Array:
    """``repeat_of`` of each event; what is told first is told first in time, whichever file was read first."""
    told = pa.record_batch({TIME: times, HOST: hosts} | {n: keys.column(n).combine_chunks() for n in _KEYS[-3:]})
    when = pa.table({"time": times, "n": keys.column(ORDER)})
    order = pc.sort_indices(when, sort_keys=[("time", "ascending"), ("n", "ascending")])
    marks = Repeats().mark(told.take(order))
    return marks.take(pc.sort_indices(order))


def _once(keys: pa.Table, hosts: pa.Array, times: pa.Array) -> pa.Array:
    """False where an act is the same as one before it: delivered twice, it was done once."""
    seen: set[tuple[object, ...]] = set()
    kept = np.ones(keys.num_rows, np.bool_)
    shows = keys.column(TAG_FIELDS[0]).combine_chunks().is_valid().to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(shows)
    some = pa.array(rows)
    told = (hosts, times, keys.column(RAW).combine_chunks())
    columns = (column.take(some).to_pylist() for column in told)
    for row, *key in zip(rows.tolist(), *columns, strict=True):
        kept[row] = tuple(key) not in seen
        seen.add(tuple(key))
    return pa.array(kept)
