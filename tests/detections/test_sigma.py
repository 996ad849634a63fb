"""Sigma files: which events a rule names, where a correlation is complete, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch.detections.attack import Attack
from bootwatch.detections.pack import shipped
from bootwatch.detections.sigma import SigmaFile, read_sigma
from bootwatch.detections.sigma_match import SigmaEvent, matches
from bootwatch.errors import ContentError

ATTACK = Attack.read(shipped() / "attack.json")
HEAD = """\
title: A rule
id: 11111111-2222-4333-8444-555555555555
tags: [attack.defense-impairment, attack.t1601.001]
logsource: {category: network}
level: high
detection:
"""


def read(tmp_path: Path, text: str) -> SigmaFile:
    file = tmp_path / "sigma.yml"
    file.write_text(text, encoding="utf-8")
    return read_sigma(file, ATTACK)


def event(time: float = 0, raw: str = "", **fields: str | list[str]) -> SigmaEvent:
    return SigmaEvent(time, raw, fields)


COPY = event(raw="User 'x' executed 'copy tftp: Flash:'", command="copy tftp: Flash:", user="x", priv="15")
RULES: dict[str, tuple[str, bool]] = {  # detection, whether it names COPY
    "a value without case": ("a: {command: 'COPY TFTP: flash:'}\n  condition: a", True),
    "a value is the whole field": ("a: {command: 'copy'}\n  condition: a", False),
    "wildcards": ("a: {command: 'copy ????: *'}\n  condition: a", True),
    "a wildcard without its meaning": (r"a: {command: 'copy tftp\: fl\*'}" + "\n  condition: a", False),
    "contains": ("a: {command|contains: 'TFTP'}\n  condition: a", True),
    "startswith and endswith": ("a: {command|startswith: copy, command|endswith: 'flash:'}\n  condition: a", True),
    "one of several values": ("a: {command|contains: [scp, tftp]}\n  condition: a", True),
    "all of several values": ("a: {command|contains|all: [scp, tftp]}\n  condition: a", False),
    "an expression keeps its case": ("a: {command|re: 'flash:$'}\n  condition: a", False),
    "an expression without case": ("a: {command|re|i: 'flash:$'}\n  condition: a", True),
    "a field that is there": ("a: {command|exists: true, nothing|exists: false}\n  condition: a", True),
    "a number": ("a: {priv|gte: 15}\n  condition: a", True),
    "a number that is too small": ("a: {priv|gt: 15}\n  condition: a", False),
    "keywords look at the message": ("a: [scp, 'executed ''copy']\n  condition: a", True),
    "maps in a list are alternatives": ("a: [{user: y}, {user: x, priv: 15}]\n  condition: a", True),
    "not": ("a: {user: x}\n  b: {priv: 15}\n  condition: a and not b", False),
    "or binds weaker than and": ("a: {user: y}\n  b: {user: y}\n  c: {user: x}\n  condition: a and b or c", True),
    "parentheses": ("a: {user: y}\n  b: {user: x}\n  c: {user: x}\n  condition: a and (b or c)", False),
    "1 of": ("s_1: {user: y}\n  s_2: {user: x}\n  condition: 1 of s_*", True),
    "all of them": ("s_1: {user: y}\n  s_2: {user: x}\n  condition: all of them", False),
}


@pytest.mark.parametrize("case", RULES)
def test_rules(case: str, tmp_path: Path) -> None:
    detection, wanted = RULES[case]
    assert bool(matches(read(tmp_path, f"{HEAD}  {detection}\n"), [COPY])) is wanted


def test_a_field_of_several_values_matches_by_one(tmp_path: Path) -> None:
    file = read(tmp_path, f"{HEAD}  a: {{indicator: IOS-A1}}\n  condition: a\n")
    assert matches(file, [event(indicator=["IOS-B1", "IOS-A1"])])
    assert not matches(file, [event(indicator=["IOS-B1"])])


CHAIN = """\
title: Copied
id: 11111111-2222-4333-8444-000000000001
name: copied
logsource: {category: network}
detection: {a: {command|startswith: copy}, condition: a}
---
title: Reloaded
id: 11111111-2222-4333-8444-000000000002
name: reloaded
logsource: {category: network}
detection: {a: {command|startswith: reload}, condition: a}
---
title: Copied, then reloaded
id: 11111111-2222-4333-8444-000000000003
correlation:
  type: @type@
  rules: [copied, reloaded]
  group-by: [host]
  timespan: 1h
tags: [attack.t1601.001]
level: high
"""


def acts(*acts: tuple[float, str, str]) -> list[SigmaEvent]:
    return [event(time, command=command, host=host) for time, host, command in acts]


CORRELATIONS: dict[str, tuple[str, list[SigmaEvent], int]] = {
    "in order": ("temporal_ordered", acts((0, "r1", "copy a b"), (60, "r1", "reload")), 1),
    "in the wrong order": ("temporal_ordered", acts((60, "r1", "copy a b"), (0, "r1", "reload")), 0),
    "in any order": ("temporal", acts((60, "r1", "copy a b"), (0, "r1", "reload")), 1),
    "on two hosts": ("temporal_ordered", acts((0, "r1", "copy a b"), (60, "r2", "reload")), 0),
    "too far apart": ("temporal_ordered", acts((0, "r1", "copy a b"), (3601, "r1", "reload")), 0),
    "half of it": ("temporal", acts((0, "r1", "copy a b"), (1, "r1", "copy c d")), 0),
    "without the field it is grouped by": ("temporal", [event(0, command="copy a b"), event(1, command="reload")], 0),
}


@pytest.mark.parametrize("case", CORRELATIONS)
def test_correlations(case: str, tmp_path: Path) -> None:
    kind, events, times = CORRELATIONS[case]
    assert len(matches(read(tmp_path, CHAIN.replace("@type@", kind)), events)) == times


def test_counts(tmp_path: Path) -> None:
    head, _, _ = CHAIN.partition("---")
    counted = head + (
        "---\ntitle: Twice\nid: 11111111-2222-4333-8444-000000000004\ncorrelation:\n  type: value_count\n"
        "  rules: [copied]\n  group-by: [user]\n  timespan: 1h\n  condition: {field: host, gte: 2}\n"
        "tags: [attack.t1601.001]\nlevel: low\n"
    )
    file = read(tmp_path, counted)
    seen = [event(n, command="copy a b", user="x", host=host) for n, host in enumerate(["r1", "r1", "r2"])]
    assert [found.time for found in matches(file, seen)] == [2]


WRONG: dict[str, tuple[str, str, str]] = {  # old text, new text (``@@`` on the line that is refused), message
    "a name that begins as a word of a condition": (
        "a: {user: x}\n  condition: a",
        "not_a: {user: x}@@\n  condition: not_a",
        "'not_a' is no name; accepted: letters, digits and '_', not beginning as a word of a condition does",
    ),
    "a modifier that is not read": (
        "a: {user: x}",
        "a: {user|cidr: x@@}",
        "modifier 'cidr' is not read; accepted: contains, startswith, endswith, re, i, all, exists, gt, gte, lt, lte",
    ),
    "a name the condition does not know": (
        "condition: a",
        "condition: b@@",
        "'condition' names 'b'; accepted: a, and, or, not, 1 of, all of",
    ),
    "a search identifier nobody uses": (
        "condition: a",
        "b: {user: y}\n  condition: a@@",
        "'condition' does not use the search identifier 'b'",
    ),
    "an open parenthesis": ("condition: a", "condition: (a@@", "'condition' misses a ')'"),
    "words behind the condition": ("condition: a", "condition: a a@@", "'condition' did not expect 'a'"),
    "a condition that ends too early": ("condition: a", "condition: a and@@", "'condition' ends too early"),
    "a former tactic": (
        "attack.defense-impairment",
        "attack.defense-evasion@@",
        "'attack.defense-evasion' is of an earlier version; in ATT&CK v19 it is attack.stealth or attack.@",
    ),
    "a revoked technique": (
        "attack.t1601.001",
        "attack.t1562.001@@",
        "'attack.t1562.001' is of an earlier version; in ATT&CK v19 it is attack.t1685",
    ),
    "no technique": (
        ", attack.t1601.001]",
        "]@@",
        "the outermost rule needs a technique among its tags, such as attack.t1601.001",
    ),
    "an id that is no UUID": (
        "id: 11111111-2222-4333-8444-555555555555",
        "id: 7f@@",
        "'id' is '7f'; accepted: a UUID",
    ),
    "a log source without a name": (
        "{category: network}",
        "{definition: any}@@",
        "'logsource' needs 'category', 'product' or 'service'",
    ),
    "a level that does not exist": (
        "level: high",
        "level: severe@@",
        "'level' is 'severe'; accepted: informational, low, medium, high, critical",
    ),
    "an unknown key": ("level: high", "level: high\nlevle: low@@", "unknown key 'levle'; did you mean level?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_refused(case: str, tmp_path: Path) -> None:
    old, new, expected = WRONG[case]
    expected = expected.replace("attack.@", "attack.defense-impairment")
    text = f"{HEAD}  a: {{user: x}}\n  condition: a\n"
    assert old in text
    before, _, after = text.replace(old, new, 1).partition("@@")
    with pytest.raises(ContentError) as caught:
        read(tmp_path, before + after)
    assert str(caught.value) == f"{tmp_path}/sigma.yml:{before.count(chr(10)) + 1}: {expected}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[copied, reloaded]", "[copied, rebooted]", "no rule 'rebooted' above"),
        ("timespan: 1h", "timespan: 90", "'timespan' should be text"),
        ("timespan: 1h", "timespan: 1w", "'timespan' is '1w'; accepted: a whole number of s, m, h or d, such as 24h"),
        ("name: reloaded", "name: reloaded\nrelated: [{id: x, type: similar}]", "'id' is 'x'; accepted: a UUID"),
        ("000000000002", "000000000001", "'11111111-2222-4333-8444-000000000001' stands on line 1 too"),
        ("rules: [copied, reloaded]", "rules: [copied]", "nothing refers to the rule 'Reloaded'"),
        ("level: high", "status: test", "the outermost rule needs a 'level'"),
    ],
)
def test_a_wrong_correlation_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = CHAIN.replace("@type@", "temporal")
    assert old in text
    with pytest.raises(ContentError) as caught:
        read(tmp_path, text.replace(old, new, 1))
    assert message in str(caught.value)
