"""Rows of a detection's search become matches: what it found on which host, between which events."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from bootwatch.detect import rows as hits
from bootwatch.detect.rows import EventKey, Hit, Origin, Row
from bootwatch.detect.story import Act, Match
from bootwatch.detections.detection import Detection, Points
from bootwatch.errors import ContentError

STORY_START: Final = "story_start"
POINTS: Final = "points"
WHY: Final = "why"
FIRST: Final = 100
LAST: Final = 300
MANY: Final = 1_000
"""A flood of acts must not stop a scan: of the acts of a match so many are kept at its begin and its end, and of the
matches of a detection on one host those beyond ``MANY`` keep the act that completes them alone.
"""

_OWN: Final = frozenset(
    (STORY_START, POINTS, WHY, "indicator", "indicator_class", "source", "sourcetype", "index", "os_family")
)


def by_host(acts: Iterable[Act]) -> dict[str, list[Act]]:
    """The acts of each host, oldest first."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        found.setdefault(act.host, []).append(act)
    for some in found.values():
        some.sort(key=order)
    return found


def order(act: Act) -> tuple[int, int, str]:
    """Oldest first; what stands first in its source first."""
    return act.time_us, act.origin.line or 0, act.raw


def between(times: Sequence[int], acts: Sequence[Act], first_us: int, last_us: int) -> Sequence[Act]:
    """Those of some acts, oldest first, that lie between two moments, both included; ``times`` are theirs."""
    return acts[bisect_left(times, first_us) : bisect_right(times, last_us)]


def matches(
    detection: Detection, rows: Iterable[Row], known: Mapping[EventKey, Act], acts: Mapping[str, Sequence[Act]]
) -> Iterator[Match]:
    """One for each row. ``known`` are the events rows may mean, ``acts`` those of each host, oldest first.

    A row without points, or with none above 0, is no match. Raises ContentError where the search drops what is needed.
    """
    classes = detection.correlation.classes
    wanted = None if classes is None else frozenset(each.value for each in classes)
    on_host: dict[str, _Acts] = {}
    told: dict[str, int] = {}
    for hit in hits.read(detection, rows, {}):
        points = _points(detection, hit)
        if points < 1:
            continue
        start = _start(detection, hit)
        if hit.host not in on_host:
            on_host[hit.host] = _Acts.of(acts.get(hit.host, ()), wanted)
        act = known.get((hit.host, hit.time_us / 1e6, hit.raw)) or _untold(hit)
        own = {name: value for name, value in hit.fields.items() if name not in _OWN and name not in act.fields}
        if own and detection.correlation.opens:
            act = replace(act, fields={**act.fields, **own})
        told[hit.host] = told.get(hit.host, 0) + 1
        before = on_host[hit.host].between(start, hit.time_us) if told[hit.host] <= MANY else []
        same = len(before)
        while same and before[same - 1].time_us == act.time_us:  # nothing before it is later
            same -= 1
        before[same:] = [other for other in before[same:] if other.raw != act.raw]
        why = hit.fields.get(WHY)
        yield Match(detection, hit.host, start, hit.time_us, points, None if why is None else str(why), (*before, act))


@dataclass(frozen=True, slots=True)
class _Acts:
    """The acts of one host, oldest first, their times, and the places of those that belong to matches."""

    acts: Sequence[Act]
    times: Sequence[int]
    places: Sequence[int]

    @classmethod
    def of(cls, acts: Sequence[Act], wanted: frozenset[str] | None) -> Self:
        """``wanted``: the classes that belong to matches; None: all."""
        places = range(len(acts))
        if wanted is None:
            return cls(acts, [act.time_us for act in acts], places)
        mine = [at for at in places if not wanted.isdisjoint(acts[at].classes)]
        return cls(acts, [act.time_us for act in acts], mine)

    def between(self, first_us: int, last_us: int) -> list[Act]:
        """Those that belong, of the first and last ones between two moments, both included."""
        low, high = bisect_left(self.times, first_us), bisect_right(self.times, last_us)
        if high - low > FIRST + LAST:
            return [*self._of_places(low, low + FIRST), *self._of_places(high - LAST, high)]
        return self._of_places(low, high)

    def _of_places(self, low: int, high: int) -> list[Act]:
        return [self.acts[at] for at in self.places[bisect_left(self.places, low) : bisect_left(self.places, high)]]


def _points(detection: Detection, hit: Hit) -> int:
    score = detection.score
    if not isinstance(score, Points):
        step = score.step(hit.number(score.field))
        return 0 if step is None else step.points
    if score.fixed is not None:
        return score.fixed
    return max(0, min(100, round(hit.number(score.field or POINTS))))


def _start(detection: Detection, hit: Hit) -> int:
    if STORY_START not in hit.fields:
        return hit.time_us
    start = round(hit.number(STORY_START) * 1_000_000)
    if start == 0:
        message = f"the search gives {STORY_START} as {hit.fields[STORY_START]!r}; it should be epoch seconds"
        raise ContentError(message, path=f"{detection.path}/search.spl")
    return min(start, hit.time_us)


def _untold(hit: Hit) -> Act:
    """A row that means no event held, as where a search read the whole log: what it says of itself counts."""
    said = {name: str(hit.fields[name]) for name in ("source", "sourcetype", "os_family") if name in hit.fields}
    family = said.get("os_family", hit.origin.os_family)
    origin = Origin(
        said.get("source", hit.origin.source), hit.origin.line, said.get("sourcetype", hit.origin.sourcetype), family
    )
    return Act(hit.host, hit.time_us, hit.raw, (), (), 0, family, {}, origin)
