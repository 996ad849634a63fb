"""Matches and acts become stories: what belongs together on one host is one.

Matches that open a story, and acts heavy enough to be worth a look by themselves, are one story as long as no more than
a day (or their detection's window, where that is shorter) passes between the end of one and the start of the next.
What else the host did between its ends and within two hours of them is its evidence, and so is every match of a
detection that opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bootwatch.detect.acts import SERVERS
from bootwatch.detect.matches import between, order
from bootwatch.detect.story import Act, Match, Story

DAY_US: Final = 86_400_000_000
MARGIN_US: Final = 7_200_000_000
OPENS_FROM: Final = 21
"""The weight from which an act outside every chain is told by itself: what is lighter is information."""


PATCHED: Final = "T1601.001"
"""What a replaced image is called where nothing more is known of it."""

MOST_MATCHES: Final = 200
MOST_ACTS: Final = 2_000
OF_A_KIND: Final = 50
"""Bounds of one story. What is beyond them repeats what is within, and must not stop a scan."""

ONLY_IN_CHAINS: Final = frozenset(("IOS-F5",))
"""Reading program memory is what an investigator does too: it counts where a patch of the running system is told."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Something that opens a story, or goes on with one. ``window_us``: how far from it the next may begin."""

    first_us: int
    last_us: int
    window_us: int


def stories(matches: Iterable[Match], acts: Mapping[str, Sequence[Act]], *, single: bool) -> list[Story]:
    """The stories of all hosts. ``acts`` are those of each host, oldest first; ``single``: acts open stories too."""
    found: dict[str, list[Match]] = {}
    for match in matches:
        found.setdefault(match.host, []).append(match)
    hosts = {**found, **(dict.fromkeys(acts) if single else {})}
    return [
        story for host in sorted(hosts) for story in _of(host, found.get(host, []), acts.get(host, ()), single=single)
    ]


def counts_alone(act: Act) -> bool:
    """Whether an act outside every chain is told by itself."""
    return act.weight >= OPENS_FROM and not ONLY_IN_CHAINS.issuperset(act.indicators)


def _of(host: str, matches: list[Match], acts: Sequence[Act], *, single: bool) -> Iterator[Story]:
    opening = [match for match in matches if match.detection.correlation.opens]
    joining = [match for match in matches if not match.detection.correlation.opens]
    spans = [_Span(match.first_us, match.last_us, _window(match)) for match in opening]
    if single:
        spans += [_Span(act.time_us, act.time_us, DAY_US) for act in acts if counts_alone(act)]
    times = [act.time_us for act in acts]
    for first, last in _together(spans):
        mine = [match for match in opening if first <= match.last_us <= last]
        near = first - MARGIN_US, last + MARGIN_US
        mine += [match for match in joining if near[0] <= match.last_us <= near[1]]
        mine.sort(key=_strength)
        every = [*between(times, acts, *near), *(act for match in mine[:MOST_MATCHES] for act in match.acts)]
        # The act of a match knows more than the same act alone: it comes later, and stays.
        latest = {id(act): act for act in reversed(every)}.values()  # matches share most of theirs
        known: dict[tuple[int, str], Act] = {}
        for act in latest:
            known.setdefault((act.time_us, act.raw), act)
        told = sorted(known.values(), key=order)
        family = next((act.os_family for act in told if act.os_family and act.os_family not in SERVERS), None)
        yield Story(host, family, tuple(mine[:MOST_MATCHES]), tuple(_bounded(told, mine[:MOST_MATCHES])))


def _bounded(acts: list[Act], matches: list[Match]) -> list[Act]:
    """Of a flood of acts, what completes matches, and the first and last ones of each kind."""
    if len(acts) <= MOST_ACTS:
        return acts
    kept = {(match.acts[at].time_us, match.acts[at].raw) for match in matches for at in (0, -1)}
    kinds: dict[tuple[str, ...], list[Act]] = {}
    for act in acts:
        kinds.setdefault(act.indicators, []).append(act)
    for some in kinds.values():
        kept.update((act.time_us, act.raw) for act in (*some[:OF_A_KIND], *some[-OF_A_KIND:]))
    return [act for act in acts if (act.time_us, act.raw) in kept]


def _window(match: Match) -> int:
    return min(DAY_US, match.detection.correlation.window // timedelta(microseconds=1))


def _strength(match: Match) -> tuple[bool, int, bool, int, str, int]:
    """The strongest first: what opens a story, by its points, by what it says and how much.

    Every image that is brought and started is a patched one; where as many points say more of it (an older release),
    that comes first.
    """
    plain = any(technique.id == PATCHED for technique in match.detection.techniques)
    return (
        not match.detection.correlation.opens,
        -match.points,
        plain,
        -len(match.acts),
        match.detection.id,
        match.first_us,
    )


def _together(spans: Iterable[_Span]) -> Iterator[tuple[int, int]]:
    """From the first moment to the last of what lies close enough together."""
    ordered = sorted(spans, key=lambda span: (span.first_us, span.last_us))
    if not ordered:
        return
    first, last, window = ordered[0].first_us, ordered[0].last_us, ordered[0].window_us
    for span in ordered[1:]:
        if span.first_us - last > max(window, span.window_us):
            yield first, last
            first, last, window = span.first_us, span.last_us, span.window_us
        elif span.last_us >= last:
            last, window = span.last_us, span.window_us
    yield first, last
