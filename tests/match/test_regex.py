"""RE2's spelling of a PCRE pattern matches what PCRE matches."""

from __future__ import annotations

import duckdb
import pytest

from bootwatch.match.pcre import compile_limited
from bootwatch.match.regex import parse

ESCAPES = [
    *(r"\s", r"\S", r"\d", r"\D", r"\w", r"\W", r"\h", r"\v", r"\N", r"\t", r"\n", r"\r", r"\f", r"\e", r"\a"),
    *(r"\-", r"\.", r"\x41", r"\cA", r"[\s]", r"[^\s]", r"[\S]", r"[\h-]", r"[\w.-]"),
]
ALPHABET = [chr(code) for code in (*range(1, 256), 0x1680, 0x2028, 0x2029, 0x3000, 0x1F600)]


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("around", ["{}", "a{}b", "({})+"])
def test_an_escape_means_the_same_characters(escape: str, around: str) -> None:
    regex = parse(around.format(escape))
    assert regex.re2 is not None
    texts = [f"a{char}b" for char in ALPHABET]
    expected = [compile_limited(regex.source).search(text) is not None for text in texts]
    rows = duckdb.execute("SELECT regexp_matches(t, ?) FROM (SELECT unnest(?) AS t)", [regex.re2, texts]).fetchall()
    assert [row[0] for row in rows] == expected
