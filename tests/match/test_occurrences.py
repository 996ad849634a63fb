"""One pass says of every text what looking for each phrase, and matching each term's pattern, says."""

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st

from bootwatch.match.occurrences import Question, occurring
from bootwatch.match.segments import BREAKERS, bounded

LETTERS = st.text(st.sampled_from("ab\u00e9\U0001f600"), max_size=6)
PIECES = st.lists(
    st.sampled_from(["a", "ab", "20", "b", "2", "%", "%20", "%2526", "%2B", "%2b", "26", "-", " ", ".", "\u00e9", "--"])
    | st.sampled_from(sorted(BREAKERS)),
    max_size=8,
).map("".join)
TERMS = st.sampled_from(["a", "ab", "b", "20", "20b", "2526", "2", "0b", "\u00e9", "a\u00e9", "2b", "26a"])


@given(
    st.lists(st.none() | LETTERS, max_size=8),
    st.lists(LETTERS.filter(bool), min_size=1, max_size=12, unique=True),
    st.integers(0, 3),
)
@example(["a", "b"], ["ab"], 0)
@example(["xab", "abab", None, ""], ["a", "ab", "aba", "b"], 1)
def test_phrases_are_those_of_looking_one_by_one(texts: list[str | None], phrases: list[str], skip: int) -> None:
    array = pa.array(texts, pa.string()).slice(skip)
    expected = [sum(2**bit for bit, phrase in enumerate(phrases) if phrase in (text or "")) for text in texts[skip:]]
    assert occurring(array, tuple(map(Question, phrases))).tolist() == expected


@given(st.lists(PIECES, min_size=1, max_size=10), st.lists(TERMS, min_size=1, max_size=8, unique=True))
@example(["%20b", "%2520b", "%2B20b", "a%2526", "x%2b"], ["20b", "b", "2526", "20"])
def test_whole_terms_are_those_their_patterns_find(texts: list[str], terms: list[str]) -> None:
    array = pa.array(texts, pa.string())
    expected = [0] * len(texts)
    for bit, term in enumerate(terms):
        pattern = bounded(term).re2
        assert pattern is not None
        for row, held in enumerate(pc.match_substring_regex(array, pattern).to_pylist()):
            expected[row] |= held << bit
    questions = tuple(Question(term, whole=True) for term in terms)
    assert occurring(array, questions).tolist() == expected


def test_a_phrase_and_a_term_of_one_text_are_two_questions() -> None:
    array = pa.array(["xab", "ab x", "none"])
    assert occurring(array, (Question("ab"), Question("ab", whole=True))).tolist() == [1, 3, 0]
