"""Any bytes become text that Arrow accepts, and come back as they were."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.events.text import FIRST_ESCAPE, decode_lossless, encode_lossless, has_escapes, text_of

# Bytes near the borders of UTF-8, and a sender's own characters from the escape block.
TRICKY = st.sampled_from(
    [b"\xf4\x8f\xbf\xbf", b"\xf4\x8f\xbd\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\xe2\x84", b"\x90", "é€😀".encode()]
)
VALUES = st.lists(st.one_of(st.none(), st.binary(max_size=8), st.lists(TRICKY, max_size=3).map(b"".join)), max_size=8)


@given(VALUES)
def test_there_and_back(values: list[bytes | None]) -> None:
    texts = decode_lossless(pa.array(values, type=pa.binary()))
    texts.validate(full=True)
    assert [None if text is None else encode_lossless(text) for text in texts.to_pylist()] == values


@given(VALUES)
def test_a_value_does_not_depend_on_its_neighbours(values: list[bytes | None]) -> None:
    array = pa.array([b"\xe2", *values, b"\x80"], type=pa.binary()).slice(1, len(values))
    assert decode_lossless(array).to_pylist() == [None if value is None else text_of(value) for value in values]


@given(st.text(alphabet=st.characters(max_codepoint=FIRST_ESCAPE - 1, exclude_categories=["Cs"])))
def test_valid_text_stays(text: str) -> None:
    assert text_of(text.encode()) == text
    assert decode_lossless(pa.array([text.encode()])).to_pylist() == [text]
    assert not has_escapes(decode_lossless(pa.array([text.encode()])))


def test_a_byte_is_one_character() -> None:
    assert text_of(b"a\x80\xff\x00") == "a\U0010ff80\U0010ffff\x00"
    assert has_escapes(decode_lossless(pa.array([b"a\x80"])))
