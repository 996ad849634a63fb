"""The report as one self-contained page: no script, nothing fetched, every text from a log shown as text.

It is made of :class:`Story` values, so that it knows neither how findings come about nor where they are kept. The page
forbids itself everything but its own style by a Content-Security-Policy (W3C, level 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final

SEVERITIES: Final = ("critical", "high", "medium", "low", "info")

_WIDTH: Final = 1000
_LABELS: Final = 190
_ROW: Final = 30
_TOP: Final = 28
_MOST_TICKS: Final = 8
_STEPS_S: Final = (
    *(60, 300, 900, 3_600, 10_800, 21_600, 43_200),
    *(days * 86_400 for days in (1, 2, 7, 30, 90, 365)),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a log line; ``marked`` where it is what made the line count."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a story. ``place`` is the file and line it was read from, ``badge`` its indicator and class."""

    time: datetime
    what: str
    by: str
    why: str
    badge: str
    place: str
    raw: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Technique:
    """An ATT&CK technique with the tactics it serves, by short name."""

    id: str
    name: str
    url: str
    tactics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next, why, and a search that answers it; ``search`` is blank where only the device could tell."""

    question: str
    why: str
    search: str


@dataclass(frozen=True, slots=True)
class Story:
    """One finding, ready to be read. Times are aware UTC; ``facts`` are pairs of a name and what is known of it."""

    id: str
    title: str
    severity: str
    score: int
    confidence: str
    host: str
    first: datetime
    last: datetime
    facts: tuple[tuple[str, str], ...]
    techniques: tuple[Technique, ...]
    moments: tuple[Moment, ...]
    trace: tuple[tuple[str, str], ...]
    disproof: tuple[str, ...]
    next_steps: tuple[str, ...]
    questions: tuple[Question, ...]
    not_tested: tuple[str, ...]
    suppression: str | None


@dataclass(frozen=True, slots=True)
class Tactic:
    """A column of the ATT&CK matrix."""

    shortname: str
    name: str


@dataclass(frozen=True, slots=True)
class _Cell:
    technique: Technique
    count: int
    severity: str


@dataclass(frozen=True, slots=True)
class _Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class _Bar:
    x: float
    width: float
    y: float
    dots: tuple[float, ...]
    story: Story


@dataclass(frozen=True, slots=True)
class _Row:
    y: float
    host: str
    bars: tuple[_Bar, ...]


@dataclass(frozen=True, slots=True)
class _Timeline:
    width: int
    height: int
    left: int
    top: int
    ticks: tuple[_Tick, ...]
    rows: tuple[_Row, ...]


def page(stories: Sequence[Story], tactics: Sequence[Tactic], *, made: datetime, version: str) -> str:
    """The page for stories in the order given; suppressed ones are listed apart. ``tactics`` are in matrix order."""
    from jinja2 import Environment, StrictUndefined

    told = [story for story in stories if story.suppression is None]
    template = (files("bootwatch.export") / "report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["moment"] = _moment
    return environment.from_string(template).render(
        told=told,
        suppressed=[story for story in stories if story.suppression is not None],
        counts=[(severity, sum(story.severity == severity for story in told)) for severity in SEVERITIES],
        hosts=len({story.host for story in told}),
        strip=_strip(told, tactics),
        timeline=_timeline(told),
        made=made,
        version=version,
    )


def pieces(raw: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """A line cut at its spans: half-open, in order, not overlapping."""
    found: list[Piece] = []
    end = 0
    for start, stop in spans:
        found += [Piece(raw[end:start], False), Piece(raw[start:stop], True)]
        end = stop
    return tuple(piece for piece in (*found, Piece(raw[end:], False)) if piece.text)


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _strip(stories: Sequence[Story], tactics: Sequence[Tactic]) -> list[tuple[Tactic, list[_Cell]]]:
    """The tactics that were met, each with its techniques, the worst first."""
    strip = []
    for tactic in tactics:
        met = {t.id: t for story in stories for t in story.techniques if tactic.shortname in t.tactics}
        cells = []
        for technique in met.values():
            of = [story for story in stories if technique.id in {t.id for t in story.techniques}]
            cells.append(_Cell(technique, len(of), min((story.severity for story in of), key=SEVERITIES.index)))
        if cells:
            cells.sort(key=lambda cell: (SEVERITIES.index(cell.severity), cell.technique.id))
            strip.append((tactic, cells))
    return strip


def _timeline(stories: Sequence[Story]) -> _Timeline | None:
    """A row for each host, the worst first, a bar for each of its stories, a dot for each event."""
    if not stories:
        return None
    first, last = min(story.first for story in stories), max(story.last for story in stories)
    margin = max((last - first) * 0.02, timedelta(seconds=30))
    start, length = first - margin, (last - first) + 2 * margin

    def x(time: datetime) -> float:
        return round(_LABELS + (time - start) / length * (_WIDTH - _LABELS - 10), 1)

    rows = []
    for number, host in enumerate(dict.fromkeys(story.host for story in stories)):
        y = _TOP + number * _ROW
        bars = tuple(
            _Bar(
                x(story.first),
                max(round(x(story.last) - x(story.first), 1), 3),
                y + 9,
                tuple(sorted({x(moment.time) for moment in story.moments})),
                story,
            )
            for story in stories
            if story.host == host
        )
        rows.append(_Row(y, host, bars))
    ticks = tuple(_Tick(x(time), label) for time, label in _ticks(start, start + length))
    return _Timeline(_WIDTH, _TOP + len(rows) * _ROW + 6, _LABELS, _TOP, ticks, tuple(rows))


def _ticks(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """At most eight round moments within the bounds, labelled with the date where the day is what matters."""
    seconds = (end - start).total_seconds()
    step = next((step for step in _STEPS_S if seconds / step <= _MOST_TICKS), _STEPS_S[-1])
    step *= max(1, round(seconds / step / _MOST_TICKS))
    at = (int(start.timestamp()) // step + 1) * step
    found = []
    while at < end.timestamp():
        time = datetime.fromtimestamp(at, UTC)
        found.append((time, f"{time:%m-%d}" if step >= 86_400 else f"{time:%m-%d %H:%M}"))
        at += step
    return found
