"""The plans of searches, made once for as long as nothing they are made from changes.

Only what a text alone decides is kept. A search that reads macros, lookups or other searches, that warns, that decides
while it runs, or whose plan is another one at another time, is planned each time it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from bootwatch.algebra.plans import Deferred, Plan, Scan
from bootwatch.detect.demand import Demand, scans
from bootwatch.engines.engine import Again
from bootwatch.search import job
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse
from bootwatch.spl.text import split_stages

_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OTHER_SEARCHES: Final = re.compile(r"[`\[]")
"""What stands outside quotes where a search calls macros or other searches."""
_ON_ROWS: Final = frozenset(
    (
        *("bin", "dedup", "eval", "eventstats", "fields", "fillnull", "filldown", "head", "makemv", "mvexpand"),
        *("rename", "reverse", "rex", "search", "sort", "stats", "streamstats", "table", "tail", "where"),
    )
)
"""Commands that see what comes before them, and read no events themselves."""
_ELSEWHEN: Final = timedelta(days=-797, hours=-5, minutes=-7, seconds=-11.5)
"""Another year, month, day of the week, hour, minute and second: whatever a plan takes of the time, it shows."""


@dataclass(slots=True)
class Plans:
    """Plans by the text of their search. One scan uses this at a time, its searches side by side."""

    _ground: tuple[object, ...] = ()
    _plans: dict[str, Plan] = field(default_factory=dict)
    _again: dict[str, Again] = field(default_factory=dict)
    _asked: dict[str, tuple[Scan, ...]] = field(default_factory=dict)
    _came: set[str] = field(default_factory=set)
    _demand: tuple[tuple[Scan, ...], Demand] | None = None

    def on(self, context: Context) -> None:
        """What follows is planned in such a context; what was kept of another one is forgotten."""
        ground = (
            *(tuple(context.own.items()), context.switches, context.limits, context.clock.zone, context.knowledge),
            *(context.sourcetype_aliases, context.earliest, context.latest, context.picker),
            *(context.allow_risky, context.checking, context.tag_literals),
        )
        if ground != self._ground:
            self.close()
            self._ground = ground

    def close(self) -> None:
        """Forget everything, also what engines made for it."""
        for each in self._again.values():
            each.close()
        for kept in (self._again, self._plans, self._asked, self._came):
            kept.clear()
        self._ground = ()

    def again(self, text: str) -> Again | None:
        """Where engines keep what they made for a plan that lasts."""
        return self._again.setdefault(text, Again()) if text in self._plans else None

    def plan(self, text: str, context: Context) -> Plan:
        """The plan of a search. Raises as planning does."""
        found = self._plans.get(text)
        if found is None:
            warned = len(context.warnings)
            found = _planned(text, context)
            lasts = self._came_before(text) and warned == len(context.warnings) and on_rows(text)
            if lasts and not isinstance(found, Deferred) and _planned(text, _elsewhen(context)) == found:
                found = self._plans.setdefault(text, found)
        return found

    def asked(self, text: str, context: Context) -> tuple[Scan, ...]:
        """The readings of events a search begins with.

        They stand in its first stage where the rest only works on rows: the rest is then planned where there are some.
        """
        found = self._asked.get(text)
        if found is None:
            warned = len(context.warnings)
            first = text[: split_stages(text)[0].end] if on_rows(text) else text
            found = _begins_with(first, context, whole=first is text)
            lasts = self._came_before(first) and warned == len(context.warnings) and first is not text
            if lasts and _begins_with(first, _elsewhen(context), whole=False) == found:
                self._asked[text] = found
        return found

    def _came_before(self, text: str) -> bool:
        """Whether something was asked for a second time: only then it is worth to see whether it lasts."""
        came = text in self._came
        self._came.add(text)
        return came

    def demand(self, found: Iterable[Scan]) -> Demand:
        """What scans ask together."""
        every = tuple(found)
        if self._demand is None or self._demand[0] != every:
            self._demand = every, Demand.of(every)
        return self._demand[1]


def on_rows(text: str) -> bool:
    """Whether a search is about events in its first stage, and about the rows of those from there on."""
    if _OTHER_SEARCHES.search(_QUOTED.sub("", text)):
        return False
    stages = split_stages(text)
    return stages[0].implied and all(stage.name.lower() in _ON_ROWS for stage in stages[1:])


def _planned(text: str, context: Context) -> Plan:
    return job.planned(parse(text, context.knowledge), context)


def _begins_with(text: str, context: Context, *, whole: bool) -> tuple[Scan, ...]:
    plan = _planned(text, context)
    steps = job.steps(plan) if whole and isinstance(plan, Deferred) else [plan]
    return tuple(scan for step in steps for scan in scans(step))


def _elsewhen(context: Context) -> Context:
    """The same at another time: what comes out the same there is no matter of when it is asked."""
    clock = replace(context.clock, now=context.clock.now + _ELSEWHEN)
    return replace(context, clock=clock, warnings=[])
