"""The score of a story, from 0 to 100, and the trace that adds up to it (domain knowledge, section 3.3).

**Where a chain matched**, the story has the points of its strongest match. A match speaks for the act that completes
it, and for those between its start and end that weigh no more than its points.

**Acts no match speaks for** count by their weights in the catalogue: the highest, plus half of the best weight of every
further class (A to H); the story has these points where they are more than its matches'. Acts alone do not reach what
chains reach: the sum ends at 80, the top of the band high, unless one act alone weighs more. So a lone
``copy tftp: flash:`` (35) is low, a copy with a change of what is booted (45 + 18) high before anything is reloaded,
a failed verification (95) critical by itself. What only reads (``verify``, ``show``, ``dir``) weighs nothing, and
reading program memory counts only inside a chain.

A match of medium or high points (41 to 79) is not a whole chain: the best act of every class it does not hold adds half
its weight to it, up to 80. A match of low points stays as it is, whatever stands beside it.

An attempt that failed counts 0.6 of its weight: the intent was there. Where all that counts failed, and would be high
had it been done, the story is medium at least: what was stopped should be seen.

Then what the surroundings say is multiplied in, raising factors first; what nearly lowered the score says so with
``x1``. Every product is rounded to a whole number (a half rounds up) and ends at 100, so that a pencil can follow the
trace: start at 0, add what begins with ``+``, multiply by what begins with ``x``, round, and stop at 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from bootwatch.detect.findings import ScoreTrace, iso
from bootwatch.detect.judgement import Multiplier
from bootwatch.detect.matches import order
from bootwatch.detect.stories import ONLY_IN_CHAINS
from bootwatch.detect.story import Act, Match, Story
from bootwatch.vendors.indicator_rows import Indicator
from bootwatch.vendors.indicators import catalogue

HIGHEST: Final = 100
ALONE_AT_MOST: Final = 80
LOW_ENDS: Final = 40
MEDIUM_ENDS: Final = 60
FAILED: Final = 0.6
_FAILURES: Final = frozenset(("failure", "failed", "fail", "denied", "error", "refused"))


@dataclass(frozen=True, slots=True)
class Scored:
    """``acts`` are those the score rests on, heaviest first; empty where it rests on a match."""

    score: int
    trace: tuple[ScoreTrace, ...]
    acts: tuple[Act, ...]


def scored(story: Story, multipliers: Iterable[Multiplier] = (), *, single: bool = True) -> Scored:
    """The score of a story. ``single``: acts no match speaks for count; where there is no match, they have to."""
    strongest = next((match for match in story.matches if match.detection.correlation.opens), None)
    spoken = _spoken_for(story.matches)
    free = [act for act in story.acts if weight(act) > max(0, spoken.get((act.time_us, act.raw), 0))]
    score, trace, acts = _alone(free or story.acts) if strongest is None else _chain(strongest)
    if strongest is not None and single and free:
        if LOW_ENDS < score < ALONE_AT_MOST:
            told = frozenset(letter for act in strongest.acts for letter in act.classes)
            score = _further(_best(free, told), score, ALONE_AT_MOST, trace)
        alone = _alone(free)
        score, trace, acts = alone if alone[0] > score else (score, trace, acts)
    for each in sorted(multipliers, key=lambda each: (each.factor <= 1, each.factor < 1)):
        product = rounded(score * each.factor)
        cut = f" ({score} x {each.factor:g} = {product}, ends at {HIGHEST})" if product > HIGHEST else ""
        score = min(HIGHEST, product)
        trace.append(ScoreTrace(f"{each.why}{cut}", f"x{each.factor:g}"))
    return Scored(score, tuple(trace), acts)


def _spoken_for(matches: Iterable[Match]) -> dict[tuple[int, str], int]:
    """For acts of matches, up to which weight somebody speaks for them."""
    found: dict[tuple[int, str], int] = {}
    for match in matches:
        if match.detection.correlation.opens:
            for act in match.acts:
                key = act.time_us, act.raw
                found[key] = max(found.get(key, 0), match.points)
            found[match.acts[-1].time_us, match.acts[-1].raw] = HIGHEST
    return found


def rounded(value: float) -> int:
    """To a whole number, a half up; products of factors such as 0.6 are taken as written, not as binary has them."""
    return math.floor(round(value, 6) + 0.5)


def failed(act: Act) -> bool:
    """Whether a command was refused or did not succeed."""
    return (act.text("result") or "").lower() in _FAILURES and act.text("command") is not None


def weight(act: Act) -> int:
    """What an act weighs outside every chain."""
    if ONLY_IN_CHAINS.issuperset(act.indicators):
        return 0
    return rounded(act.weight * FAILED) if failed(act) else act.weight


def _chain(match: Match) -> tuple[int, list[ScoreTrace], tuple[Act, ...]]:
    span = (
        iso(match.acts[-1].time)
        if match.first_us == match.last_us
        else f"{iso(match.acts[0].time)} to {iso(match.acts[-1].time)}"
    )
    trace = [ScoreTrace(f"{match.detection.name}, {span}", f"+{match.points}")]
    commands = [act for act in match.acts if act.text("command") is not None and act.weight > 0]
    if not commands or not all(failed(act) for act in commands):
        return match.points, trace, ()
    trace.append(ScoreTrace("every command of it failed: an attempt", f"x{FAILED:g}"))
    return rounded(match.points * FAILED), trace, ()


def _alone(acts: Sequence[Act]) -> tuple[int, list[ScoreTrace], tuple[Act, ...]]:
    first, *further = best = _best(acts)
    score = weight(first)
    trace = [ScoreTrace(_said(first), f"+{score}")]
    score = _further(further, score, max(ALONE_AT_MOST, score), trace)
    if score <= LOW_ENDS and all(failed(act) for act in best) and _done(acts) > MEDIUM_ENDS:
        why = "every act of it failed; done, they would be high: medium at least"
        trace.append(ScoreTrace(why, f"+{LOW_ENDS + 1 - score}"))
        score = LOW_ENDS + 1
    return score, trace, tuple(best)


def _done(acts: Iterable[Act]) -> int:
    """What acts of different kinds would count had none of them failed."""
    kinds: dict[tuple[str, ...], int] = {}
    for act in acts:
        kinds[act.indicators] = max(kinds.get(act.indicators, 0), act.weight if weight(act) else 0)
    heaviest_first = sorted(kinds.values(), reverse=True)
    return heaviest_first[0] + sum(rounded(each / 2) for each in heaviest_first[1:])


def _best(acts: Sequence[Act], told: frozenset[str] = frozenset()) -> list[Act]:
    """The heaviest act of each class that is not told already, heaviest first."""
    found: dict[str, Act] = {}
    for act in sorted(acts, key=lambda act: (-weight(act), order(act))):
        if weight(act) > 0 and act.classes and act.classes[0] not in told:
            found.setdefault(act.classes[0], act)
    return list(found.values())


def _further(acts: Iterable[Act], score: int, most: int, trace: list[ScoreTrace]) -> int:
    """The score with half the weight of each of some acts, ending at ``most``."""
    for act in acts:
        half = rounded(weight(act) / 2)
        gain = min(half, most - score)
        if gain < 1:
            break
        cut = f" (+{half}, ends at {most} outside a chain)" if gain < half else ""
        trace.append(ScoreTrace(f"{_said(act)}: half its weight, another class{cut}", f"+{gain}"))
        score += gain
    return score


def _said(act: Act) -> str:
    row = heaviest(act)
    tried = ", tried and failed" if failed(act) else ""
    return f"{row.title if row else 'An act'} ({row.id if row else 'no indicator'}) at {iso(act.time)}{tried}"


def heaviest(act: Act) -> Indicator | None:
    """The weightiest indicator an act shows."""
    return max((known()[name] for name in act.indicators if name in known()), key=lambda row: row.weight, default=None)


@cache
def known() -> Mapping[str, Indicator]:
    """The catalogue by id."""
    return {row.id: row for row in catalogue().indicators}
