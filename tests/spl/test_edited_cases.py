"""Case texts with something wrong in them: reading and planning them raises nothing but the declared errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spl.cases import SPL, Case, given_rows, load

from bootwatch.errors import Error
from bootwatch.spl.command import GeneratingCommand
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse, plan_commands

CASES: Final[list[Case]] = [case for path in sorted((SPL / "commands").glob("*.cases.yaml")) for case in load(path)]
PIECES: Final = (
    *"\"'[](){}=,|*\\`#%\x00",
    *("<<FIELD>>", " BY ", " AS ", " where ", " IN ", "1e400", "-1", "9" * 20, "span=1d", "limit=0", "_time", "eval("),
    *('"("', '")"', "=t", "=f", "é", "a b"),
)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Case, str]:
    """A case and its text after a few pieces were put in, taken out or repeated."""
    case = draw(st.sampled_from(CASES))
    text = case.spl if case.spl.lstrip().startswith("|") else f"| {case.spl}"
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        else:
            stop = min(len(text), at + draw(st.integers(1, 8)))
            text = text[:at] + text[stop:] if kind == 1 else text[:stop] + text[at:]
    return case, text


@settings(max_examples=1500, deadline=None)
@given(edited())
def test_a_search_with_something_wrong_is_planned_or_refused(found: tuple[Case, str]) -> None:
    case, text = found
    said = "planned"
    try:
        parsed = parse(text)
        if not isinstance(parsed.commands[0], GeneratingCommand):
            plan_commands(parsed.commands, given_rows(case.given), replace(Context(), text=parsed.text))
    except Error as exc:
        said = str(exc)
    assert said
