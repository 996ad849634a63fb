"""CSV with a ``_raw`` column, as Splunk and spreadsheets write it: a header line, commas, quotes around line ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Final

import pyarrow as pa
from pyarrow import csv

from bootwatch.errors import InputError
from bootwatch.events.fields import EVENT_FIELDS, RAW
from bootwatch.events.source import ScanReport
from bootwatch.events.text import decode_lossless
from bootwatch.ingest.chunk import HIDDEN, Chunk
from bootwatch.ingest.compressed import Reader
from bootwatch.ingest.inputs import Content
from bootwatch.ingest.sniff import header_of
from bootwatch.ingest.table import chunk_of
from bootwatch.match.scan import Scanner

_BETWEEN: Final = b"$;$"
RAGGED: Final = "CSV row with too few or too many columns"

_BLOCK_BYTES: Final = 8 << 20
_LARGER_BLOCK_BYTES: Final = 64 << 20
_MULTIVALUE_PREFIX: Final = "__mv_"
"""Splunk writes a second column with this prefix that repeats a multivalue field, coded ``$one$;$two$``; a dollar sign
in a value is doubled. The column of the field's own name holds the values one on a line.
"""


def columns(content: Content) -> list[str]:
    """The column names, a repeated one empty. Raises InputError where there is no ``_raw`` among them."""
    names = header_of(content.head)
    if names is None or RAW not in names:
        raise InputError("a CSV file without a _raw column", path=content.name)
    seen: set[str] = set()
    unique: list[str] = []
    for name in names:
        unique.append("" if name in seen else name)
        seen.add(name)
    return unique


def own_fields(content: Content) -> dict[str, bool]:
    """The further columns; multivalue are those with a coded column, if anything is coded in the file.

    Raises InputError as :func:`columns`.
    """
    names = columns(content)
    # Splunk writes a coded column for every field, and in most of its files all of them are empty.
    coded = {name for name in names if name.startswith(_MULTIVALUE_PREFIX)}
    coded = coded if coded and _occurs(_BETWEEN, content.reader) else set()
    return {
        name: _MULTIVALUE_PREFIX + name in coded
        for name in names
        if name and name not in EVENT_FIELDS and name not in HIDDEN and not name.startswith(_MULTIVALUE_PREFIX)
    }


def read(
    content: Content, own: Mapping[str, bool], extra: frozenset[str], zone: tzinfo, scanner: Scanner, report: ScanReport
) -> Iterator[Chunk]:
    """The surviving events, in order. What was read before an InputError comes before it."""
    names = columns(content)
    if b"\n" not in content.head:
        return  # nothing but the header
    unique = [name or f"#{place}" for place, name in enumerate(names)]
    wanted = [name for name in unique if name in EVENT_FIELDS or name in own or name in extra]
    coded = {name: _MULTIVALUE_PREFIX + name for name in wanted if own.get(name)}
    coded = {name: coding for name, coding in coded.items() if coding in unique}

    def skip(row: csv.InvalidRow) -> str:
        report.reject(RAGGED)
        return "skip"

    row = 0
    try:
        table = csv.open_csv(
            pa.PythonFile(_Counted(content.reader, report), mode="r"),
            read_options=csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=unique, skip_rows=1),
            parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types={name: pa.binary() for name in unique},
                include_columns=[*wanted, *coded.values()],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in table:
            named: dict[str, pa.Array] = {name: decode_lossless(batch.column(name)) for name in wanted}
            for field in wanted:
                if own.get(field):
                    coding = decode_lossless(batch.column(coded[field])) if field in coded else None
                    named[field] = _values(named[field], coding)
            yield from chunk_of(named, row, own, extra, zone, scanner, report)
            row += batch.num_rows
    except pa.ArrowInvalid as exc:
        if "Empty CSV file" in str(exc):
            return
        raise InputError(f"damaged CSV after {row} rows: {_first_line(exc)}", path=content.name) from exc


def _occurs(mark: bytes, reader: Reader) -> bool:
    """Whether ``mark`` stands anywhere in what is left to read; what cannot be read is reported by the scan."""
    end = b""
    try:
        while block := reader.read(_BLOCK_BYTES):
            if mark in end + block:
                return True
            end = block[1 - len(mark) :]
    except InputError:
        pass
    return False


def _values(plain: pa.StringArray, coding: pa.StringArray | None) -> pa.ListArray:
    """The values of each row: decoded where they are coded, else the plain text alone, null where there is none."""
    codes = [None] * len(plain) if coding is None else coding.to_pylist()
    return pa.array(
        [
            _decoded(code) if code else None if text is None else [text]
            for text, code in zip(plain.to_pylist(), codes, strict=True)
        ],
        pa.list_(pa.string()),
    )


def _decoded(code: str) -> list[str]:
    if len(code) < 2 or code[0] != "$" or code[-1] != "$":
        return [code]
    # A doubled dollar sign is one of a value's; of what is left, those around ';' part the values.
    return [value.replace("\0", "$") for value in code[1:-1].replace("$$", "\0").split(_BETWEEN.decode())]


class _Counted:
    """The reader as the file object that Arrow wants."""

    closed = False

    def __init__(self, inner: Reader, report: ScanReport) -> None:
        self._inner = inner
        self._report = report

    def read(self, limit: int = -1) -> bytes:
        out = self._inner.read(limit if limit >= 0 else _BLOCK_BYTES)
        self._report.bytes += len(out)
        return out

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0][:200]
