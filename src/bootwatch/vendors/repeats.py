"""One act told by several sources is one act: the messages after the first say whose account they repeat.

A copy typed on a router may arrive by the configuration log, local accounting, an EEM applet and TACACS+; an ASA writes
111008 and 111010 for one command. All of them stay; ``repeat_of`` of the later ones is the ``command_source`` of the
first, so ``NOT repeat_of=*`` counts acts. A name of the device is needed that its sources agree on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.events.fields import HOST, TIME
from bootwatch.events.source import EventSource, InTurn, Prefilter, ScanRequest, Wrapped, Wrapper, as_it_is, shares_of
from bootwatch.vendors.acts import act_of

REPEAT_OF: Final = "repeat_of"
WINDOW_S: Final = 10.0
"""Accounting follows a command at once; what is told later is another act."""

_READS: Final = ("command", "command_source", "user")
_REMEMBERED: Final = 1 << 17


@dataclass(slots=True)
class _Act:
    """What was done: when it was told first, by which sources so far, by whom if anybody said."""

    time_s: float
    sources: list[str]
    user: str | None


@dataclass(slots=True)
class Repeats:
    """Marks the events of one scan, in their order."""

    _acts: dict[tuple[str, str], list[_Act]] = field(default_factory=dict)

    def mark(self, events: pa.RecordBatch) -> pa.StringArray:
        """``repeat_of`` of each event, from its ``_time host command command_source user``; null where it tells news.

        The same command on the same host, within ten seconds either way, by another source, and by the same user where
        both name one.
        """
        rows = np.flatnonzero(events.column("command").is_valid().to_numpy(zero_copy_only=False))
        marks: list[str | None] = [None] * events.num_rows
        some = events.select([TIME, HOST, *_READS]).take(pa.array(rows))
        columns = [some.column(name).to_pylist() for name in (TIME, HOST, *_READS)]
        for row, time_s, host, command, source, user in zip(rows.tolist(), *columns, strict=True):
            marks[row] = self._told(time_s, host, command, source or "", user)
        return pa.array(marks, pa.string())

    def _told(self, time_s: float, host: str, command: str, source: str, user: str | None) -> str | None:
        acts = self._acts.setdefault((host, act_of(command).lower()), [])
        for act in reversed(acts):
            same_user = user is None or act.user is None or user == act.user
            if abs(time_s - act.time_s) <= WINDOW_S and source not in act.sources and same_user:
                act.sources.append(source)
                act.user = act.user or user
                return act.sources[0]
        acts[:] = [act for act in acts if abs(time_s - act.time_s) <= WINDOW_S]
        acts.append(_Act(time_s, [source], user))
        if len(self._acts) > _REMEMBERED:
            self._forget()
        return None

    def _forget(self) -> None:
        """The half that was met first."""
        for key in list(self._acts)[: _REMEMBERED // 2]:
            del self._acts[key]


class Marked(Wrapped):
    """A source whose events know what they repeat, where a search names that.

    Such a scan reads every event: what one repeats must not depend on what else the search asks for.
    """

    def own_fields(self, names: frozenset[str] | None) -> dict[str, bool]:
        mine = {REPEAT_OF: False} if names is not None and REPEAT_OF in names else {}
        return mine | self._source.own_fields(names)

    def wrapper(self, request: ScanRequest) -> Wrapper | None:
        """None needed where nobody asks for repeats, or where the input says them itself."""
        alone = REPEAT_OF in request.fields and REPEAT_OF not in self._source.own_fields(frozenset((REPEAT_OF,)))
        return None if alone else as_it_is

    def shares(self, count: int, request: ScanRequest) -> list[EventSource]:
        """Acts are told from repeats in the order of all events, by one reader."""
        del count
        everything = ScanRequest(request.fields)
        return [Marked(InTurn(tuple(shares_of(self._source, 1, everything))))]

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        if REPEAT_OF not in request.fields or REPEAT_OF in self._source.own_fields(frozenset((REPEAT_OF,))):
            yield from self._source.batches(request)
            return
        asked = [name for name in request.fields if name != REPEAT_OF]
        everything = replace(
            request,
            fields=tuple(dict.fromkeys((*asked, *_READS))),
            prefilter=Prefilter(),
            earliest_us=None,
            latest_us=None,
            indexes=None,
            sourcetypes=None,
            tag=None,
        )
        repeats = Repeats()
        for events in self._source.batches(everything):
            yield events.append_column(REPEAT_OF, repeats.mark(events))
