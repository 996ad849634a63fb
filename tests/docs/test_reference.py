"""The reference pages say what the code says."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[2] / "docs"
_GENERATOR = runpy.run_path(str(_DOCS / "generate.py"))
_PAGES: Callable[[], dict[str, str]] = _GENERATOR["pages"]
_BY_HAND: frozenset[str] = _GENERATOR["BY_HAND"]


@pytest.mark.parametrize("name", ["commands.md", "functions.md", "aggregates.md", "settings.md"])
def test_a_page_is_what_the_code_gives(name: str) -> None:
    assert (_DOCS / "reference" / name).read_text(encoding="utf-8") == _PAGES()[name], "run `make docs`"


def test_every_page_is_written_by_the_generator_or_said_to_be_by_hand() -> None:
    assert {path.name for path in (_DOCS / "reference").iterdir()} == _PAGES().keys() | _BY_HAND
