"""However a file is cut, its events are the same, whether by offset or as a stream."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootwatch.ingest.blocks import Block, Cutter
from bootwatch.match.scan import Starts

BLANKS: Starts = (b" ", b"\t")

LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b" c", b"\tc", b"a", b"ab", b"abc", b"abcd", b"\r", b" "]),
        st.integers(1, 40).map(lambda n: b"x" * n),
    ),
    min_size=1,
    max_size=12,
)


def plain(data: bytes, continued: Starts, limit: int) -> tuple[bytes, int]:
    """What is left when events above the limit are taken out, and how many were: the plain way."""
    events: list[bytes] = []
    for line in _split(data):
        if continued and events and line.startswith(continued):
            events[-1] += line
        else:
            events.append(line)
    kept = [event for event in events if len(event.removesuffix(b"\n")) <= limit]
    return b"".join(kept), len(events) - len(kept)


def _split(data: bytes) -> list[bytes]:
    parts = [part + b"\n" for part in data.split(b"\n")]
    parts[-1] = parts[-1][:-1]
    return [part for part in parts if part]


def content(blocks: list[Block]) -> tuple[bytes, int]:
    return b"".join(bytes(block.data[block.begin : block.end]) for block in blocks), sum(
        block.oversized for block in blocks
    )


def by_offset(path: Path, cutter: Cutter) -> list[Block]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        buffer = bytearray()
        blocks = []
        for number in range(cutter.count(size)):
            block = cutter.at(number, descriptor, size, buffer)
            copy = bytes(block.data)
            blocks.append(Block(copy, block.begin, block.end, block.offset, block.oversized))
        return blocks
    finally:
        os.close(descriptor)


class Dribble:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        self._inner = io.BytesIO(data)
        self._most = most

    def read(self, limit: int) -> bytes:
        return self._inner.read(min(limit, self._most))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    closed=st.booleans(),
    continued=st.sampled_from([(), BLANKS, (*BLANKS, b"abc")]),
    size=st.integers(1, 20),
    limit=st.sampled_from([20, 25, 1000]),
    most=st.integers(1, 30),
)
def test_cutting_changes_nothing(
    tmp_path: Path, lines: list[bytes], closed: bool, continued: Starts, size: int, limit: int, most: int
) -> None:
    data = b"\n".join(lines) + (b"\n" if closed else b"")
    path = tmp_path / "log"
    path.write_bytes(data)
    cutter = Cutter(continued=continued, block_bytes=size, max_event_bytes=limit)
    wanted = plain(data, continued, limit)
    offset_blocks = by_offset(path, cutter)
    assert content(offset_blocks) == wanted
    streamed = list(cutter.of(Dribble(data, most)))
    assert content(streamed) == wanted
    for block in offset_blocks + streamed:
        assert data[block.offset + block.begin : block.offset + block.end] == block.data[block.begin : block.end]


@pytest.mark.parametrize("continued", [(), BLANKS])
def test_a_line_longer_than_its_block_and_the_tail_that_is_read_with_it(tmp_path: Path, continued: Starts) -> None:
    data = b"first\n" + b"y" * 300_000 + b"\nlast\n"
    path = tmp_path / "log"
    path.write_bytes(data)
    cutter = Cutter(continued=continued, block_bytes=1024)
    assert content(by_offset(path, cutter)) == (data, 0)
    assert content(list(cutter.of(io.BytesIO(data)))) == (data, 0)


def test_a_file_that_became_shorter_ends_earlier(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthr")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        block = Cutter(BLANKS, block_bytes=1 << 16).at(0, descriptor, 4000, bytearray())
        assert bytes(block.data[block.begin : block.end]) == b"one\ntwo\nthr"
    finally:
        os.close(descriptor)
