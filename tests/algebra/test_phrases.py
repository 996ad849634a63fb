"""Searches for many phrases answer as they would phrase by phrase, negated, beyond one column of bits, over nulls."""

from __future__ import annotations

from pathlib import Path

import pytest

import bootwatch
from bootwatch import app
from bootwatch.algebra.rules import phrases

WORDS = [f"w{number}x" for number in range(120)]


@pytest.mark.parametrize("worth_it", [phrases.WORTH_IT, 10**6])
def test_one_pass_changes_no_answer(worth_it: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(phrases, "WORTH_IT", worth_it)
    log = tmp_path / "a.jsonl"
    texts = ["w7x", "W119X and w3x", "w7xy", "nothing", "w1x w60x", ""]
    log.write_text("".join(f'{{"_raw":"e{at} {text}"}}\n' for at, text in enumerate(texts)))
    every = " OR ".join(f'"{word}"' for word in WORDS)

    def rows(spl: str) -> list[str]:
        return sorted(str(row["_raw"]) for row in bootwatch.search(f"{spl} | table _raw", [log]).rows())

    assert rows(f"index=* ({every})") == ["e0 w7x", "e1 W119X and w3x", "e4 w1x w60x"]
    assert rows(f"index=* NOT ({every})") == ["e2 w7xy", "e3 nothing", "e5 "]
    assert rows(f'index=* ({every}) NOT "w60x"') == ["e0 w7x", "e1 W119X and w3x"]
    assert rows(f"index=* | eval a=1 | search {every}") == ["e0 w7x", "e1 W119X and w3x", "e4 w1x w60x"]
    shown = bootwatch.search(f"index=* ({every})", [log]).rows()
    assert not [name for row in shown for name in row if name.startswith("#")]


def test_few_phrases_are_looked_for_one_by_one() -> None:
    assert "occurring" not in app.explain('index=* ("one" OR "two")').plan
    assert "occurring" in app.explain(f"index=* ({' OR '.join(WORDS)})").plan
