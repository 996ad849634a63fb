"""When an event happened whose device did not know the time: an unset clock must neither hide a story nor invent one.

A device that has just started stamps its messages from 1993 or from 1 March on, with a ``*`` (Cisco IOS, "Setting Time
and Calendar Services"). The order of arrival and the clocks of whoever passed the message on know better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import HOST, INDEXTIME, RAW, SOURCE, TIME

Times = npt.NDArray[np.float64]
ReadTexts = Callable[[pa.Array, frozenset[str]], Mapping[str, pa.Array]]
"""Reads fields in raw messages, as :meth:`bootwatch.ingest.headers.Reader.read` does."""

FAR_S: Final = 86_400.0
"""A clock further off than this is wrong, whatever the cause; nearer ones may just not be synchronised."""

_STEP_S: Final = 0.001
_FIRST_YEAR: Final = 2010
_FIRST_MONTHS: Final = (1, 3)
_FIRST_DAYS: Final = 7
# The stamp of whoever received the message, before the device's own header.
_RELAYED: Final = (
    r"^(?P<header>(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9](?: [0-9]{4})? [0-9:]{8}(?:\.[0-9]+)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)) [^ :]+)[ :].*[*.][A-Z][a-z]{2} "
)


@dataclass(slots=True)
class Clocks:
    """Follows one scan in its order."""

    _last: dict[str, float] = field(default_factory=dict)

    def references(self, events: pa.RecordBatch) -> Times:
        """For each event the last time somebody was sure of, in the same source and before it; NaN where nobody was."""
        time = events.column(TIME).to_numpy(zero_copy_only=False)
        sure = _sure(events)
        source = events.column(SOURCE)[0].as_py() if events.num_rows else ""
        at = np.maximum.accumulate(np.where(sure, np.arange(len(time)), -1))
        found: Times = np.where(at >= 0, time[at], self._last.get(source, np.nan))
        if len(found):
            self._last[source] = float(found[-1])
        return found


def repaired(events: pa.Table, references: Times, read: ReadTexts) -> Times:
    """``_time`` of the events of one scan in their order, with what unset clocks wrote replaced.

    A stamp is replaced that its device was not sure of, that is more than a day off, and that is of the first week of
    a clock that was never set, or runs behind what the device said before: by the stamp of whoever passed the message
    on, else by the last sure time before it in the log, else by what the device said before.
    """
    time: Times = events.column(TIME).to_numpy().astype(np.float64)
    unsure = np.flatnonzero(~_sure(events))
    if not len(unsure):
        return time
    relayed = _relayed(events.column(RAW).combine_chunks().take(pa.array(unsure)), read)
    doubtful = dict(zip(unsure.tolist(), relayed.tolist(), strict=True))
    later = _after(events, references)
    latest: dict[tuple[str, str], float] = {}
    devices = zip(events.column(SOURCE).to_pylist(), events.column(HOST).to_pylist(), strict=True)
    for row, device in enumerate(devices):
        before = latest.get(device, np.nan)
        if row in doubtful:
            behind = time[row] < before - FAR_S
            known = (doubtful[row], references[row], before, later[row])
            best = next((moment for moment in known if not np.isnan(moment)), np.nan)
            if (behind or _never_set(float(time[row]))) and abs(time[row] - best) > FAR_S:
                time[row] = best if np.isnan(before) or best > before else before + _STEP_S
        latest[device] = float(time[row])
    return time


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
