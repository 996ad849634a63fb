"""Multivalue eval functions (Search Reference, "Multivalue eval functions")."""

from __future__ import annotations

from bootwatch.algebra.scalars import Call, Case, Fn, IsNull, null
from bootwatch.algebra.types import FieldType
from bootwatch.spl.functions.registry import SCALAR, function
from bootwatch.spl.functions.registry import Call as Written
from bootwatch.spl.values import Value, integer, numeric


@function("mvcount", least=1, kinds=(SCALAR,))
def mvcount(call: Written) -> Value:
    """``mvcount(x)``: how many values the field holds; null if it is absent."""
    value = call.args[0]
    if value.type is FieldType.MULTI:
        return numeric(Call(Fn.LIST_COUNT, (value.scalar,), FieldType.INTEGER))
    absent = IsNull(value.scalar)
    return numeric(Case(((absent, null(FieldType.INTEGER)),), integer(1), FieldType.INTEGER))
