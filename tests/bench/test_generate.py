"""The generated log is what its name says: same seed same bytes, the asked hit rate, near misses that miss, the mix."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from bench import generate, messages, rules

SIZE = 4_000_000
RATE = 0.01


@pytest.fixture(scope="module")
def log() -> generate.Log:
    return generate.Log(generate.Spec(SIZE, RATE))


@pytest.fixture(scope="module")
def blocks(log: generate.Log) -> list[generate.Block]:
    return list(log.blocks())


@pytest.fixture(scope="module")
def lines(blocks: list[generate.Block]) -> list[str]:
    return [line for block in blocks for line in block.data.decode("ascii").splitlines()]


def test_the_same_spec_gives_the_same_bytes_and_another_seed_gives_others(blocks: list[generate.Block]) -> None:
    again = b"".join(block.data for block in generate.Log(generate.Spec(SIZE, RATE)).blocks())
    other = b"".join(block.data for block in generate.Log(generate.Spec(SIZE, RATE, seed=13)).blocks())
    assert again == b"".join(block.data for block in blocks)
    assert again != other


def test_a_file_is_written_once_under_a_name_that_says_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: list[generate.Block]
) -> None:
    monkeypatch.setenv("BOOTWATCH_BENCH_DIR", str(tmp_path / "cache"))
    path = generate.ensure(generate.Spec(SIZE, RATE))
    assert path.parent == generate.directory() == tmp_path / "cache"
    assert path.name.endswith("-seed12-4000000b-rate0.01.log")
    assert path.read_bytes() == b"".join(block.data for block in blocks)
    written = path.stat().st_mtime_ns
    assert generate.ensure(generate.Spec(SIZE, RATE)) == path
    assert path.stat().st_mtime_ns == written
    assert {file.name for file in path.parent.iterdir()} == {".gitignore", path.name}


def test_the_size_is_met_within_one_per_cent(blocks: list[generate.Block]) -> None:
    assert abs(sum(len(block.data) for block in blocks) / SIZE - 1) < 0.01


@pytest.mark.parametrize("rate", [0.00001, 0.001, 0.01])
def test_the_hit_rate_is_as_asked_under_the_term_rule(rate: float) -> None:
    log = generate.Log(generate.Spec(SIZE, rate))
    lines = [line for block in log.blocks() for line in block.data.decode("ascii").splitlines()]
    substring, term = rules.count(lines)
    assert term.base == log.hits
    assert abs(term.base - rate * len(lines)) <= 1
    assert substring.base == log.hits + log.decoys


def test_some_hits_score_nothing(lines: list[str]) -> None:
    _, term = rules.count(lines)
    assert 0.05 < 1 - term.final / term.base < 0.25


def test_pools_hold_what_they_say() -> None:
    pools = messages.build(12)

    def passing(texts: tuple[bytes, ...]) -> tuple[bool, bool]:
        line = b"12345".join(texts).decode("ascii")
        return rules.passes_substring(line), rules.passes_terms(line)

    assert {passing(message.texts) for message in pools.noise} == {(False, False)}
    assert {passing(message.texts) for message in pools.near_misses} == {(False, False)}
    assert {passing(message.texts) for message in pools.hits} == {(True, True)}
    assert {passing(message.texts) for message in pools.decoys} == {(True, False)}


def test_near_misses_are_two_lines_in_a_hundred_and_hold_fragments_of_the_search(
    log: generate.Log, blocks: list[generate.Block]
) -> None:
    near = {id(message) for message in messages.build(12).near_misses}
    assert near, "a pool of near misses"
    first = len(messages.build(12).noise)
    last = first + len(near)
    entries = [int(entry) for block in blocks for entry in block.entry]
    chosen = [entry for entry in entries if first <= entry < last]
    assert abs(len(chosen) / len(entries) - 0.02) < 0.004
    texts = b" ".join(text for entry in set(chosen) for text in log.messages[entry].texts).decode("ascii")
    for fragment in ("flash:", "disk0:", ".tar", ".bin", ".img", ".tgz", "copy ", "boot", "https://", "config tftp:"):
        assert fragment in texts, fragment


def test_device_classes_keep_their_shares_and_their_lengths(
    log: generate.Log, blocks: list[generate.Block], lines: list[str]
) -> None:
    entries = [int(entry) for block in blocks for entry in block.entry]
    lengths: dict[str, list[int]] = {device: [] for device in messages.SHARES}
    hosts: dict[str, set[str]] = {device: set() for device in messages.SHARES}
    for entry, line in zip(entries, lines, strict=True):
        message = log.messages[entry]
        lengths[message.device].append(len(line))
        hosts[message.device].add(message.host)
        assert message.host in line
    for device, share in messages.SHARES.items():
        assert abs(100 * len(lengths[device]) / len(lines) - share) < 2, device
        assert 0.95 * messages.DEVICES[device] < len(hosts[device]) <= messages.DEVICES[device], device
    bounds = {
        "access": (85, 158),
        "router": (99, 196),
        "nexus": (93, 189),
        "asa": (56, 229),
        "junos": (70, 293),
        "pan": (128, 458),
    }
    for device, (shortest, longest) in bounds.items():
        assert shortest < median(lengths[device]) < longest, device


def test_stamps_never_run_backwards_and_stay_within_the_day(blocks: list[generate.Block], lines: list[str]) -> None:
    times = [int(time_ms) for block in blocks for time_ms in block.time_ms]
    start = int(generate.DAY.timestamp() * 1000)
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert start <= times[0] < times[-1] < start + 86_400_000
    assert times[-1] - times[0] > 86_000_000
    shown = [match[0] for line in lines if (match := re.search(r"\d\d:\d\d:\d\d", line))]
    assert shown == sorted(shown)
    assert len(shown) == len(lines)


def test_every_header_form_occurs(lines: list[str]) -> None:
    forms = {
        "count, host, clock": r"<\d+>\d+: [\w-]+: Mar 17 [\d:]{8}\.\d{3} UTC: %",
        "unset clock": r"<\d+>\d+: [\w-]+: \*Mar 17 [\d:]{8}\.\d{3}: %",
        "lost clock": r"<\d+>\d+: [\w-]+: \.Mar 17 [\d:]{8}\.\d{3} UTC: %",
        "relay header": r"Mar 17 [\d:]{8} [\w-]+ \d+: Mar 17 [\d:]{8}\.\d{3} UTC: %",
        "year after the day": r"Mar 17 [\d:]{8} [\w-]+ \d+: Mar 17 2026 [\d:]{8}: %",
        "year first": r"<\d+>Mar 17 [\d:]{8} n9k-[\w-]+ : 2026 Mar 17 [\d:]{8} UTC: %",
        "ASA": r"<\d+>Mar 17 2026 [\d:]{8} asa-[\w-]+ : %ASA-",
        "ASA with ISO stamp": r"Mar 17 [\d:]{8} asa-[\w-]+ :2026-03-17T[\d:]{8}Z: %ASA-",
        "Junos, year last": r"Mar 17 [\d:]{8}\.\d{3} 2026  srx-\d+ ",
        "PAN-OS CSV": r"<14>Mar 17 [\d:]{8} pa-fw-\d+ 1,2026/03/17 [\d:]{8},0118010\d{5},TRAFFIC,",
    }
    found = Counter(name for line in lines for name, form in forms.items() if re.match(form, line))
    assert set(found) == set(forms)


@pytest.mark.parametrize(("text", "size"), [("1GB", 10**9), ("10MB", 10**7), ("1.5kb", 1500), ("77", 77)])
def test_sizes(text: str, size: int) -> None:
    assert generate.parse_size(text) == size


@pytest.mark.parametrize(("text", "rate"), [("0.1%", 0.001), ("1%", 0.01), ("0.25", 0.25)])
def test_rates(text: str, rate: float) -> None:
    assert generate.parse_rate(text) == pytest.approx(rate)
