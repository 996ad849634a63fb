"""Comparison and conditional functions (Search Reference, "Comparison and conditional functions")."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.scalars import (
    FALSE,
    TRUE,
    AnyValue,
    Call,
    Case,
    Column,
    Compare,
    Const,
    Fn,
    InSet,
    Kernel,
    Not,
    Op,
    Scalar,
    ToMulti,
    null,
    text,
)
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import CONDITION, SCALAR, TEXT, VALUE, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.lower_terms import any_of, settled
from bootwatch.spl.values import Kind, Value, as_text, boolean

PREDICATE: Final = CONDITION | {Kind.NULL}
"""What may stand as a condition: null() is one that never holds."""


def unify(values: list[Value]) -> tuple[list[Scalar], FieldType, Kind]:
    """Branches of one conditional as scalars of one type, and what the parser then sees of it.

    Numbers stay numbers if every branch is one and none has decimals to show; a mixture is text, a list with any list.
    """
    kinds = {value.kind for value in values if value.kind is not Kind.NULL}
    kind = kinds.pop() if len(kinds) == 1 else Kind.ANY
    types = {value.stored().type for value in values if not _is_null(value)}
    if types in ({FieldType.INTEGER}, {FieldType.BOOL}, {FieldType.MULTI}):
        found = types.pop()
    elif types and all(item.numeric for item in types):
        found = FieldType.NUMBER
    else:
        found = FieldType.MULTI if FieldType.MULTI in types else FieldType.TEXT
    if kind is Kind.NUMBER and not found.numeric:
        kind = Kind.ANY  # the decimals shown are then read from the text, as those of a field
    return [convert(value, found) for value in values], found, kind


def _is_null(value: Value) -> bool:
    return value.kind is Kind.NULL or (isinstance(value.scalar, Const) and value.scalar.value is None)


def convert(value: Value, wanted: FieldType) -> Scalar:
    """A value as a scalar of a wider type."""
    if _is_null(value):
        return null(wanted)
    scalar = value.stored()
    if scalar.type is wanted or (scalar.type.numeric and wanted.numeric):
        return scalar
    if wanted is FieldType.MULTI:
        return ToMulti(as_text(scalar))
    return as_text(scalar)


@function("if", least=3, kinds=(PREDICATE, VALUE, VALUE))
def if_(call: Written) -> Value:
    """``if(predicate, a, b)``: a where the predicate is true, else b; a null predicate takes b."""
    (then, otherwise), type_, kind = unify([call.args[1], call.args[2]])
    return Value(Case(((call.condition(0), then),), otherwise, type_), kind)


@function("case", least=2, most=None)
def case(call: Written) -> Value:
    """``case(c1, v1, c2, v2, …)``: the value of the first condition that is true, null if none is."""
    conditions, values, type_, kind = _pairs(call)
    branches = tuple(zip(conditions, values, strict=True))
    return Value(Case(branches, null(type_), type_), kind)


@function("validate", least=2, most=None)
def validate(call: Written) -> Value:
    """``validate(c1, v1, c2, v2, …)``: the value of the first condition that is false, null if all are true."""
    conditions, values, type_, kind = _pairs(call)
    branches = tuple((Not(condition), value) for condition, value in zip(conditions, values, strict=True))
    return Value(Case(branches, null(type_), type_), kind)


def _pairs(call: Written) -> tuple[list[Scalar], list[Scalar], FieldType, Kind]:
    """Conditions, and the values that belong to them in one type."""
    if len(call.args) % 2:
        call.fail(
            f"The arguments to the '{call.name}' function are invalid.", hint="it takes conditions and values in pairs"
        )
    for at in range(0, len(call.args), 2):
        if call.args[at].kind not in PREDICATE:
            call.invalid(at)
    conditions = [call.condition(at) for at in range(0, len(call.args), 2)]
    return conditions, *unify([call.args[at] for at in range(1, len(call.args), 2)])


@function("coalesce", "ifnull", least=1, most=None)
def coalesce(call: Written) -> Value:
    """``coalesce(a, …)``: the first value that is not null; an empty string is a value."""
    values, type_, kind = unify(list(call.args))
    if not call.context.switches.empty_is_value and type_ is FieldType.TEXT:
        values = [Case(((Compare(Op.EQ, value, text("")), null()),), value, type_) for value in values]
    return Value(Call(Fn.COALESCE, tuple(values), type_), kind)


@function("nullif", least=2, kinds=(SCALAR, SCALAR))
def nullif(call: Written) -> Value:
    """``nullif(a, b)``: null where both are equal, else a."""
    kept = call.args[0].stored()
    equal = settled(call.lowerer.compare(Op.EQ, call.args[0], call.args[1]))
    return Value(Case(((equal, null(kept.type)),), kept, kept.type), call.args[0].kind)


@function("null", least=0)
def null_(call: Written) -> Value:
    """``null()``: no value; assigning it removes the field."""
    del call
    return Value(null(), Kind.NULL, literal=True)


@function("true", least=0)
def true(call: Written) -> Value:
    """``true()``: the condition that always holds."""
    del call
    return boolean(TRUE)


@function("false", least=0)
def false(call: Written) -> Value:
    """``false()``: the condition that never holds."""
    del call
    return boolean(FALSE)


@function("like", least=2, kinds=(SCALAR, SCALAR))
def like(call: Written) -> Value:
    """``like(text, "pattern")``: ``%`` any run, ``_`` one character; the whole text, case-sensitive; any of several."""
    of, pattern = call.args
    return boolean(call.lowerer.like(of, pattern))


@function("match", least=2)
def match(call: Written) -> Value:
    """``match(text, "regex")``: whether the PCRE pattern matches anywhere; case-sensitive; any of several values."""
    pattern = call.args[1]
    if pattern.literal:
        return call.matches(0, 1)
    of = call.args[0].scalar if call.args[0].type is FieldType.MULTI else call.args[0].text()
    return boolean(Kernel("matches_each", (of, pattern.text()), ("regex",), FieldType.BOOL))


@function("in", least=2, most=None)
def in_(call: Written) -> Value:
    """``in(field, v1, …)``: whether the field equals one of the values exactly; no wildcards, no networks."""
    of, *wanted = call.args
    texts = [
        item.scalar.value for item in wanted if isinstance(item.scalar, Const) and isinstance(item.scalar.value, str)
    ]
    parts: list[Scalar] = []
    if texts and of.type is FieldType.MULTI and call.context.switches.any_value:
        parts.append(AnyValue(of.scalar, "#item", InSet(Column("#item", FieldType.TEXT), tuple(texts))))
    elif texts:
        parts.append(InSet(of.text(), tuple(texts)))
    for item in wanted:
        if not (isinstance(item.scalar, Const) and isinstance(item.scalar.value, str)):
            parts.append(call.lowerer.compare(Op.EQ, of, item))
    return boolean(any_of(parts))


@function("cidrmatch", least=2, kinds=(TEXT, TEXT))
def cidrmatch(call: Written) -> Value:
    """``cidrmatch("network", ip)``: whether an IPv4 or IPv6 address, or any of several, lies in the network.

    Malformed input is false, an absent field null.
    """
    network, address = call.args
    of = address.scalar if address.type is FieldType.MULTI else address.text()
    if of.type is FieldType.TEXT and isinstance(network.scalar, Const) and isinstance(network.scalar.value, str):
        return boolean(Kernel("cidr_match", (of,), (network.scalar.value,), FieldType.BOOL))
    return boolean(Kernel("cidr_match_each", (network.text(), of), (), FieldType.BOOL))


@function("searchmatch", least=1)
def searchmatch(call: Written) -> Value:
    """``searchmatch("search")``: whether the row matches a search expression, by the rules of ``search``."""
    return call.lowerer.search(call.constant(0), call.written[0].span)
