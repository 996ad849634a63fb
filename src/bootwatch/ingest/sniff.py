"""What a file holds, told from its first bytes: a text log, JSON lines, CSV, Parquet, or nothing for us."""

from __future__ import annotations

import csv
import io
import os
from enum import StrEnum
from typing import Final

import numpy as np

from bootwatch.events.fields import RAW
from bootwatch.events.text import text_of
from bootwatch.syslog import STARTS

HEAD_BYTES: Final = 1 << 16
"""How much of a file is looked at."""

BOM: Final = b"\xef\xbb\xbf"


class Kind(StrEnum):
    TEXT = "text"
    JSON = "JSON lines"
    CSV = "CSV"
    PARQUET = "Parquet"


class NotALog(Exception):
    """The file is of another kind; the message says which."""


def kind_of(head: bytes, name: str) -> Kind:
    """The format of a file called ``name`` that begins with ``head`` (unpacked). Raises :class:`NotALog`."""
    if head.startswith(b"PAR1"):
        return Kind.PARQUET
    for magic, what in _MAGICS:
        if head.startswith(magic):
            raise NotALog(f"{what}, not a log")
    if head[257:262] == b"ustar":
        raise NotALog("a tar archive; unpack it first")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotALog("UTF-16 text; convert it to UTF-8 first")
    suffix = _suffix(name)
    body = head.removeprefix(BOM).lstrip()
    if body[:1] == b"{" and body[1:].lstrip()[:1] in (b'"', b"}"):  # an object, whatever bytes its texts hold
        return Kind.JSON
    if _is_binary(head):
        raise NotALog("binary data, not a log")
    if body.startswith(b"{") or (suffix in _JSON_SUFFIXES and body):
        return Kind.JSON
    if suffix == ".csv" or RAW in (header_of(head) or ()):
        return Kind.CSV
    return Kind.TEXT


def header_of(head: bytes) -> list[str] | None:
    """The column names, if the first line of ``head`` reads as one CSV record; None if it is empty or too long."""
    line, newline, _ = head.removeprefix(BOM).partition(b"\n")
    if not line.strip() or (not newline and len(head) >= HEAD_BYTES):
        return None
    try:
        return next(csv.reader(io.StringIO(text_of(line.rstrip(b"\r"))), strict=True), None)
    except csv.Error:
        return None


def continuations(head: bytes) -> tuple[bytes, ...]:
    """What lines of this log begin with that continue the message before them.

    In a log where most lines begin with a blank, as in the indented output of a pager, a blank says nothing.
    """
    lines = [line for line in head.removeprefix(BOM).split(b"\n")[:-1] if line and not line.isspace()]
    indented = sum(map(_BLANKS.__contains__, [line[:1] for line in lines]))
    if len(lines) < _FEW_LINES or 2 * indented <= len(lines):
        return STARTS
    return tuple(start for start in STARTS if start not in _BLANKS)


_BLANKS: Final = (b" ", b"\t")
_FEW_LINES: Final = 20
_JSON_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson"})
_PACKED_SUFFIXES: Final = frozenset({".gz", ".zst", ".bz2", ".xz"})
_MAGICS: Final = (
    (b"\x7fELF", "an ELF program or device image"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"%PDF-", "a PDF document"),
    (b"MZ\x90\x00", "a Windows program"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_CONTROLS: Final = np.array([code < 0x20 and code not in b"\t\n\r\f\b\x1b" for code in range(256)])


def _suffix(name: str) -> str:
    stem, suffix = os.path.splitext(name.lower())
    return os.path.splitext(stem)[1] if suffix in _PACKED_SUFFIXES else suffix


def _is_binary(head: bytes) -> bool:
    """More than three bytes in ten are control characters or not UTF-8; Latin-1 logs stay well below that."""
    sample = head[:8192]
    controls = int(np.count_nonzero(_CONTROLS[np.frombuffer(sample, dtype=np.uint8)]))
    codes = np.frombuffer(b"" if sample.isascii() else text_of(sample).encode("utf-32-le"), dtype=np.uint32)
    undecodable = int(np.count_nonzero(codes >= 0x10FF80))
    return 10 * (controls + undecodable) > 3 * len(sample)
