"""Fields that texts hold, where only the texts say which: one way for spath, extract, xmlkv and fromjson."""

from __future__ import annotations

from typing import Final

from bootwatch.algebra.plans import Drop, Extend, Plan, Stored, column
from bootwatch.algebra.repeated import SEVERAL
from bootwatch.algebra.scalars import Call, Column, Fn, Kernel, Scalar
from bootwatch.algebra.types import FieldType
from bootwatch.spl.before import as_multi, coalesced
from bootwatch.spl.command import Undecided
from bootwatch.spl.context import Context
from bootwatch.spl.values import integer

_PAIRS: Final = "#pairs"
_KEYS: Final = "#keys"


def distinct_values(source: Plan, name: str) -> tuple[str, ...] | None:
    """The values of a column in byte order, where the pipeline was asked for them; None where it was not yet."""
    return dict(source.distinct).get(name) if isinstance(source, Stored) else None


def extracted(source: Plan, pairs: Scalar, context: Context, *, what: str, existing: str = "replace") -> Plan:
    """A field for every key in the pairs (MULTI: key, value, key, value …) of a row.

    ``existing``: a field that is there already is replaced where there is a value, kept ('keep'), or gets the new
    values after its own ('append'). Raises Undecided until the keys are known.
    """
    keys = distinct_values(source, _KEYS)
    if keys is None:
        paired = Extend(source, ((_PAIRS, pairs),))
        known = Kernel("pair_keys", (Column(_PAIRS, FieldType.MULTI),), (), FieldType.MULTI)
        raise Undecided(distinct=(_KEYS,), source=Extend(paired, ((_KEYS, known),)))
    names = dict.fromkeys(key.removesuffix(SEVERAL) for key in keys)
    most = context.limits.max_extracted_fields
    if len(names) > most:
        message = f"{what}: only {most:,} of {len(names):,} fields are kept (max_extracted_fields)"
        context.warnings.append(message)
    several = {key.removesuffix(SEVERAL) for key in keys if key.endswith(SEVERAL)}
    plain = Drop(source, frozenset((_PAIRS, _KEYS)))
    found: list[tuple[str, Scalar]] = []
    for name in list(names)[:most]:
        values: Scalar = Kernel("pair_values", (Column(_PAIRS, FieldType.MULTI),), (name,), FieldType.MULTI)
        if name not in several:
            values = Call(Fn.LIST_ITEM, (values, integer(1)), FieldType.TEXT)
        found.append((name, _joined(plain, name, values, existing)))
    return Drop(Extend(source, tuple(found)), frozenset((_PAIRS, _KEYS)))


def _joined(source: Plan, name: str, new: Scalar, existing: str) -> Scalar:
    old = column(source, name)
    if old is None:
        return new
    if existing == "append":
        return Call(Fn.LIST_APPEND, (as_multi(old), as_multi(new)), FieldType.MULTI)
    return coalesced(old, new) if existing == "keep" else coalesced(new, old)
