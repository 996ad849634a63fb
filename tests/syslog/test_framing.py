"""Framing of RFC 6587: both kinds, mixed, however the network cuts the stream."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.syslog.framing import Framer

ONE = b"<189>45: r1: Mar 10 14:01:37.215: %SYS-5-CONFIG_I: Configured"
FRAMES: dict[str, tuple[bytes, list[bytes]]] = {
    "lines": (b"<13>a\n<13>b\n", [b"<13>a", b"<13>b"]),
    "lines with carriage returns": (b"<13>a\r\n<13>b\r\n", [b"<13>a", b"<13>b"]),
    "blank lines are none": (b"\n\n<13>a\n\n", [b"<13>a"]),
    "lines that end with a NUL": (b"<13>a\0<13>b\0", [b"<13>a", b"<13>b"]),
    "a NUL inside a line is text": (b"<13>a\0b\n", [b"<13>a\0b"]),
    "counted": (b"5 <13>a5 <13>b", [b"<13>a", b"<13>b"]),
    "counted, with a line feed inside": (b"7 <13>a\nb5 <13>c", [b"<13>a\nb", b"<13>c"]),
    "counted, with a line feed behind that counts": (b"6 <13>a\n6 <13>b\n", [b"<13>a", b"<13>b"]),
    "counted, with a line feed behind that does not count": (b"5 <13>a\n5 <13>b\n", [b"<13>a", b"<13>b"]),
    "a line after a counted frame, and back": (b"5 <13>a<13>b\n5 <13>c", [b"<13>a", b"<13>b", b"<13>c"]),
    "a line that begins with a number": (
        b"2026-03-10T14:01:37Z r1 x\n45: r1: y\n",
        [b"2026-03-10T14:01:37Z r1 x", b"45: r1: y"],
    ),
    "a number and a blank alone begin no counted frame": (b"12 monkeys\n", [b"12 monkeys"]),
    "a leading zero is no length": (b"05 <13>a\n", [b"05 <13>a"]),
    "eleven digits are no length": (b"12345678901 <13>a\n", [b"12345678901 <13>a"]),
    "a byte order mark stays": (b"8 <13>\xef\xbb\xbfa", [b"<13>\xef\xbb\xbfa"]),
    "a line without an end, at the end": (b"<13>a\n<13>b", [b"<13>a", b"<13>b"]),
}


def framed(pieces: list[bytes]) -> list[bytes]:
    framer = Framer()
    return [message for piece in pieces for message in framer.feed(piece)] + framer.end()


@pytest.mark.parametrize("case", FRAMES)
def test_frames(case: str) -> None:
    stream, expected = FRAMES[case]
    assert framed([stream]) == expected
    assert framed([stream[at : at + 1] for at in range(len(stream))]) == expected


def _plain(text: bytes) -> bytes:
    return b"<13>" + text.translate(None, b"\n\r\0") + b"."


@given(
    messages=st.lists(
        st.binary(min_size=1, max_size=30).map(_plain),
        min_size=1,
        max_size=8,
    ),
    counted=st.lists(st.booleans(), min_size=8, max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_how_the_stream_is_cut_changes_nothing(messages: list[bytes], counted: list[bool], cuts: list[int]) -> None:
    stream = b"".join(
        b"%d %b" % (len(message), message) if count else message + b"\n"
        for message, count in zip(messages, counted, strict=False)
    )
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert framed([stream[begin:end] for begin, end in pairwise(places)]) == messages


@given(
    texts=st.lists(
        st.sampled_from([b"<13>a", b"<13>bb", b"5 <13>x", b"12 monkeys", b"", b"<13>c\0d", b"e\r"]), max_size=8
    ),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_lines_that_stay_together_are_the_same_messages(texts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(text + b"\n" for text in texts) + b"<13>rest"
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framer, found = Framer(), []
    for begin, end in pairwise(places):
        lines = framer.lines_of(stream[begin:end])
        if lines is None:
            found += framer.feed(stream[begin:end])
        else:
            found += [line for line in lines.split(b"\n") if line]
    assert found + framer.end() == framed([stream])


def test_ten_megabytes_are_one_message() -> None:
    big = b"<13>" + b"x" * (10 << 20)
    framer = Framer()
    assert framer.feed(b"%d %b" % (len(big), big)) == [big]
    assert framer.feed(big + b"\n") == [big]


def test_what_is_too_long_is_dropped_and_counted_and_the_next_is_read() -> None:
    for stream in (b"<13>" + b"x" * 500 + b"\n<13>next\n", b"504 <13>" + b"x" * 500 + b"<13>next\n"):
        for step in (1, 7, 10_000):
            framer = Framer(largest=100)
            found = [m for at in range(0, len(stream), step) for m in framer.feed(stream[at : at + step])]
            assert found == [b"<13>next"]
            assert framer.oversized == 1


def test_a_counted_frame_that_is_cut_off_is_dropped_and_counted() -> None:
    framer = Framer()
    assert framer.feed(b"100 <13>cut") == []
    assert framer.end() == []
    assert framer.torn == 1


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    framer = Framer(largest=64)
    for at in range(0, len(data), 5):
        framer.feed(data[at : at + 5])
    framer.end()
