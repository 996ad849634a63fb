"""One pass says of every text what looking for each phrase says."""

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from bootwatch.match.occurrences import occurring

LETTERS = st.text(st.sampled_from("ab\u00e9\U0001f600"), max_size=6)


@given(
    st.lists(st.none() | LETTERS, max_size=8),
    st.lists(LETTERS.filter(bool), min_size=1, max_size=12, unique=True),
    st.integers(0, 3),
)
@example(["a", "b"], ["ab"], 0)
@example(["xab", "abab", None, ""], ["a", "ab", "aba", "b"], 1)
def test_masks_are_those_of_looking_one_by_one(texts: list[str | None], phrases: list[str], skip: int) -> None:
    array = pa.array(texts, pa.string()).slice(skip)
    expected = [sum(2**bit for bit, phrase in enumerate(phrases) if phrase in (text or "")) for text in texts[skip:]]
    assert occurring(array, tuple(phrases)).tolist() == expected
