"""A field written again: what it held before stays where there is nothing new."""

from __future__ import annotations

from bootwatch.algebra.plans import Plan, column
from bootwatch.algebra.scalars import Call, Fn, Scalar, ToMulti
from bootwatch.algebra.types import FieldType
from bootwatch.spl.values import as_text


def or_before(source: Plan, name: str, new: Scalar) -> Scalar:
    """The new value, or in a row without one what the field holds already."""
    old = column(source, name)
    return new if old is None else coalesced(new, old)


def coalesced(first: Scalar, second: Scalar) -> Scalar:
    """The first value that is there, in a type that can hold either."""
    kinds = {first.type, second.type}
    if len(kinds) == 1:
        return Call(Fn.COALESCE, (first, second), first.type)
    if FieldType.MULTI in kinds:
        return Call(Fn.COALESCE, (as_multi(first), as_multi(second)), FieldType.MULTI)
    if all(kind.numeric for kind in kinds):
        return Call(Fn.COALESCE, (first, second), FieldType.NUMBER)
    return Call(Fn.COALESCE, (as_text(first), as_text(second)), FieldType.TEXT)


def as_multi(of: Scalar) -> Scalar:
    """As a list: a single value becomes a list of one, null stays null."""
    return of if of.type is FieldType.MULTI else ToMulti(as_text(of))
