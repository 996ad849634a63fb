"""One segment: stored columns as immutable Parquet, and reading it so that damage is found, never returned as rows.

zstd level 1, DELTA_LENGTH_BYTE_ARRAY for ``_raw``, dictionaries for names, row groups of about 120,000, page checksums.
Parquet's own checksums leave headers and footer open, so the record of a segment holds a CRC-32 of the footer and of
every column chunk: only bytes that passed are ever decoded.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bootwatch.errors import StoreError
from bootwatch.events.fields import HOST, INDEXTIME, RAW, SOURCE, TIME
from bootwatch.store.columns import MESSAGE_TEXT
from bootwatch.store.layout import FORMAT, LINE_NUMBER, MESSAGE_START, N, Partition
from bootwatch.store.records import HOSTS_LISTED, Group, Segment

GROUP_ROWS: Final = 120_000
_PAGE_BYTES: Final = 1 << 20
_ENCODINGS: Final = {
    RAW: "DELTA_LENGTH_BYTE_ARRAY",
    MESSAGE_TEXT: "DELTA_LENGTH_BYTE_ARRAY",
    "sequence": "DELTA_LENGTH_BYTE_ARRAY",
    TIME: "DELTA_BINARY_PACKED",
    INDEXTIME: "DELTA_BINARY_PACKED",
    N: "DELTA_BINARY_PACKED",
    LINE_NUMBER: "DELTA_BINARY_PACKED",
    MESSAGE_START: "DELTA_BINARY_PACKED",
}
_MAGIC_AND_SIZE: Final = 8


class Damaged(StoreError):
    """Bytes of a segment or sidecar that are missing or not those that were written."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A segment ready to be written, and its record."""

    data: memoryview
    record: Segment


def encode(
    table: pa.Table, partition: Partition, path: str, txn: str, own: Mapping[str, bool], group_rows: int = GROUP_ROWS
) -> Encoded:
    """A table of stored columns, ascending in ``bw_n``, as the bytes of a segment. ``own`` are the fields it has."""
    size = -(-table.num_rows // max(1, round(table.num_rows / group_rows)))
    data, metadata = parquet(table, size, {"bootwatch.own": json.dumps(dict(own))})
    footer = _footer_of(data)
    groups = []
    for number in range(metadata.num_row_groups):
        rows = table.slice(number * size, size)
        order, times = rows.column(N), pc.min_max(rows.column(TIME).cast(pa.int64()))
        spans = chunk_spans(metadata, number)
        crcs = "".join(f"{zlib.crc32(data[begin:end]):08x}" for begin, end in spans)
        groups.append(
            Group(rows.num_rows, order[0].as_py(), order[-1].as_py(), times["min"].as_py(), times["max"].as_py(), crcs)
        )
    hosts = pc.unique(table.column(HOST)).to_pylist()
    sources = pc.unique(table.column(SOURCE)).to_pylist()
    record = Segment(
        txn=txn,
        path=path,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        rows=table.num_rows,
        raw_bytes=pc.sum(pc.binary_length(table.column(RAW))).as_py(),
        index=partition.index,
        sourcetype=partition.sourcetype,
        first_n=groups[0].first_n,
        last_n=groups[-1].last_n,
        earliest_us=min(group.earliest_us for group in groups),
        latest_us=max(group.latest_us for group in groups),
        hosts=sorted(hosts)[:HOSTS_LISTED],
        host_count=len(hosts),
        sources=sorted(sources)[:HOSTS_LISTED],
        footer_bytes=len(footer),
        footer_crc=zlib.crc32(footer),
        groups=groups,
        own=dict(own),
    )
    return Encoded(data, record)


def parquet(table: pa.Table, group_rows: int, metadata: Mapping[str, str]) -> tuple[memoryview, pq.FileMetaData]:
    """A table of stored columns as Parquet in memory, with page checksums."""
    sink = pa.BufferOutputStream()
    dictionaries = [name for name in table.schema.names if name not in _ENCODINGS]
    flat = [
        f"{name}.list.element" if pa.types.is_list(table.schema.field(name).type) else name for name in dictionaries
    ]
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=flat,
        column_encoding={name: kind for name, kind in _ENCODINGS.items() if name in table.schema.names},
        data_page_size=_PAGE_BYTES,
        write_page_checksum=True,
        write_statistics=[name for name in (TIME, INDEXTIME, N) if name in table.schema.names],
    ) as writer:
        for at in range(0, table.num_rows, group_rows):
            writer.write_table(table.slice(at, group_rows), row_group_size=group_rows)
        writer.add_key_value_metadata({"bootwatch.format": str(FORMAT), **metadata})
    buffer = sink.getvalue()
    return memoryview(buffer), pq.read_metadata(pa.BufferReader(buffer))


def chunk_spans(metadata: pq.FileMetaData, group: int) -> list[tuple[int, int]]:
    """Begin and end in the file of every column chunk of a row group."""
    found = []
    row_group = metadata.row_group(group)
    for number in range(row_group.num_columns):
        column = row_group.column(number)
        begin = column.data_page_offset
        if column.has_dictionary_page and column.dictionary_page_offset:
            begin = min(begin, column.dictionary_page_offset)
        found.append((begin, begin + column.total_compressed_size))
    return found


class SegmentFile:
    """A segment opened for reading by one thread at a time. Raises Damaged where its bytes are not its record's."""

    def __init__(self, home: Path, record: Segment) -> None:
        self._record = record
        try:
            self._bytes = _Checked(home / record.path, record)
        except OSError as exc:
            raise Damaged(f"cannot be read: {exc.strerror or exc}") from exc
        try:
            self._file = pq.ParquetFile(
                pa.PythonFile(self._bytes, mode="r"), page_checksum_verification=True, pre_buffer=False
            )
        except (pa.ArrowException, OSError, ValueError) as exc:
            self._bytes.shut()
            raise Damaged(_first_line(exc)) from exc
        self._metadata = self._file.metadata
        # Text, numbers and lists of text: every field is one leaf, so a field's number is its chunk's.
        self._places = {name: number for number, name in enumerate(self._file.schema_arrow.names)}

    @property
    def names(self) -> tuple[str, ...]:
        """Its stored columns."""
        return tuple(self._places)

    def read(self, group: int, names: Sequence[str]) -> dict[str, pa.Array]:
        """Columns of a row group by name, those left out that the segment does not have."""
        present = [name for name in dict.fromkeys(names) if name in self._places]
        places = sorted(self._places[name] for name in present)
        with self._loaded(group, places):
            table = self._file.reader.read_row_group(group, column_indices=places, use_threads=False)
            self._check_rows(group, table.num_rows)
        return {name: single(table.column(name)) for name in present}

    def texts(self, group: int, slice_rows: int) -> Iterator[pa.StringArray]:
        """``_raw`` of a row group, some rows at a time, so that what is decoded is still in the cache when scanned."""
        place = self._places[RAW]
        rows = 0
        with self._loaded(group, [place]):
            for batch in self._file.reader.iter_batches(slice_rows, [group], column_indices=[place], use_threads=False):
                rows += batch.num_rows
                yield batch.column(0)
            self._check_rows(group, rows)

    @contextmanager
    def _loaded(self, group: int, places: Sequence[int]) -> Iterator[None]:
        """Column chunks in memory and checked. Whatever is wrong with them or their content is Damaged."""
        spans = chunk_spans(self._metadata, group)
        crcs = self._record.groups[group].crcs
        try:
            for place in places:
                self._bytes.load(spans[place], int(crcs[8 * place : 8 * place + 8], 16))
            yield
        except (pa.ArrowException, OSError, Damaged) as exc:
            raise Damaged(f"row group {group + 1} of {len(self._record.groups)}: {_first_line(exc)}") from exc
        finally:
            self._bytes.forget()

    def _check_rows(self, group: int, rows: int) -> None:
        written = self._record.groups[group].rows
        if rows != written:
            raise Damaged(f"{rows} rows where {written} were written")

    def close(self) -> None:
        self._bytes.shut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def single(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class _Checked(io.RawIOBase):
    """The file as Arrow sees it: the footer, and chunks that were loaded and checked. Nothing else can be read."""

    def __init__(self, path: Path, record: Segment) -> None:
        super().__init__()
        self._descriptor = os.open(path, os.O_RDONLY)
        self._size = record.bytes
        self._at = 0
        self._loaded: list[tuple[int, int, memoryview]] = []
        size = os.fstat(self._descriptor).st_size
        begin = record.bytes - record.footer_bytes
        try:
            if size != record.bytes:
                raise Damaged(f"has {size} bytes where {record.bytes} were written")
            self._footer = (begin, record.bytes, self._part(begin, record.bytes, record.footer_crc))
        except BaseException:
            self.shut()
            raise

    def load(self, span: tuple[int, int], crc: int) -> None:
        begin, end = span
        self._loaded.append((begin, end, self._part(begin, end, crc)))

    def forget(self) -> None:
        self._loaded.clear()

    def shut(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Exactly what was checked. Raises OSError for bytes that were not."""
        start = self._at
        stop = self._size if size < 0 else min(start + size, self._size)
        for begin, end, data in (*self._loaded, self._footer):
            if begin <= start and stop <= end:
                self._at = stop
                return bytes(data[start - begin : stop - begin])
        if start >= stop:
            return b""
        # Arrow asks for the end of the file first, and for more than the footer is long.
        begin, _, data = self._footer
        if stop == self._size:
            self._at = stop
            return bytes(begin - start) + bytes(data)
        raise OSError(f"bytes {start} to {stop} were not checked")

    def _part(self, begin: int, end: int, crc: int) -> memoryview:
        data = bytearray(end - begin)
        view = memoryview(data)
        have = 0
        while have < len(data):
            count = os.preadv(self._descriptor, [view[have:]], begin + have)
            if count == 0:
                raise Damaged(f"ends at byte {begin + have} where {self._size} were written")
            have += count
        if zlib.crc32(data) != crc:
            raise Damaged(f"the checksum of bytes {begin} to {end} does not hold")
        return view


def _footer_of(data: memoryview) -> memoryview:
    size = int(np.frombuffer(data[-_MAGIC_AND_SIZE:-4], "<u4")[0])
    return data[-_MAGIC_AND_SIZE - size :]


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0][:200]
