"""``eventtype=`` and ``tag=`` in a search: the searches those names stand for.

Follows Splunk's Knowledge Manager Manual: an event type is a search without pipes, a tag is carried by the events of
every type it is given to; both match whatever their case, ``*`` being any run.
"""

from __future__ import annotations

import re
from functools import cache

from bootwatch.algebra.scalars import Scalar
from bootwatch.knowledge.eventtypes import EventType
from bootwatch.spl.cursor import Cursor, suggest
from bootwatch.spl.lower_terms import TermLowerer, any_of
from bootwatch.spl.terms import Literal, SearchExpression, parse_terms


def of_type(lowerer: TermLowerer, literal: Literal) -> Scalar:
    """The events of an event type. One that is not declared has none, as in Splunk, which is a warning."""
    known = lowerer.context.knowledge.event_types()
    found = [kind for name, kind in known.items() if _matches(literal.value, name)]
    if not found:
        near = suggest(literal.value, known)
        what = f"the event type '{literal.value}' is not declared, so no event is of it"
        _warn(lowerer, f"{what}; {near}" if near else what)
    return any_of([events_of(lowerer, kind) for kind in found])


def of_tag(lowerer: TermLowerer, literal: Literal, field: str = "") -> Scalar:
    """The events with a tag; ``field``: only tags of that field, and only event types carry any."""
    known = lowerer.context.knowledge.event_types().values()
    found = [kind for kind in known if any(_matches(literal.value, tag) for tag in kind.tags)]
    if not found or field not in ("", "eventtype"):
        _warn(lowerer, f"no event type carries the tag '{literal.value}', so nothing has it")
        return any_of([])
    return any_of([events_of(lowerer, kind) for kind in found])


def events_of(lowerer: TermLowerer, kind: EventType) -> Scalar:
    """The events an event type's search finds, over the fields at hand."""
    return lowerer.elsewhere(kind.search).predicate(parsed(kind.search))


@cache
def parsed(search: str) -> SearchExpression:
    """The expression of a search that stands in a knowledge object."""
    return parse_terms(Cursor(search, 0, len(search)))


def _warn(lowerer: TermLowerer, warning: str) -> None:
    if warning not in lowerer.context.warnings:
        lowerer.context.warnings.append(warning)


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.IGNORECASE) is not None
