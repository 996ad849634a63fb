"""RE2's spelling of a PCRE pattern matches what PCRE matches."""

from __future__ import annotations

import duckdb
import pcre2
import pytest

from bootwatch.match.regex import parse

ESCAPES = r"\s \S \d \D \w \W \h \v \N \t \n \r \f \e \a \- \. \x41 \cA [\s] [^\s] [\S] [\h-] [\w.-]".split()
ALPHABET = [chr(code) for code in range(1, 128)]


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("around", ["{}", "a{}b", "({})+"])
def test_an_escape_means_the_same_characters(escape: str, around: str) -> None:
    regex = parse(around.format(escape))
    assert regex.re2 is not None
    texts = [f"a{char}b" for char in ALPHABET]
    expected = [pcre2.compile(regex.source).search(text) is not None for text in texts]
    rows = duckdb.execute("SELECT regexp_matches(t, ?) FROM (SELECT unnest(?) AS t)", [regex.re2, texts]).fetchall()
    assert [row[0] for row in rows] == expected
