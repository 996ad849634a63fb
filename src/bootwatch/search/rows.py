"""Rows of an answer as Python values: absent fields left out, whole numbers as int, multivalue fields as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from bootwatch.algebra.types import FieldType

Value = str | int | float | list[str]
Row = dict[str, Value]

_WHOLE = 2**63


def rows(batches: Iterator[pa.RecordBatch], fields: Mapping[str, FieldType]) -> Iterator[Row]:
    """The rows of Arrow batches. A row lacks the fields it has no value for; a list of one is its value."""
    for batch in batches:
        names = batch.schema.names
        columns = [column(batch.column(i), fields[name]) for i, name in enumerate(names)]
        for cells in zip(*columns, strict=True) if columns else ((),) * batch.num_rows:
            yield {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}


def column(array: pa.Array, kind: FieldType) -> list[Value | None]:
    """One column as Python values."""
    if kind.numeric:
        if pa.types.is_floating(array.type):
            try:  # most numbers are whole, and then all of a column are
                return list(array.cast(pa.int64()).to_pylist())
            except pa.ArrowInvalid:  # a fraction among them, or more than 64 bits
                pass
        return [None if cell is None else plain_number(cell) for cell in array.to_pylist()]
    found = array.to_pylist()
    if kind is FieldType.MULTI:
        return [None if not cell else cell[0] if len(cell) == 1 else cell for cell in found]
    return list(found)


def plain_number(value: float) -> int | float:
    """A double as Splunk shows it: whole numbers without decimals."""
    return int(value) if value.is_integer() and abs(value) < _WHOLE else value


def shown(value: Value | None) -> str:
    """A value as text, several values one on a line; '' for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(value)
    return value if isinstance(value, str) else number_text(value)


def number_text(value: int | float) -> str:
    """A number as Splunk prints it."""
    return str(plain_number(value)) if isinstance(value, float) else str(value)
