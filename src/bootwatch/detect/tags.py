"""Which indicators a search asks for, read from its plan: most name a few, and most logs hold none of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bootwatch.algebra.plans import Drop, Extend, Filter, Plan, Scan, sources
from bootwatch.algebra.scalars import (
    FALSE,
    And,
    AnyValue,
    Call,
    Column,
    Compare,
    Const,
    Fn,
    InSet,
    IsNull,
    Not,
    Op,
    Or,
    Scalar,
)
from bootwatch.events.fields import TAG_FIELDS

Tags = frozenset[str]
"""Lower-case ids and classes."""

_NO_TAGS: Final[Tags] = frozenset()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Every event that meets a term shows one of ``tags`` (None: any), or meets it without, where ``otherwise``."""

    tags: Tags | None
    otherwise: bool


_NOT_ASKED: Final = _Asked(_NO_TAGS, True)
_ANY: Final = _Asked(None, False)


def asked(plan: Plan) -> Tags | None:
    """Of an event that a plan takes for its indicator, one of these is the indicator or its class; None: any may be.

    Says nothing of events that are taken for the words they hold.
    """
    found: Tags = _NO_TAGS
    stack: list[tuple[Plan, tuple[Scalar, ...]]] = [(plan, ())]
    while stack:
        node, above = stack.pop()
        match node:
            case Scan():
                tags = _all(above).tags
                if tags is None:
                    return None
                found |= tags
            case Filter():
                stack.append((node.source, (*above, node.predicate)))
            case Drop():
                stack.append((node.source, above))
            case Extend() if not any(name in TAG_FIELDS for name, _ in node.assignments):
                stack.append((node.source, above))
            case _:
                stack.extend((below, ()) for below in sources(node))
    return found


def _all(terms: Iterable[Scalar]) -> _Asked:
    """Of a conjunction: the fewest tags that one of its terms needs; what all ask for where each may do without."""
    every = [_of(term) for term in terms]
    needed = [each for each in every if not each.otherwise]
    if not needed:
        return _Asked(_joined(every), True)
    named = [each for each in needed if each.tags is not None]
    return min(named, key=lambda each: len(each.tags or _NO_TAGS)) if named else _ANY


def _joined(every: Iterable[_Asked]) -> Tags | None:
    found = _NO_TAGS
    for each in every:
        if each.tags is None:
            return None
        found |= each.tags
    return found


def _of(term: Scalar) -> _Asked:
    match term:
        case Call(fn=Fn.COALESCE, args=(inner, last)) if last == FALSE:
            return _of(inner)
        case AnyValue(of=Column(name=name), predicate=predicate) if name in TAG_FIELDS:
            return _Asked(_values(predicate), False)
        case Not(of=IsNull(of=Column(name=name))) if name in TAG_FIELDS:
            return _ANY
        case And():
            return _all(term.terms)
        case Or():
            every = [_of(part) for part in term.terms]
            return _Asked(_joined(every), any(each.otherwise for each in every))
        case _:
            return _NOT_ASKED


def _values(predicate: Scalar) -> Tags | None:
    match predicate:
        case Call(fn=Fn.COALESCE, args=(inner, last)) if last == FALSE:
            return _values(inner)
        case Compare(op=Op.EQ, right=Const(value=str(value))):
            return frozenset((value.lower(),))
        case InSet():
            return frozenset(value.lower() for value in predicate.values)
        case Or():
            every = [_values(part) for part in predicate.terms]
            return (
                None if any(tags is None for tags in every) else _NO_TAGS.union(*(tags or _NO_TAGS for tags in every))
            )
        case _:
            return None
