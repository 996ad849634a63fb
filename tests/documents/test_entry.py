"""Reading YAML strictly: what is refused, on which line, and what would have been accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bootwatch.detections.severity import Severity
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

Read = Callable[[Entry], object]


def severity(entry: Entry) -> object:
    return entry.choice("severity", Severity)


def only_name(entry: Entry) -> object:
    name = entry.text("name")
    entry.done()
    return name


def name_and_playbook(entry: Entry) -> object:
    entry.has("playbook")
    return only_name(entry)


WRONG: dict[str, tuple[str, Read, str]] = {
    "a misspelt key that is needed": (
        "a: x\nsevertiy: high\n",
        severity,
        "2: unknown key 'severtiy'; did you mean severity?",
    ),
    "a key that is missing": (
        "a: x\n",
        severity,
        "1: missing key 'severity' (one of info, low, medium, high, critical)",
    ),
    "a choice with a typo": (
        "\nseverity: hihg\n",
        severity,
        "2: 'severity' is 'hihg'; accepted: info, low, medium, high, critical; did you mean high?",
    ),
    "a choice in the wrong case": (
        "severity: High\n",
        severity,
        "1: 'severity' is 'High'; accepted: info, low, medium, high, critical; did you mean high?",
    ),
    "a choice that is a list": (
        "severity: [high]\n",
        severity,
        "1: 'severity' should be one of info, low, medium, high, critical, found a list",
    ),
    "text that YAML takes for a boolean": (
        "name: yes\n",
        lambda e: e.text("name"),
        "1: 'name' should be text, found true or false (yes); quote it",
    ),
    "text that YAML takes for a number": (
        "name: 12\n",
        lambda e: e.text("name"),
        "1: 'name' should be text, found a whole number (12); quote it",
    ),
    "no text": ("name:\n", lambda e: e.text("name"), "1: 'name' should be text, found nothing"),
    "blank text": ("name: ' '\n", lambda e: e.text("name"), "1: 'name' should be text, found only blanks"),
    "text that is a mapping": (
        "name:\n  a: b\n",
        lambda e: e.text("name"),
        "2: 'name' should be text, found keys and values",
    ),
    "a number that is text": (
        "n: 'x'\n",
        lambda e: e.integer("n", 1, 9),
        "1: 'n' should be a whole number from 1 to 9, found the text 'x'",
    ),
    "a number out of range": (
        "n: 10\n",
        lambda e: e.integer("n", 1, 9),
        "1: 'n' is 10; accepted: a whole number from 1 to 9",
    ),
    "a number in another base": (
        "n: 0x9\n",
        lambda e: e.integer("n", 1, 9),
        "1: 'n' is 0x9; accepted: a whole number from 1 to 9",
    ),
    "a day that does not exist": (
        "d: 2026-02-30\n",
        lambda e: e.date("d"),
        "1: 'd' is '2026-02-30'; accepted: a date such as 2026-03-31",
    ),
    "a list that is text": (
        "l: x\n",
        lambda e: e.texts("l"),
        "1: 'l' should be a list of texts, found the text 'x'",
    ),
    "an empty list": ("l: []\n", lambda e: e.texts("l"), "1: 'l' should be a list of texts, found an empty list"),
    "a list with a number in it": (
        "l:\n  - a\n  - 2\n",
        lambda e: e.texts("l"),
        "3: 'l' should be text, found a whole number (2); quote it",
    ),
    "a list of texts where mappings belong": (
        "l: [a]\n",
        lambda e: e.entries("l"),
        "1: 'l' should be a list whose items are keys and values, found the text 'a'",
    ),
    "a mapping that is text": (
        "m: x\n",
        lambda e: e.entry("m"),
        "1: 'm' should be keys and values, found the text 'x'",
    ),
    "an object smuggled in by a tag": (
        "name: !!python/object/apply:os.system ['true']\n",
        lambda e: e.text("name"),
        "1: 'name' should be text, found a value tagged tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "a key nobody knows": (
        "name: x\ncolour: red\n",
        only_name,
        "2: unknown key 'colour'; accepted: name",
    ),
    "a misspelt key that may be absent": (
        "name: x\nplayboko: y\n",
        name_and_playbook,
        "2: unknown key 'playboko'; did you mean playbook?",
    ),
    "a key that stands twice": ("name: x\nname: y\n", lambda e: e, "2: key 'name' stands twice (first on line 1)"),
    "a key that is a list": ("? [a]\n: x\n", lambda e: e, "1: a key should be text, found a list"),
    "nothing": ("", lambda e: e, "1: should hold keys and values, found nothing"),
    "a list": ("- a\n", lambda e: e, "1: should hold keys and values, found a list"),
    "a bracket left open": ("a: x\nb: [1\n", lambda e: e, "3: not YAML: did not find expected ',' or ']'"),
    "two documents": ("a: x\n---\nb: y\n", lambda e: e, "2: holds several documents"),
    "a control character": ("a: x\nb: \x07\n", lambda e: e, "2: not YAML: character U+0007 is not allowed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str) -> None:
    text, read, expected = WRONG[case]
    with pytest.raises(ContentError) as caught:
        read(Entry.parse(text, "detection.yaml"))
    assert str(caught.value) == f"detection.yaml:{expected}"


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ContentError, match=r"^x:1: not YAML that can be read: nested too deeply$"):
        Entry.parse("a: " + "[" * 5_000, "x")


def test_what_is_read() -> None:
    entry = Entry.parse(
        "name: A\ntext: |\n  one\n  two\nn: 3\nseverity: high\nday: 2026-03-10\nl: [a, 'b c']\n"
        "one: x\nm:\n  k: v\nms:\n- k: w\n",
        "x",
    )
    assert entry.text("text") == "one\ntwo"
    assert entry.integer("n", 1, 5) == 3
    assert entry.choice("severity", Severity) is Severity.HIGH
    assert entry.date("day") == date(2026, 3, 10)
    assert entry.texts("l") == ("a", "b c")
    assert entry.texts("one", one=True) == ("x",)
    assert entry.entry("m").text("k") == "v"
    assert [item.text("k") for item in entry.entries("ms")] == ["w"]
    assert entry.optional_text("absent") is None
    assert entry.optional_texts("absent") == ()
    assert entry.line_of("severity") == 6
    with pytest.raises(ContentError, match="unknown key 'name'"):
        entry.done()


def test_score_bands() -> None:
    bands = {
        0: "info",
        20: "info",
        21: "low",
        40: "low",
        41: "medium",
        60: "medium",
        61: "high",
        80: "high",
        81: "critical",
    }
    assert {score: Severity.of_score(score).value for score in bands} == bands
    assert Severity.of_score(100) is Severity.CRITICAL
    assert [severity.rank for severity in Severity] == [0, 1, 2, 3, 4]
