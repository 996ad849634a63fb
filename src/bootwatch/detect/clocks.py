"""When an event happened whose device did not know the time: a wrong clock must neither hide a story nor invent one.

A device that has just started stamps its messages from 1993 or from 1 March on, with a ``*`` (Cisco IOS, "Setting Time
and Calendar Services"). The order of arrival and the clocks of whoever passed the message on know better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view

from bootwatch.events.fields import HOST, INDEXTIME, RAW, SOURCE, TIME

Times = npt.NDArray[np.float64]
ReadTexts = Callable[[pa.Array, frozenset[str]], Mapping[str, pa.Array]]
"""Reads fields in raw messages, as :meth:`bootwatch.ingest.headers.Reader.read` does."""

FAR_S: Final = 86_400.0
"""A clock further off than this is wrong, whatever the cause; nearer ones may just not be synchronised."""

_LATE_S: Final = 30 * 86_400.0
_AROUND: Final = 9
_STEP_S: Final = 0.001
_FIRST_YEAR: Final = 2010
_FIRST_MONTHS: Final = (1, 3)
_FIRST_DAYS: Final = 7
# The stamp of whoever received the message, before the device's own header.
_RELAYED: Final = (
    r"^(?P<header>(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9](?: [0-9]{4})? [0-9:]{8}(?:\.[0-9]+)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)) [^ :]+)[ :].*[*.][A-Z][a-z]{2} "
)


@dataclass(frozen=True, slots=True)
class References:
    """What the log around some events says about the time, one value each, NaN where nobody was sure.

    ``last`` is the last sure time before an event in its source; ``before`` and ``after`` the middle one of the few
    sure times on either side.
    """

    last: Times
    before: Times
    after: Times

    def take(self, rows: npt.NDArray[np.int64]) -> References:
        return References(self.last[rows], self.before[rows], self.after[rows])

    @classmethod
    def none(cls, count: int) -> Self:
        """Of events that stand alone."""
        nothing = np.full(count, np.nan)
        return cls(nothing, nothing, nothing)

    @classmethod
    def joined(cls, parts: Iterable[References]) -> Self:
        every: list[References] = [cls.none(0), *parts]
        return cls(
            np.concatenate([part.last for part in every]),
            np.concatenate([part.before for part in every]),
            np.concatenate([part.after for part in every]),
        )


@dataclass(slots=True)
class Clocks:
    """Follows one scan in its order."""

    _last: dict[str, Times] = field(default_factory=dict)

    def references(self, events: pa.RecordBatch) -> References:
        """Of the events of a batch. Small files are read together: each source knows its own times alone."""
        if not events.num_rows:
            return References.none(0)
        runs = pc.run_end_encode(events.column(SOURCE), run_end_type=pa.int64())
        ends = runs.run_ends.to_pylist()
        parts = [
            self._of(source, events.slice(start, end - start))
            for source, start, end in zip(runs.values.to_pylist(), [0, *ends], ends, strict=False)
        ]
        return parts[0] if len(parts) == 1 else References.joined(parts)

    def _of(self, source: str, events: pa.RecordBatch) -> References:
        time = events.column(TIME).to_numpy(zero_copy_only=False)
        earlier = self._last.get(source, np.full(_AROUND, np.nan))
        sure = _sure(events)
        times = np.concatenate([earlier, time[sure]])
        middles = np.median(sliding_window_view(times, _AROUND), axis=1)
        at: npt.NDArray[np.int64] = np.cumsum(sure) - sure  # how many sure ones stand before each
        following = np.full(len(time), np.nan)
        later = at + sure + _AROUND
        there = later < len(middles)
        following[there] = middles[later[there]]
        self._last[source] = times[-_AROUND:]
        return References(times[at + _AROUND - 1], middles[at], following)


def repaired(events: pa.Table, references: References, read: ReadTexts, *, settled: int = 0) -> Times:
    """``_time`` of the events of one scan in their order, with what wrong clocks wrote replaced.

    The first ``settled`` events are those of former scans, whose time was repaired then.

    A stamp is replaced that its device was not sure of, that is more than a day off, and that is of the first week of
    a clock that was never set, or runs behind what the device said before: by the stamp of whoever passed the message
    on, else by the last sure time before it in the log, else by what the device said before. A stamp its device was
    sure of is replaced where the log around it agrees on another time and it lies more than a day ahead of that, which
    no message can, or more than thirty days behind: so late none is delivered.
    """
    time: Times = events.column(TIME).to_numpy().astype(np.float64)
    sure = _sure(events)
    jumped = sure & _jumped(time, references)
    unsure = np.flatnonzero(~sure)
    unsure = unsure[unsure >= settled]
    if not len(unsure) and not jumped.any():
        return time
    relayed = _relayed(events.column(RAW).combine_chunks().take(pa.array(unsure)), read)
    doubtful = dict(zip(unsure.tolist(), relayed.tolist(), strict=True))
    later = _after(events, references.last)
    latest: dict[tuple[str, str], float] = {}
    devices = zip(events.column(SOURCE).to_pylist(), events.column(HOST).to_pylist(), strict=True)
    for row, device in enumerate(devices):
        before = latest.get(device, np.nan)
        best = np.nan
        if jumped[row]:
            best = float(references.before[row])
        elif row in doubtful and (time[row] < before - FAR_S or _never_set(float(time[row]))):
            known = (doubtful[row], references.last[row], before, later[row])
            best = next((moment for moment in known if not np.isnan(moment)), np.nan)
        if abs(time[row] - best) > FAR_S:
            time[row] = best if np.isnan(before) or best > before else before + _STEP_S
        latest[device] = float(time[row])
    return time


def _jumped(time: Times, references: References) -> npt.NDArray[np.bool_]:
    """Where the log before and after an event agrees, and the event does not."""
    before, after = references.before, references.after
    with np.errstate(invalid="ignore"):  # NaN compares as false
        agreed = np.abs(after - before) <= FAR_S
        ahead = time > np.maximum(before, after) + FAR_S
        behind = time < np.minimum(before, after) - _LATE_S
        flags: npt.NDArray[np.bool_] = agreed & (ahead | behind)
    return flags


def _never_set(time_s: float) -> bool:
    """Whether a stamp is of the first week of a clock that counts from where its maker let it begin."""
    when = datetime.fromtimestamp(time_s, UTC)
    return when.year < _FIRST_YEAR or (when.month in _FIRST_MONTHS and when.day <= _FIRST_DAYS)


def _after(events: pa.Table, references: Times) -> Times:
    """The first sure time after each event in its source."""
    sources = np.array(events.column(SOURCE).to_pylist(), object)
    found = references.copy()
    for row in range(len(found) - 2, -1, -1):
        if np.isnan(found[row]) and sources[row] == sources[row + 1]:
            found[row] = found[row + 1]
    return found


def _sure(events: pa.RecordBatch | pa.Table) -> npt.NDArray[np.bool_]:
    told = pc.equal(pc.fill_null(events.column("reliable_time"), "false"), "true")
    # An input that gives the time itself, as Splunk exports it, has no header to read it from.
    given = pc.and_(
        pc.is_null(events.column("reliable_time")), pc.not_equal(events.column(TIME), events.column(INDEXTIME))
    )
    flags: npt.NDArray[np.bool_] = np.asarray(pc.or_(told, given).to_numpy(zero_copy_only=False), np.bool_)
    return flags


def _relayed(raw: pa.Array, read: ReadTexts) -> Times:
    """The time in the header of whoever passed a message on; NaN where there is none."""
    found: Times = np.full(len(raw), np.nan)
    headers = pc.struct_field(pc.extract_regex(raw, _RELAYED), "header")
    rows = np.flatnonzero(headers.is_valid().to_numpy(zero_copy_only=False))
    if len(rows):
        texts = pc.binary_join_element_wise(headers.take(pa.array(rows)), "relayed: on", " ")
        found[rows] = pc.fill_null(read(texts, frozenset((TIME,)))[TIME], np.nan).to_numpy(zero_copy_only=False)
    return found
