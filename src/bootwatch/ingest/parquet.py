"""Parquet with a ``_raw`` column, page checksums verified where the file has them.

Columns of numbers, times and dictionaries become text; lists of such become multivalue fields; structures are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from bootwatch.errors import InputError
from bootwatch.events.fields import EVENT_FIELDS, RAW
from bootwatch.events.source import ScanReport
from bootwatch.events.text import decode_lossless
from bootwatch.ingest.chunk import HIDDEN, Chunk
from bootwatch.ingest.inputs import Content
from bootwatch.ingest.table import chunk_of
from bootwatch.ingest.values import is_textual
from bootwatch.match.scan import Scanner

_BATCH_ROWS: Final = 16_384


def own_fields(content: Content) -> dict[str, bool]:
    """The further columns and whether they hold lists. Raises InputError where there is no ``_raw``, or no footer."""
    with _opened(content) as file:
        return {
            field.name: pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
            for field in file.schema_arrow
            if field.name not in EVENT_FIELDS and field.name not in HIDDEN and _is_readable(field.type)
        }


def read(
    content: Content, own: Mapping[str, bool], extra: frozenset[str], zone: tzinfo, scanner: Scanner, report: ScanReport
) -> Iterator[Chunk]:
    """The surviving events, in order. What was read before an InputError comes before it."""
    row = 0
    with _opened(content) as file:
        report.bytes += content.size
        wanted = [
            field.name
            for field in file.schema_arrow
            if _is_readable(field.type) and (field.name in EVENT_FIELDS or field.name in own or field.name in extra)
        ]
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
                named = {name: _text(batch.column(name)) for name in wanted}
                yield from chunk_of(named, row, own, extra, zone, scanner, report)
                row += batch.num_rows
        except (pa.ArrowException, OSError) as exc:
            raise InputError(f"damaged Parquet after {row} rows: {_first_line(exc)}", path=content.name) from exc


def _opened(content: Content) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(content.file, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as exc:
        raise InputError(f"damaged Parquet: {_first_line(exc)}", path=content.name) from exc
    kinds = {field.name: field.type for field in file.schema_arrow}
    if RAW not in kinds:
        raise InputError("a Parquet file without a _raw column", path=content.name)
    if not (_is_text(kinds[RAW]) or _is_bytes(kinds[RAW])):
        raise InputError(f"its _raw column is {kinds[RAW]}, not text", path=content.name)
    return file


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_readable(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return is_textual(kind.value_type)
    return is_textual(kind)


def _text(values: pa.Array) -> pa.Array:
    """Bytes by the lossless rule, and text in its plain form; everything else stays."""
    if _is_bytes(values.type):
        return decode_lossless(values.cast(pa.binary()))
    return values.cast(pa.string()) if _is_text(values.type) else values


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0][:200]
