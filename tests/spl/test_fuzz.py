"""No text makes ``check`` raise anything but the declared errors: searches rearranged, and a fuzzer that learns."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.spl.mutations import HOSTILE, mutated, pool, seeds, tokens

from bootwatch import app

TARGET = Path(__file__).with_name("fuzz_check.py")
RUNS, SECONDS, LONGEST = 4000, 60, 400
"""What the fuzzer may spend in one test; ``python tests/spl/fuzz_check.py`` runs it for as long as somebody likes."""


def verdict(text: str) -> None:
    checked = app.check(text)
    assert checked.status in ("ok", "syntax", "unsupported")
    assert (checked.status == "ok") == (not checked.message)
    if checked.error is not None and text.strip():
        assert checked.error.span is not None, f"{checked.message!r} stands nowhere in {text!r}"


@seed(4)
@settings(max_examples=400)
@given(number=st.integers(0, 2**32), steps=st.integers(1, 6))
def test_searches_rearranged_are_judged(number: int, steps: int) -> None:
    verdict(mutated(random.Random(number), steps))


@seed(4)
@settings(max_examples=200)
@given(parts=st.lists(st.sampled_from(pool()) | st.text(max_size=3), max_size=12))
def test_tokens_at_random_are_judged(parts: list[str]) -> None:
    verdict("| " + " ".join(parts))


def test_tokens_make_their_text() -> None:
    for text in (*seeds(), *HOSTILE):
        assert "".join(tokens(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        '| search""=x',
        "| makeresults count=--1",
        '| rex field=a mode=sed "s/a/b/²"',
        "| search earliest=nan latest=1e999",
        "| eval a=1 | search earliest=10",
        "distinct_count| top count",
        "| streamstats time_window=1h count",
    ],
)
def test_what_was_found_once(text: str) -> None:
    verdict(text)


def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: there is a wheel for Linux on x86_64 up to Python 3.13 only")
    folder = tmp_path / "seeds"
    folder.mkdir()
    for number, text in enumerate(seeds()):
        (folder / f"{number}.spl").write_text(text[:LONGEST])
    words = tmp_path / "words.dict"
    plain = sorted({token for token in pool() if token.isascii() and token.isidentifier()})
    words.write_text("".join(f'"{word}"\n' for word in plain))
    options = [f"-runs={RUNS}", f"-max_total_time={SECONDS}", f"-max_len={LONGEST}", "-seed=4", "-timeout=20"]
    command = [sys.executable, str(TARGET), *options, f"-dict={words}", f"-artifact_prefix={tmp_path}/", str(folder)]
    repository = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{repository / 'src'}:{repository}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    found = [path.read_bytes() for path in tmp_path.glob("crash-*")]
    assert done.returncode == 0, f"{found}\n{done.stderr[-3000:]}"
