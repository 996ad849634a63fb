"""Patterns that mark and name things in one text."""

from __future__ import annotations

import time

import pytest

from bootwatch.match.pattern import Pattern
from bootwatch.match.regex import RegexError


@pytest.mark.parametrize(
    ("pattern", "text", "marked", "named"),
    [
        ("b(an)", "banban", ["ban", "ban"], ["an", "an"]),
        ("ü(.)", "aüb üc", ["üb", "üc"], ["b", "c"]),
        ("Username: ([^ ]+)", "username: x", [], []),
        ("x(y)?", "x xy", ["x", "xy"], ["y"]),
        ("x*", "axxb", ["xx"], []),
        ("(?<=User:)(\\w+)", "User:admin", ["admin"], ["admin"]),
        ("a.b", "a\nb", [], []),
        ("(.)", "\ue0ff", ["\ue0ff"], ["\ue0ff"]),
    ],
)
def test_marks_and_names(pattern: str, text: str, marked: list[str], named: list[str]) -> None:
    compiled = Pattern.of(pattern)
    assert [text[start:end] for start, end in compiled.spans(text)] == marked
    if compiled.groups:
        assert list(compiled.captures(text)) == named


def test_a_pattern_that_would_run_for_ever_is_cut_short() -> None:
    started = time.perf_counter()
    assert Pattern.of("(a+)+$").spans("a" * 60 + "b") == ()
    assert time.perf_counter() - started < 5


def test_a_wrong_pattern_is_refused() -> None:
    with pytest.raises(RegexError, match="missing closing parenthesis"):
        Pattern.of("a(")
