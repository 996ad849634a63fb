"""The scanner is a superset filter: what a plain check keeps, it keeps, wherever lines and literals lie."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.events.source import Prefilter
from bootwatch.match.scan import PACKED_LITERALS, Extents, Scanner, Starts, event_extents, gather

BLANKS: Starts = (b" ", b"\t")
CONTINUED = st.sampled_from([(), BLANKS, (*BLANKS, b"ab", b"aBk")])
Clauses = tuple[tuple[str, ...], ...]

LITERALS = st.text(alphabet="abk:.", min_size=1, max_size=4)
LINES = st.one_of(
    st.text(alphabet="aAbBkK:. \t", max_size=12).map(str.encode),
    st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"?")),
    st.sampled_from([b"", b"\r", b"ab\r", b" cont ab", b"\tk:", "\u212a: \u0130".encode()]),
)
CLAUSES = st.lists(st.lists(LITERALS, min_size=1, max_size=4).map(tuple), min_size=0, max_size=3).map(tuple)


def folded(raw: bytes) -> str:
    """How the exact rules fold: Unicode lower case, character by character."""
    return raw.decode("utf-8", "surrogateescape").lower()


def survives(raw: bytes, clauses: Clauses) -> bool:
    return all(any(literal in folded(raw) for literal in clause) for clause in clauses)


def split(block: bytes, continued: Starts) -> list[bytes]:
    """The events of a block, the plain way."""
    events: list[bytes] = []
    lines = block.split(b"\n")
    if lines[-1] == b"" and len(lines) > 1:
        lines.pop()
    for line in lines:
        if continued and events and line.startswith(continued):
            events[-1] += b"\n" + line
        else:
            events.append(line)
    return events


def pieces(block: bytes, found: Extents) -> list[bytes]:
    return [block[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]


def is_within(wanted: list[bytes], found: list[bytes]) -> bool:
    rest = iter(found)
    return all(any(want == have for have in rest) for want in wanted)


@given(lines=st.lists(LINES, min_size=1, max_size=12), clauses=CLAUSES, continued=CONTINUED, closed=st.booleans())
def test_no_event_is_lost(lines: list[bytes], clauses: Clauses, continued: Starts, closed: bool) -> None:
    block = b"\n".join(lines) + (b"\n" if closed else b"")
    every = split(block, continued) if block else []
    found = pieces(block, Scanner(Prefilter(clauses)).events(block, 0, len(block), continued))
    assert is_within([event for event in every if survives(event, clauses)], found)
    assert is_within(found, every)


@given(
    lines=st.lists(LINES, min_size=1, max_size=12),
    clauses=CLAUSES,
    continued=CONTINUED,
    before=st.sampled_from([b"", b"ab\n", b"abk:.\n"]),
    after=st.sampled_from([b"", b"ab\n"]),
)
def test_a_part_of_a_block(
    lines: list[bytes], clauses: Clauses, continued: Starts, before: bytes, after: bytes
) -> None:
    inside = b"\n".join(lines) + b"\n"
    block = bytearray(before + inside + after)
    scanner = Scanner(Prefilter(clauses))
    alone = scanner.events(inside, 0, len(inside), continued)
    within = scanner.events(block, len(before), len(before) + len(inside), continued)
    assert pieces(inside, alone) == pieces(bytes(block), within)


@given(
    values=st.lists(st.one_of(st.none(), st.text(alphabet="abk\u212a\u0130é", max_size=6)), max_size=12),
    clauses=CLAUSES,
)
def test_no_row_is_lost(values: list[str | None], clauses: Clauses) -> None:
    scanner = Scanner(Prefilter(clauses))
    wanted = [
        row for row, text in enumerate(values) if (text is not None and survives(text.encode(), clauses)) or not clauses
    ]
    texts = pa.array(values, type=pa.string())
    found = scanner.rows(texts).tolist()
    assert set(wanted) <= set(found)
    assert found == sorted(set(found))
    padded = pa.array(["abk:.", *values, "abk:."], type=pa.string()).slice(1, len(values))
    assert set(wanted) <= set(scanner.rows(padded).tolist())
    assert set(wanted) <= set(scanner.rows(texts.cast(pa.large_string())).tolist())


@given(
    text=st.text(alphabet="ab", min_size=1, max_size=30),
    literals=st.sets(st.text(alphabet="ab", min_size=2, max_size=7)),
)
def test_many_literals_agree_with_few(text: str, literals: set[str]) -> None:
    """Hyperscan takes over past the packed searcher's limit; a line's fate is the same."""
    few = tuple(sorted(literals)) or ("ab",)
    many = few + tuple(f"zz{n:03d}" for n in range(PACKED_LITERALS))
    block = (text[: len(text) // 2] + "\n" + text[len(text) // 2 :] + "\n").encode()
    one = Scanner(Prefilter((few,))).events(block, 0, len(block))
    other = Scanner(Prefilter((many,))).events(block, 0, len(block))
    assert pieces(block, one) == pieces(block, other)


def test_sparse_and_dense_blocks_agree() -> None:
    lines = [b"nothing here", b" flash: continued", b"", b"copy TFTP x\r", b"noise flash:", b"copy tftp flash:"]
    scanner = Scanner(Prefilter((("copy tftp", "boot system"), ("flash:",))))
    few = b"\n".join(lines) + b"\n"
    many = few * 2000
    once = pieces(few, scanner.events(few, 0, len(few), BLANKS))
    assert once == [b"copy tftp flash:"]
    assert pieces(many, scanner.events(many, 0, len(many), BLANKS)) == once * 2000


def test_every_clause_is_applied_to_the_whole_event() -> None:
    block = b"start copy tftp\n  to flash:x\nother copy tftp\n"
    scanner = Scanner(Prefilter((("copy tftp",), ("flash:",))))
    assert pieces(block, scanner.events(block, 0, len(block), BLANKS)) == [b"start copy tftp\n  to flash:x"]
    assert pieces(block, scanner.events(block, 0, len(block))) == []


@pytest.mark.parametrize("literal", ["two\nlines", "caf\u00e9", "cr\r", ""])
def test_a_literal_that_bytes_cannot_decide_lets_everything_through(literal: str) -> None:
    block = b"one\nneedle\n"
    scanner = Scanner(Prefilter(((literal,),)))
    assert not scanner
    assert pieces(block, scanner.events(block, 0, len(block))) == [b"one", b"needle"]
    mixed = Scanner(Prefilter(((literal,), ("needle",))))
    assert pieces(block, mixed.events(block, 0, len(block))) == [b"needle"]


def test_rows_lie_side_by_side_and_a_match_may_hide_the_next_rows() -> None:
    """``bc`` across the border is reported first and hides ``cd`` at the start of the second row."""
    scanner = Scanner(Prefilter((("bc", "cd"),)))
    assert scanner.rows(pa.array(["xb", "cd", "x"])).tolist() == [0, 1]


def test_a_literal_that_holds_another_is_not_looked_for_itself() -> None:
    scanner = Scanner(Prefilter((("bootflash:", "flash:"),)))
    assert scanner.rows(pa.array(["bootflash:", "flash:", "bootflash"])).tolist() == [0, 1]


def test_event_extents_of_an_open_last_line_and_of_nothing_but_line_ends() -> None:
    assert pieces(b"a\nb", event_extents(b"a\nb", 0, 3, BLANKS)) == [b"a", b"b"]
    assert pieces(b"\n\n", event_extents(b"\n\n", 0, 2, BLANKS)) == [b"", b""]


def test_gathering_copies_ranges() -> None:
    starts, ends = np.array([1, 4]), np.array([3, 4])
    assert gather(b"abcdef", starts, ends).to_pylist() == [b"bc", b""]
    assert gather(b"abcdef", starts[:0], ends[:0]).to_pylist() == []
