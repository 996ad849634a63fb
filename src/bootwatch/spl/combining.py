"""Rows of several searches brought together: columns of one type, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from bootwatch.algebra.plans import Extend, Plan, Union, column
from bootwatch.algebra.scalars import Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import as_multi
from bootwatch.spl.values import as_number, as_text


def one_after_the_other(plans: Sequence[Plan]) -> Plan:
    """The rows of each plan in turn; a field some of them have as text and others as a number becomes text."""
    kinds: dict[str, FieldType] = {}
    for plan in plans:
        for name in plan.fields.known:
            for other in plans:
                kind = other.fields.type_of(name)
                if kind is not None:
                    kinds[name] = kind if name not in kinds else common(kinds[name], kind)
    flat: list[Plan] = []
    for plan in (_typed(plan, kinds) for plan in plans):
        flat += plan.sources if isinstance(plan, Union) else (plan,)  # hundreds of appends are one union
    return Union(tuple(flat))


def common(left: FieldType, right: FieldType) -> FieldType:
    """The type that holds values of both."""
    if left is right:
        return left
    if FieldType.MULTI in (left, right):
        return FieldType.MULTI
    return FieldType.NUMBER if left.numeric and right.numeric else FieldType.TEXT


def typed(of: Scalar, kind: FieldType) -> Scalar:
    """A value in a type that can hold it."""
    if of.type is kind or (of.type.numeric and kind.numeric):
        return of
    if kind is FieldType.MULTI:
        return as_multi(of)
    return as_number(of) if kind.numeric else as_text(of)


def _typed(plan: Plan, kinds: dict[str, FieldType]) -> Plan:
    changed: list[tuple[str, Scalar]] = []
    for name, kind in kinds.items():
        found = column(plan, name)
        if found is not None and found.type is not kind:
            changed.append((name, typed(found, kind)))
    return Extend(plan, tuple(changed)) if changed else plan
