"""Fields nobody declared: which names the texts of events hold, and the columns they become."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bootwatch.algebra.scalars import Call, Column, Fn, Scalar
from bootwatch.algebra.types import ELEMENTS, FieldSet, FieldType
from bootwatch.engines.duckdb.relations import automatic
from bootwatch.events.fields import HEADER_FIELDS, VENDOR_FIELDS

_MAX_DISCOVERED: Final = 100
KEYS: Final = r"(?:^|[^\w.])([A-Za-z_][\w.\-]*)\s?=\s?(?:\"[^\"]+\"|'[^']+'|[^\s,;|&\"'<>(){}\[\]]+)"


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
