"""The bench's own reading of the page's search, held to the documented examples of Splunk's term rule."""

from pathlib import Path

import pytest

from bench import generate, rules


@pytest.mark.parametrize(
    ("raw", "substring", "term"),
    [
        ("copy tftp://1.1.1.1/a.bin", True, True),
        ("copy https://1.1.1.1/a", True, False),
        ("confreg 0x2142", True, False),
        ("boot system flash:x.bin", True, True),
        ("boot system flash bootflash:x", True, True),
        ("boot system bootflash:x", False, False),
        ("%ROMMON_CONFIG-5-X", True, True),
        ("ROMMON_CONFIGS", True, False),
        ("NO BOOT SYSTEM", True, True),
        ("archive download-swap", True, False),
        ("archive download-swap sw", True, True),
        ("INTEGRITY-FAILED", False, False),
        ("dir flash:a.bin.md5", True, True),
        ("dir flash:a.bins", True, False),
        ("dir slavebootflash:a.bin", True, False),
        ("dir flash0:a.bin", False, False),
        ("a.tgz to disk0:", True, True),
        ("flash: and nothing else", False, False),
    ],
)
def test_base_search(raw: str, substring: bool, term: bool) -> None:
    assert rules.passes_substring(raw) is substring
    assert rules.passes_terms(raw) is term


@pytest.mark.parametrize(
    ("raw", "score"),
    [
        ("copy tftp://1.1.1.1/a.bin flash:a.bin", 2),
        ("boot system flash:a.bin", 2),
        ("copy scp://1.1.1.1/a.bin flash:", 1),
        ("copy /noverify scp://h/a.bin flash:", 0),
        ("COPY TFTP://1.1.1.1/A.BIN FLASH:A.BIN", 0),
        ("SIGNATURE_FAILED", 1),
    ],
)
def test_score(raw: str, score: int) -> None:
    assert rules.score(raw) == score


def test_candidates_hold_every_line_that_passes(tmp_path: Path) -> None:
    lines = [
        line
        for block in generate.Log(generate.Spec(1_000_000, 0.01)).blocks()
        for line in block.data.decode("ascii").splitlines()
    ]
    path = tmp_path / "log"
    path.write_text("\n".join(lines))
    candidates = list(rules.candidates(path))
    assert rules.count(candidates) == rules.count(lines)
    assert 0 < len(candidates) < len(lines) / 10
