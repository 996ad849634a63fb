"""Comparison and conditional functions (Search Reference, "Comparison and conditional functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Case, Const, Scalar, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import CONDITION, VALUE, Call, function
from bootwatch.spl.values import Kind, Value, as_text


def unify(values: list[Value]) -> tuple[list[Scalar], FieldType, Kind]:
    """Branches of one conditional as scalars of one type: numbers stay numbers only if every branch is one."""
    kinds = {value.kind for value in values if value.kind is not Kind.NULL}
    kind = kinds.pop() if len(kinds) == 1 else Kind.ANY
    types = {value.stored().type for value in values if value.kind is not Kind.NULL}
    if types == {FieldType.INTEGER} or types == {FieldType.BOOL} or types == {FieldType.MULTI}:
        found = types.pop()
    elif types and all(item.numeric for item in types):
        found = FieldType.NUMBER
    else:
        found = FieldType.MULTI if FieldType.MULTI in types else FieldType.TEXT
    return [convert(value, found) for value in values], found, kind


def convert(value: Value, wanted: FieldType) -> Scalar:
    """A value as a scalar of a wider type."""
    from bootwatch.algebra.scalars import ToMulti

    if value.kind is Kind.NULL or (isinstance(value.scalar, Const) and value.scalar.value is None):
        return null(wanted)
    scalar = value.stored()
    if scalar.type is wanted or (scalar.type.numeric and wanted.numeric):
        return scalar
    if wanted is FieldType.MULTI:
        return ToMulti(as_text(scalar))
    return as_text(scalar)


@function("if", least=3, kinds=(CONDITION, VALUE, VALUE))
def if_(call: Call) -> Value:
    """``if(predicate, a, b)``: a where the predicate is true, else b; a null predicate takes b."""
    (then, otherwise), type_, kind = unify([call.args[1], call.args[2]])
    return Value(Case(((call.condition(0), then),), otherwise, type_), kind)


@function("match", least=2)
def match(call: Call) -> Value:
    """``match(text, "regex")``: whether the PCRE pattern matches anywhere; case-sensitive; any of several values."""
    return call.matches(0, 1)
