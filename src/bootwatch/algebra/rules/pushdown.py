"""What a search's filters say about the scan: literals for the prefilter, bounds on time, index and sourcetype.

A prefilter may only let too much through: every literal is a necessary condition in folded bytes, NOT and anything
non-ASCII say nothing, and the exact predicate stays where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Final

from bootwatch.algebra.plans import Filter, Plan, Scan, mapped
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
    columns_of,
    map_children,
)
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import FOLDED, INDEX, RAW, SOURCETYPE, TIME
from bootwatch.events.source import Prefilter

_MAX_CLAUSES: Final = 6
_MAX_LITERALS: Final = 4000

_FOLDED_RAW = Call(Fn.LOWER, (Column(RAW, FieldType.TEXT),), FieldType.TEXT)
_FOLDED_COLUMN = Column(FOLDED, FieldType.TEXT)

Clauses = tuple[frozenset[str], ...]


def push_down(plan: Plan) -> Plan:
    """The plan with its scan told what the filters right above it ask, ``_raw`` in lower case read from it."""
    predicates: list[Scalar] = []
    return _rewrite(plan, predicates)


def _rewrite(plan: Plan, above: list[Scalar]) -> Plan:
    if isinstance(plan, Scan):
        return _bounded(plan, above)
    if isinstance(plan, Filter):
        chain: Plan = plan
        while isinstance(chain, Filter):
            chain = chain.source
        if isinstance(chain, Scan):
            source = _rewrite(plan.source, [*above, plan.predicate])
            return Filter(source, fold(plan.predicate))
    return mapped(plan, push_down)


def _bounded(scan: Scan, predicates: list[Scalar]) -> Scan:
    terms = [
        term for predicate in predicates for term in (predicate.terms if isinstance(predicate, And) else (predicate,))
    ]
    clauses: list[frozenset[str]] = []
    implied = dict(scan.implied)
    for term in terms:
        clauses.extend(necessary(term, implied) or ())
    earliest, latest = scan.earliest_us, scan.latest_us
    for term in terms:
        if isinstance(term, Compare) and term.left == Column(TIME, FieldType.NUMBER) and isinstance(term.right, Const):
            moment = round(float(term.right.value or 0) * 1e6)
            if term.op in (Op.GE, Op.GT):
                earliest = moment if earliest is None else max(earliest, moment)
            elif term.op in (Op.LT, Op.LE):
                moment += term.op is Op.LE
                latest = moment if latest is None else min(latest, moment)
    return replace(
        scan,
        prefilter=Prefilter(tuple(tuple(sorted(clause)) for clause in _strongest(clauses))),
        earliest_us=earliest,
        latest_us=latest,
        indexes=_names(terms, INDEX),
        sourcetypes=_names(terms, SOURCETYPE),
        folded=any(_reads_folded(predicate) for predicate in predicates),
    )


def _strongest(clauses: list[frozenset[str]]) -> list[frozenset[str]]:
    """The distinct clauses, those another one implies left out; at most a handful, the most selective first."""
    distinct = sorted(set(clauses), key=lambda clause: (-min(map(len, clause)), len(clause)))
    kept: list[frozenset[str]] = []
    for clause in distinct:
        if not any(other < clause for other in distinct):
            kept.append(clause)
    return kept[:_MAX_CLAUSES]


def necessary(predicate: Scalar, implied: Mapping[str, tuple[str, ...]]) -> Clauses | None:
    """A conjunction of literal sets every event satisfying the predicate must meet; None where nothing can be said.

    ``implied``: by field, literals one of which stands in every event that has the field.
    """
    match predicate:
        case Call(fn=Fn.CONTAINS, args=(of, Const(value=str(literal)))) if of == _FOLDED_RAW and literal.isascii():
            return (frozenset((literal,)),) if literal else None
        case Call(fn=Fn.COALESCE, args=(inner, last)) if last == FALSE:
            return necessary(inner, implied)
        case Not(of=IsNull(of=Column(name=name))) | AnyValue(of=Column(name=name)) if name in implied:
            return (frozenset(implied[name]),)
        case And():
            found = [clause for term in predicate.terms for clause in necessary(term, implied) or ()]
            return tuple(_strongest(found)) or None
        case Or():
            return _either([necessary(term, implied) for term in predicate.terms])
        case _:
            return None


def _either(branches: list[Clauses | None]) -> Clauses | None:
    """(A and B) or C is (A or C) and (B or C): distributed while few, else each branch's most selective clause only."""
    known: list[Clauses] = []
    for branch in branches:
        if branch is None:
            return None
        known.append(branch)
    combinations = 1
    for found in known:
        combinations *= len(found)
    if combinations > _MAX_CLAUSES:
        known = [found[:1] for found in known]
    clauses = [frozenset().union(*choice) for choice in product(*known)]
    clauses = [clause for clause in clauses if len(clause) <= _MAX_LITERALS]
    return tuple(_strongest(clauses)) or None


def _names(terms: list[Scalar], name: str) -> frozenset[str] | None:
    """Lower-case values one of which ``name`` must have, where the filters say so by equality."""
    best: frozenset[str] | None = None
    for term in terms:
        found = _values(term, name)
        if found is not None and (best is None or len(found) < len(best)):
            best = found
    return best


def _values(term: Scalar, name: str) -> frozenset[str] | None:
    lowered = Call(Fn.LOWER, (Column(name, FieldType.TEXT),), FieldType.TEXT)
    match term:
        case Compare(op=Op.EQ, left=left, right=Const(value=str(value))) if left == lowered:
            return frozenset((value,))
        case InSet() if term.of == lowered:
            return frozenset(term.values)
        case Call(fn=Fn.COALESCE, args=(inner, last)) if last == FALSE:
            return _values(inner, name)
        case And():
            return _names(list(term.terms), name)
        case Or():
            found = [_values(part, name) for part in term.terms]
            return None if any(part is None for part in found) else frozenset().union(*(part or () for part in found))
        case _:
            return None


def fold(scalar: Scalar) -> Scalar:
    """A predicate right above a scan with ``lower(_raw)`` read from the source's ``#folded`` column."""
    if scalar == _FOLDED_RAW:
        return _FOLDED_COLUMN
    return map_children(scalar, fold)


def _reads_folded(scalar: Scalar) -> bool:
    return FOLDED in columns_of(fold(scalar))
