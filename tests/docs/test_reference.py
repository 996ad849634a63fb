"""The reference pages say what the code says."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES: Callable[[], dict[str, str]] = runpy.run_path(str(_DOCS / "generate.py"))["pages"]


@pytest.mark.parametrize("name", ["commands.md", "functions.md", "aggregates.md"])
def test_a_page_is_what_the_code_gives(name: str) -> None:
    assert (_DOCS / "reference" / name).read_text(encoding="utf-8") == _PAGES()[name], "run `make docs`"


def test_there_is_no_page_nothing_writes() -> None:
    assert {path.name for path in (_DOCS / "reference").iterdir()} == set(_PAGES())
