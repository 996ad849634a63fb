"""Lookup tables as plans: their rows, and their columns beside the rows of a search."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from bootwatch.algebra.plans import Plan, Rows, Table
from bootwatch.errors import Span, SplUnsupported
from bootwatch.knowledge import lookups
from bootwatch.knowledge.lookups import Lookup, LookupTable
from bootwatch.spl.context import Context

if TYPE_CHECKING:
    import pyarrow as pa


def found(name: str, context: Context) -> Lookup | None:
    """A lookup whose table is there; a warning and None where it is not."""
    lookup = context.knowledge.lookups.find(name)
    if lookup is None or not lookup.exists:
        warning = f"the lookup '{name}' is not there, so it has no rows"
        if warning not in context.warnings:
            context.warnings.append(warning)
        return None
    return lookup


def rows(name: str, context: Context, *, start: int = 0) -> Plan:
    """The rows of a lookup's table from one on; none of one that is not there."""
    lookup = found(name, context)
    if lookup is None:
        return Rows((), ())
    return Table(lookup.name, lookup.columns(), partial(_read, lookup, start))


def _read(lookup: Lookup, start: int) -> pa.Table:
    return lookups.table(lookup.path).arrow().slice(start)


def rule(lookup: Lookup | None, keys: Sequence[str]) -> tuple[str, str]:
    """What the kernels of lookups are told: the table's path, and how it is matched."""
    if lookup is None:
        return "", json.dumps({"keys": list(keys), "time_field": ""})
    definition = {
        "keys": list(keys),
        "match": dict(lookup.match),
        "case_sensitive": lookup.case_sensitive,
        "max_matches": lookup.max_matches,
        "time_field": lookup.time_field,
        "time_format": lookup.time_format,
        "min_offset_s": lookup.min_offset_s,
        "max_offset_s": lookup.max_offset_s,
    }
    return str(lookup.path), json.dumps(definition, sort_keys=True)


def single(lookup: Lookup | None, keys: Sequence[str]) -> bool:
    """Whether no row of a search can match several rows of the table."""
    if lookup is None or lookup.max_matches == 1:
        return True
    if any(key in lookup.match for key in keys) or lookup.path.stat().st_size > _SMALL_BYTES:
        return False
    return _distinct(lookups.table(lookup.path), tuple(keys), lookup.case_sensitive)


@lru_cache(maxsize=64)
def _distinct(known: LookupTable, keys: tuple[str, ...], case_sensitive: bool) -> bool:
    cells = [[cell if case_sensitive else cell.lower() for cell in known.cells[key]] for key in keys]
    return len(set(zip(*cells, strict=True))) == known.count


_SMALL_BYTES = 64 << 20
"""Tables up to this size are looked through before a search runs, to know whether a key stands twice."""


def refuse_column(lookup: Lookup, column: str, span: Span, context: Context) -> None:
    """Refuse a column the table does not have."""
    known = lookup.columns()
    if column not in known:
        raise SplUnsupported(
            f"the lookup '{lookup.name}' has no column '{column}'",
            text=context.text,
            span=span,
            hint=f"its columns are: {', '.join(known)}",
        )
