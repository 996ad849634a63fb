"""Functions whose result is a multivalue (Search Reference, "Multivalue stats and chart functions")."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.plans import AggFn
from bootwatch.algebra.scalars import Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.aggregates.registry import Call, aggregate

LIST_LIMIT: Final = 100
"""Values ``list`` keeps for each group (Splunk's ``list_maxsize``)."""


@aggregate("list")
def list_(call: Call) -> Scalar:
    """The first 100 values in row order, duplicates kept."""
    return call.aggregate(AggFn.LIST, call.strings(), kind=FieldType.MULTI, parameter=LIST_LIMIT)


@aggregate("values")
def values(call: Call) -> Scalar:
    """The distinct values in lexicographic order, so 10 comes before 9; no limit."""
    return call.aggregate(AggFn.VALUES, call.strings(), kind=FieldType.MULTI)
