"""What planning needs to know besides the text: the clock, the user's switches, what the inputs carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bootwatch.algebra.plans import Scan, Stored
from bootwatch.algebra.types import FieldType
from bootwatch.events.clock import Clock
from bootwatch.events.fields import TAG_FIELDS
from bootwatch.knowledge.objects import Knowledge
from bootwatch.spl.limits import Limits


@dataclass(frozen=True, slots=True)
class Switches:
    """Points where Splunk's behaviour is not documented and users may need the other reading.

    ``phrase_boundaries`` (U1): a phrase must stand between term boundaries, not only occur as text.
    ``empty_exists`` (U4): ``field=*`` matches an empty string.
    ``unescape_regex`` (U6): the quoted pattern of rex and regex is unescaped once before PCRE sees it.
    ``null_through_not`` (U7): in ``where``, NOT of a comparison with an absent field drops the row.
    ``any_value`` (U8): a comparison in ``where`` with a multivalue field is true if any value satisfies it.
    ``empty_is_value`` (U13): coalesce, isnull and fillnull take an empty string for a value.
    ``text_above_numbers`` (U14): min and max order all numbers before text; without it any number wins over text.
    ``latest_arrival_first`` (U27): events of one ``_time`` come latest arrival first.
    """

    phrase_boundaries: bool = False
    empty_exists: bool = True
    unescape_regex: bool = True
    null_through_not: bool = True
    any_value: bool = True
    empty_is_value: bool = True
    text_above_numbers: bool = True
    latest_arrival_first: bool = True


@dataclass(slots=True)
class Spent:
    """What one search has used of its limits so far; all its subsearches share it."""

    subsearches: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """One for each query. ``text`` is the search with comments blanked, for errors; ``own`` what the inputs carry."""

    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))
    switches: Switches = field(default_factory=Switches)
    limits: Limits = field(default_factory=Limits)
    own: Mapping[str, FieldType] = field(default_factory=dict)
    tag_literals: Callable[[], tuple[str, ...]] | None = None
    """Lower-case literals of which every event that shows an indicator holds one, read where a search asks for such."""
    sourcetype_aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    text: str = ""
    earliest: float | None = None
    """Scope of the search in epoch seconds, inclusive; a search's own ``earliest=`` or ``latest=`` replaces it."""
    latest: float | None = None
    knowledge: Knowledge = field(default_factory=Knowledge)
    """Macros, lookups, event types and data models the search may name."""
    warnings: list[str] = field(default_factory=list)
    """What planning met that does not stop the search: a lookup file that is missing, a risky command."""
    allow_risky: bool = False
    """Whether commands that write or reach outside may run (Splunk's list of risky commands)."""
    store: Callable[[Sequence[Mapping[str, str | float]]], None] | None = None
    """Takes events into the store, for ``collect``: ``_raw``, ``_time`` and Splunk's fields of each."""
    checking: bool = False
    """The search is compiled and not run: what has an effect outside has none, what is risky is a warning."""
    results: Mapping[object, Stored] = field(default_factory=dict)
    """Rows of subsearches that have run, by the place they were asked for."""
    picker: tuple[float | None, float | None] | None = None
    """Time bounds of the scope, for subsearches: those the text of the outer search writes do not reach them."""
    depth: int = 0
    """How many subsearches stand around this one."""
    spent: Spent = field(default_factory=Spent)

    def scan(self) -> Scan:
        """The events of the search."""
        implied: tuple[tuple[str, tuple[str, ...]], ...] = ()
        asked = [name for name in TAG_FIELDS if name in self.text and name not in self.own]
        if asked and self.tag_literals is not None:
            literals = self.tag_literals()
            implied = tuple((name, literals) for name in asked)
        return Scan(tuple(self.own.items()), implied, latest_first=self.switches.latest_arrival_first)
