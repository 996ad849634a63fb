"""Rows written for people and programs: table, JSON, JSON lines, CSV, Parquet, HTML.

Text that stands for bytes outside UTF-8 is written as those bytes again, except in JSON and HTML, which cannot hold
them. On a terminal control characters are shown, never sent.
"""

from __future__ import annotations

import csv
import html
import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from bootwatch.cli.options import Format
from bootwatch.cli.visible import visible
from bootwatch.errors import InputError
from bootwatch.search.rows import Row, Value, shown

if TYPE_CHECKING:
    from bootwatch.search.job import Result

_TABLE_ROWS: Final = 5_000
_CELL: Final = 120
_TOGETHER: Final = 256


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """The file results go to, or stdout."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with output.open("wb") as file:
            yield file
    except OSError as exc:
        raise InputError(f"cannot be written: {exc.strerror or exc}", path=output) from exc


def chosen(wanted: Format | None, output: Path | None) -> Format:
    """The format asked for, else by the file's ending, else a table on a terminal and JSON lines elsewhere."""
    if wanted is not None:
        return wanted
    if output is not None:
        ending = output.suffix.lstrip(".").lower()
        return Format(ending) if ending in set(Format) else Format.JSONL
    return Format.TABLE if sys.stdout.isatty() else Format.JSONL


def write_result(result: Result, wanted: Format | None, output: Path | None, zone: tzinfo) -> int:
    """Write the rows of a search; how many they were."""
    kind = chosen(wanted, output)
    with opened(output) as file:
        if kind is Format.PARQUET:
            return _parquet(result, file)
        return write_rows(result.rows(), result.fields, kind, file, zone)


def write_rows(rows: Iterator[Row], fields: Mapping[str, object], kind: Format, file: IO[bytes], zone: tzinfo) -> int:
    """Write rows in one of the row formats."""
    match kind:
        case Format.JSONL:
            return _jsonl(rows, file)
        case Format.JSON:
            return _json(rows, file)
        case Format.CSV:
            return _csv(rows, list(fields), file)
        case Format.HTML:
            return _html(rows, list(fields), file, zone)
        case Format.TABLE | Format.PARQUET:
            return _table(rows, list(fields), file, zone)


def _jsonl(rows: Iterator[Row], file: IO[bytes]) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    while some := list(islice(rows, _TOGETHER)):
        file.write(encoder.encode_lines(some))
        count += len(some)
    return count


def _json(rows: Iterator[Row], file: IO[bytes]) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    for row in rows:
        file.write(b"[\n" if not count else b",\n")
        file.write(encoder.encode(row))
        count += 1
    file.write(b"\n]\n" if count else b"[]\n")
    return count


def _csv(rows: Iterator[Row], names: list[str], file: IO[bytes]) -> int:
    from bootwatch.events.text import encode_lossless

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([shown(row.get(name)) for name in names])
        count += 1
        if not count % 1000:
            file.write(encode_lossless(buffer.getvalue()))
            buffer.seek(0)
            buffer.truncate()
    file.write(encode_lossless(buffer.getvalue()))
    return count


def _parquet(result: Result, file: IO[bytes]) -> int:
    import pyarrow.parquet as pq

    table = result.arrow()
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return int(table.num_rows)


def readable_time(value: Value | None, zone: tzinfo) -> str:
    """Epoch seconds as a time in the user's zone."""
    if not isinstance(value, int | float):
        return shown(value)
    moment = datetime.fromtimestamp(value, UTC).astimezone(zone)
    return moment.isoformat(sep=" ", timespec="milliseconds" if moment.microsecond else "seconds")


def _cells(row: Row, names: list[str], zone: tzinfo) -> list[str]:
    return [readable_time(row.get(n), zone) if n in ("_time", "_indextime") else shown(row.get(n)) for n in names]


def _table(rows: Iterator[Row], names: list[str], file: IO[bytes], zone: tzinfo) -> int:
    """Aligned columns; the first rows decide the widths, so that a table of any length streams."""
    from bootwatch.events.text import encode_lossless

    count = 0
    batch: list[list[str]] = []
    widths: list[int] | None = None

    def flush() -> None:
        nonlocal widths
        if widths is None:
            widths = [
                max([len(name), *(min(_CELL, len(line)) for row in batch for line in row[i].split("\n"))])
                for i, name in enumerate(names)
            ]
            _line(file, names, widths)
            _line(file, ["-" * width for width in widths], widths)
        for row in batch:
            parts = [visible(cell).split("\n") for cell in row]
            for level in range(max(map(len, parts))):
                cells = [part[level] if level < len(part) else "" for part in parts]
                file.write(encode_lossless(_padded(cells, widths)))
        batch.clear()

    for row in rows:
        batch.append(_cells(row, names, zone))
        count += 1
        if len(batch) >= _TABLE_ROWS:
            flush()
    if names and count:
        flush()
    return count


def _line(file: IO[bytes], cells: list[str], widths: list[int]) -> None:
    file.write(_padded(cells, widths).encode())


def _padded(cells: list[str], widths: list[int]) -> str:
    last = len(cells) - 1
    return (
        "  ".join(c if i == last else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))).rstrip()
        + "\n"
    )


def _html(rows: Iterator[Row], names: list[str], file: IO[bytes], zone: tzinfo) -> int:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    style = (
        "body{font:14px system-ui,sans-serif;margin:1rem;color-scheme:light dark}"
        "table{border-collapse:collapse}th,td{border-bottom:1px solid #8884;padding:.3rem .6rem;text-align:left;"
        "vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}"
    )
    file.write(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>bootwatch search</title><style>{style}</style>'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n".encode()
    )
    count = 0
    for row in rows:
        cells = "".join(f"<td>{html.escape(visible(cell))}</td>" for cell in _cells(row, names, zone))
        file.write(f"<tr>{cells}</tr>\n".encode())
        count += 1
    file.write(b"</tbody></table></html>\n")
    return count
