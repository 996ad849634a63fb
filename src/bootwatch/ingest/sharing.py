"""Files dealt out to several readers: neighbours together, large text logs in spans that no record crosses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bootwatch.errors import InputError
from bootwatch.ingest.blocks import BLOCK_BYTES
from bootwatch.ingest.inputs import Input
from bootwatch.ingest.live import PART_MARKS
from bootwatch.ingest.sniff import Kind

SPAN: Final = 4 * BLOCK_BYTES
"""Spans begin at multiples of the largest block."""

_SIGHT: Final = 4 << 20
"""So far to both sides of a border no message may be part of a record: its other parts come within 4096 messages."""


@dataclass(frozen=True, slots=True)
class Some:
    """Whole files; or one of which ``span`` says between which bytes events begin."""

    paths: tuple[str, ...]
    span: tuple[int, int] | None = None


def shared(paths: Sequence[str], count: int, *, whole: bool) -> list[Some]:
    """About ``count`` shares, one at least, in the order of the paths. ``whole``: no file is cut."""
    sizes = [max(_bytes_of(path), 1) for path in paths]
    most = -(-sum(sizes) // max(count, 1))
    found: list[Some] = []
    waiting: list[str] = []
    size = 0
    for path, more in zip(paths, sizes, strict=True):
        if waiting and size + more > most:
            found.append(Some(tuple(waiting)))
            waiting, size = [], 0
        if more > max(most, SPAN) + SPAN and not whole and _can_be_cut(path):
            found += [Some((path,), span) for span in _spans(path, more, most)]
            continue
        waiting.append(path)
        size += more
    if waiting or not found:
        found.append(Some(tuple(waiting)))
    return found


def _spans(path: str, size: int, most: int) -> Iterator[tuple[int, int]]:
    """Spans of about ``most`` bytes that together are the file."""
    step = -(-most // SPAN) * SPAN
    begin = 0
    with open(path, "rb", buffering=0) as file:
        for border in range(step, size, step):
            if not _in_parts(os.pread(file.fileno(), 2 * _SIGHT, border - _SIGHT)):
                yield begin, border
                begin = border
    yield begin, size


def _in_parts(data: bytes) -> bool:
    return any(mark in data for mark in PART_MARKS)


def _can_be_cut(path: str) -> bool:
    """Whether a file is a text log that can be read from any byte on."""
    try:
        with Input(path).open() as content:
            return content.kind is Kind.TEXT and content.descriptor is not None
    except InputError:
        return False


def _bytes_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
