"""What YAML must not do to whoever reads it: end the process, make objects, grow without end, speak without a line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bootwatch.documents import text
from bootwatch.errors import ContentError

READERS: list[Callable[[str, str], object]] = [text.node, text.values]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[" * 200_000 + "]" * 200_000, "x:1: not YAML that can be read: nested too deeply"),
        ("- " * 100_000 + "a", "x:1: not YAML that can be read: nested too deeply"),
        ("{a: " * 100_000 + "}" * 100_000, "x:1: not YAML that can be read: nested too deeply"),
        ("? " * 100_000, "x:1: not YAML that can be read: nested too deeply"),
        ("a: &x [1]\nb: *x\n", "x:2: aliases are not read; write it out"),
        ("&x [*x]", "x:1: aliases are not read; write it out"),
        ("a: 1\nb: \0", "x:2: not YAML: character U+0000 is not allowed"),
    ],
)
def test_what_is_refused(read: Callable[[str, str], object], written: str, said: str) -> None:
    with pytest.raises(ContentError) as caught:
        read(written, "x")
    assert str(caught.value) == said


def test_a_tag_makes_no_object() -> None:
    with pytest.raises(ContentError, match="could not determine a constructor"):
        text.values("a: !!python/object/apply:os.getcwd []", "x")


def test_what_is_read() -> None:
    assert text.values("a: 1\n---\n[b, 2026-03-01x]\n", "x") == [{"a": 1}, ["b", "2026-03-01x"]]
    assert text.values("", "x") == []
    assert text.node("", "x") is None
