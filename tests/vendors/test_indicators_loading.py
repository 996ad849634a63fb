"""Reading an indicator file: what is wrong is named with file, line and what would be right; gates of patterns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from bootwatch.errors import ContentError
from bootwatch.vendors.indicator_gates import GateError, gate
from bootwatch.vendors.indicator_rows import load
from bootwatch.vendors.indicators import Catalogue

GOOD = """\
os_family: [ios]
rank: 1
command_marks: ["cmd="]
define:
  - {name: local, pattern: 'flash:'}
sources:
  - {name: a log, document: a book, carries: [exec], line: "cmd={command}"}
indicators:
  - id: IOS-A1
    class: A
    title: An act
    weight: 35
    techniques: [T1601]
    match:
      - on: command
        pattern: '(?i)^copy \\S+ {local}'
        unless: '(?i)\\.cfg$'
    benign: seldom
    source: a book
    positive:
      - command: copy tftp: flash:
    twin:
      - command: copy flash: tftp:
"""
GOOD = GOOD.replace("copy tftp: flash:", '"copy tftp: flash:"').replace("copy flash: tftp:", '"copy flash: tftp:"')


def read(tmp_path: Path, text: str) -> str:
    """What is wrong with a file, or nothing."""
    file = tmp_path / "ios.yaml"
    file.write_text(text, "utf-8")
    try:
        load(file)
    except ContentError as exc:
        return str(exc).removeprefix(f"{file}:")
    return ""


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ios.yaml"
    file.write_text(GOOD, "utf-8")
    group = load(file)
    assert (group.name, group.families, group.rank, group.command_marks) == ("ios", ("ios",), 1, ("cmd=",))
    (row,) = group.indicators
    assert row.matches[0].pattern == r"(?i)^copy \S+ flash:"
    assert row.matches[0].gate == (" flash:",)
    assert group.sources[0].spell("copy tftp: flash:") == "cmd=copy tftp: flash:"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rank: 1", "rank: one", "2: 'rank' should be a whole number from 1 to 1000, found the text 'one'"),
        ("weight: 35", "weight: 135", "12: 'weight' is 135; accepted: a whole number from 0 to 100"),
        ("    title: An act\n", "", "9: missing key 'title' (text)"),
        ("title:", "titel:", "11: unknown key 'titel'; did you mean title?"),
        ("class: A", "class: Z", "10: 'class' is 'Z'; accepted: A, B, C, D, E, F, G, H"),
        (
            "id: IOS-A1",
            "id: IOS-B1",
            "9: 'id' is 'IOS-B1'; accepted: an OS, '-', the class and a number, such as IOS-A1",
        ),
        ("[T1601]", "[T16]", "13: 'T16' is no technique id; accepted: such as T1601.001"),
        ("on: command", "on: commnad", "15: 'on' is 'commnad'; accepted: command, message; did you mean command?"),
        ("carries: [exec]", "carries: [typed]", "7: 'carries' is 'typed'; accepted: exec, config"),
        ('"cmd={command}"', '"cmd="', "7: 'line' should hold {command} or {cmdset}"),
        ('["cmd="]', '["CMD="]', "3: 'CMD=' should be ASCII in lower case"),
        ("{local}", "{lokal}", "16: 'pattern' names 'lokal', which is not defined; defined: local"),
        (
            "'(?i)^copy",
            "'^copy",
            r"16: 'pattern' should begin with (?i) or (?-i), to say whether case counts: ^copy \S+ flash:",
        ),
        (
            r"'(?i)\.cfg$'",
            r"'(?i)(?<!x)cfg'",
            "17: 'unless' is not RE2: Invalid regular expression: invalid perl operator: (?<!: (?i)(?<!x)cfg",
        ),
        (
            r"'(?i)^copy \S+ {local}'",
            r"'(?i)^\S+ \d+'",
            (
                "16: 'pattern' cannot be looked for quickly: no literal of 3 characters that every match holds: "
                r"(?i)^\S+ \d+"
            ),
        ),
        (
            "on: command\n        pattern: '(?i)^",
            "on: message\n        pattern: '(?i)",
            "16: a message pattern begins with '^': what a message quotes is not what it says",
        ),
        ("twin:\n      - command:", "twin:\n      - kind:", None),
        (
            "    twin:\n",
            "    twin: []\n    twins:\n",
            "22: 'twin' should be a list whose items are keys and values, found an empty list",
        ),
        ("    benign: seldom\n", "    benign: 7\n", "18: 'benign' should be text, found a whole number (7); quote it"),
        ("    source: a book\n", "    source: a book\n    colour: red\n", None),
        ("rank: 1\n", "rank: 1\nrank: 2\n", "3: key 'rank' stands twice (first on line 2)"),
        ("rank: 1\n", "rank: [\n", None),
        (GOOD, "", "1: should hold keys and values, found nothing"),
        (GOOD, "- a\n", "1: should hold keys and values, found a list"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    assert old in GOOD
    said = read(tmp_path, GOOD.replace(old, new, 1))
    assert said[:1].isdecimal()
    if message is not None:
        assert said == message


def test_an_id_stands_once(tmp_path: Path) -> None:
    row = GOOD[GOOD.index("  - id:") :]
    assert read(tmp_path, GOOD + row) == "24: 'IOS-A1' stands twice"


def test_files_add_up_and_an_id_stands_in_one(tmp_path: Path) -> None:
    (tmp_path / "ios.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "site.yaml").write_text(GOOD.replace("rank: 1", "rank: 2").replace("IOS-A1", "SITE-A1"), "utf-8")
    groups = [load(tmp_path / name) for name in ("site.yaml", "ios.yaml")]
    commands = pa.array(["copy tftp: flash:"] * 2)
    found = Catalogue(groups).evaluate(pa.array(["ios", None]), commands, pa.nulls(2, pa.string()))
    assert found.ids.to_pylist() == [["IOS-A1", "SITE-A1"], ["IOS-A1"]]
    (tmp_path / "more.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(ContentError) as caught:
        Catalogue([*groups, load(tmp_path / "more.yaml")])
    assert str(caught.value) == f"{tmp_path}/more.yaml: 'IOS-A1' stands in {tmp_path}/ios.yaml as well"


def test_no_rows_find_nothing() -> None:
    found = Catalogue([]).evaluate(pa.array(["ios"]), pa.array(["reload"]), pa.array(["%SYS-5-RELOAD: x"]))
    assert (found.ids.to_pylist(), found.classes.to_pylist()) == ([None], [None])


def test_a_line_says_what_is_read_from_it(tmp_path: Path) -> None:
    text = GOOD.replace('- command: "copy tftp: flash:"', '- line: "cmd=copy tftp: flash:"')
    assert read(tmp_path, text) == "21: a line says what is read from it: 'message', 'command' or both"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"none\.yaml: cannot be read: No such file or directory$"):
        load(tmp_path / "none.yaml")


def test_bytes_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"os_family: \xff")
    with pytest.raises(ContentError, match=r"x\.yaml: not UTF-8: invalid start byte at byte 11$"):
        load(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("(?i)^Reload", ("reload",)),
        ("(?i)^(?:no )?boot system", ("boot system", "no boot system")),
        ("(?i)^(?:reload|write erase)", ("reload", "write erase")),
        (r"(?i)^clear (?:logging|counters)\b", ("clear counters", "clear logging")),
        (r"(?i)^copy\s+\S+ running", (" running",)),
        (r"(?i)a[bc]def+ghi", ("ghi",)),
        (r"(?i)^(?:abc)+x?", ("abc",)),
        (r"(?i)^x{3}defg", ("defg",)),
        (r"(?i)a\.b\\c", (r"a.b\c",)),
        (r"(?i)[]x]abc", ("abc",)),
        (r"(?i)(?s:x.)yyy", ("yyy",)),
    ],
)
def test_the_literals_a_pattern_needs(pattern: str, literals: tuple[str, ...]) -> None:
    assert gate(pattern) == literals


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?i)ab", "no literal of 3 characters that every match holds"),
        ("(?i)abc|.", "no literal of 3 characters that every match holds"),
        ("(?i)(?:abc)?", "no literal of 3 characters that every match holds"),
        ("(?i)(abc)", r"only (?:…) and flags i and s are read, not '(ab'"),
        (r"(?i)\pLabc", r"'\p' is not read here"),
        ("(?i)caf\u00e9", "a pattern is ASCII"),
        ("(?i)abc)", "a ')' too many at 7"),
        ("(?i)(?:abc", "a ')' is missing"),
        ("(?i)[abc", "a ']' is missing"),
        ("abc|*d", "nothing to repeat at 4"),
    ],
)
def test_a_pattern_without_a_gate_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(GateError) as caught:
        gate(pattern)
    assert str(caught.value) == message
