"""Fields nobody declared: which names the texts of events hold, and the columns they become."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bootwatch.algebra.plans import Deferred, Extend, Plan
from bootwatch.algebra.scalars import Call, Column, Fn, Scalar
from bootwatch.algebra.types import ELEMENTS, FieldSet, FieldType
from bootwatch.engines.duckdb.relations import automatic
from bootwatch.events.fields import HEADER_FIELDS, RAW, TAG_FIELDS, VENDOR_FIELDS

_MAX_DISCOVERED: Final = 100
KEYS: Final = r"(?:^|[^\w.])([A-Za-z_][\w.\-]*)\s?=\s?(?:\"[^\"]+\"|'[^']+'|[^\s,;|&\"'<>(){}\[\]]+)"


def before_deferral(plan: Deferred, source: Plan) -> tuple[Plan, frozenset[str]]:
    """``source`` with every field that the rest may read, and those that discovery finds rather than the scan."""
    # What is found in events is shown; the tags have to be asked for by name.
    read = (*HEADER_FIELDS, *VENDOR_FIELDS, *(() if plan.discover else TAG_FIELDS))
    inner = _with_fields(source, (*read, *plan.distinct)) if source.fields.open else source
    return inner, frozenset(read if plan.discover and RAW in inner.fields.known else ())


def _with_fields(plan: Plan, names: tuple[str, ...]) -> Plan:
    """The plan with these fields of its events among its known fields, as a stage that reads all of them."""
    kinds = {name: plan.fields.type_of(name) for name in names if name not in plan.fields.known}
    missing = tuple((name, Column(name, kind)) for name, kind in kinds.items() if kind is not None)
    return Extend(plan, missing) if missing else plan


def discovered(fields: FieldSet, names: Iterable[str]) -> tuple[tuple[str, Scalar], ...]:
    """The columns discovery adds to events of these fields in whose texts ``names`` occur, and the gaps it fills."""
    found = set(names) - fields.absent
    new = sorted(name for name in found if fields.type_of(name) is None)
    kinds = {name: FieldType.MULTI if ELEMENTS in name else FieldType.TEXT for name in new[:_MAX_DISCOVERED]}
    extracted: list[tuple[str, Scalar]] = [(name, automatic(name, kind)) for name, kind in kinds.items()]
    for name in (*HEADER_FIELDS, *VENDOR_FIELDS):  # the scan left these to be found here
        kind = fields.known.get(name)
        if name in found and kind is FieldType.TEXT:
            extracted.append((name, Call(Fn.COALESCE, (Column(name, kind), automatic(name, kind)), kind)))
    return tuple(extracted)


def field_name(key: str) -> str:
    """A key as a field name: other characters become ``_``, leading underscores and digits go."""
    return "".join(char if char.isalnum() or char == "_" else "_" for char in key).lstrip("_0123456789")
