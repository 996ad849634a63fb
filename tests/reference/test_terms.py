"""The reference on the golden examples of section A: terms, booleans, comparisons, time bounds, key=value."""

from __future__ import annotations

import pytest
from tests.reference import run
from tests.reference.asking import NOW, Given, column, over, value

TERMS = [
    ("G-A10", "copy tftp://1.1.1.1/a.bin", '"copy tftp"', True),
    ("G-A11", "copy https://1.1.1.1/a", '"copy http"', False),
    ("G-A12", "bootflash:/a.bin", '"flash:"', False),
    ("G-A13", "flash0:/a.bin", '"flash:"', False),
    ("G-A14", "slavebootflash:a.bin", '"bootflash:"', False),
    ("G-A15", "a.bin", '".bin"', True),
    ("G-A15 further extension", "a.bin.md5", '".bin"', True),
    ("G-A16", "a.bins", '".bin"', False),
    ("G-A17", "confreg 0x2142", '"confreg 0x"', False),
    ("G-A18", "confreg 0x2142", '"confreg 0x*"', True),
    ("G-A19", "boot system flash:x.bin", '"boot system flash"', True),
    ("G-A20", "boot system flash bootflash:x", '"boot system flash"', True),
    ("G-A21", "boot system bootflash:x", '"boot system flash"', False),
    ("G-A22", "%ROMMON_CONFIG-5-X", '"ROMMON_CONFIG"', True),
    ("G-A22 inside a longer name", "MY_ROMMON_CONFIG", '"ROMMON_CONFIG"', True),
    ("G-A23", "ROMMON_CONFIGS", '"ROMMON_CONFIG"', False),
    ("G-A24", "NO BOOT SYSTEM", '"no boot system"', True),
    ("G-A25", "archive download-swap", '"archive download-sw"', False),
    ("G-A26", "INTEGRITY-FAILED", '"INTEGRITY_FAILED"', False),
    ("G-A27", "failed", "fail", False),
    ("G-A28", "fail-over", "fail", True),
    ("G-A29", "10.127.0.5 x", "127.0", True),
    ("G-A30 words", "web and some error", "web error", True),
    ("G-A30 phrase", "web and some error", '"web error"', False),
    ("G-A31", "127.0.0.1 - admin", "TERM(127.0.0.1)", True),
    ("G-A31 inside a longer term", "ip=127.0.0.1 - user=admin", "TERM(127.0.0.1)", False),
    ("G-A31 the longer term", "ip=127.0.0.1 - user=admin", "TERM(ip=127.0.0.1)", True),
    ("CASE", "%ASA-1-134568", "CASE(%ASA-1*)", True),
    ("CASE differs", "%asa-1-134568", "CASE(%ASA-1*)", False),
    ("G-A3", r"opened D:\Digital\RTFM", r"D:\\Digital\\RTFM", True),
    ("a star alone", "anything", "*", True),
    ("a prefix", "failure", "fail*", True),
    ("a prefix of no term", "xfailure", "fail*", False),
    ("a comment is a blank", "web error", "web```x```error", True),
    ("two hyphens break", "copy--tftp", "tftp", True),
]


@pytest.mark.parametrize(("raw", "search", "found"), [case[1:] for case in TERMS], ids=[case[0] for case in TERMS])
def test_terms(raw: str, search: str, found: bool) -> None:
    assert len(over([{"_raw": raw}], search)) == int(found)


def test_a_pipe_inside_quotes_is_text() -> None:
    """G-A1 and G-A2."""
    rows: Given = [{"_raw": "error | stats count"}, {"_raw": "error"}]
    assert over(rows, "error | stats count") == [{"count": "2"}]
    assert over(rows, 'search "error | stats count"') == [{"_raw": "error | stats count"}]


BOOLEANS = [
    ("G-A40", "A=1 AND B=2 OR C=3", "A=1 AND (B=2 OR C=3)"),
    ("G-A40 without AND", "A=1 B=2 OR C=3", "A=1 AND (B=2 OR C=3)"),
    ("G-A42", 'A="1" AND B=2 OR C="3"', "(A=1) AND (B=2 OR C=3)"),
]


@pytest.mark.parametrize(("search", "means"), [case[1:] for case in BOOLEANS], ids=[case[0] for case in BOOLEANS])
def test_or_binds_tighter_than_and(search: str, means: str) -> None:
    rows: Given = [{"A": a, "B": b, "C": c} for a in "10" for b in "20" for c in "30"]
    expected = [row for row in rows if row["A"] == "1" and (row["B"] == "2" or row["C"] == "3")]
    assert over(rows, search) == over(rows, means) == expected


def test_not_applies_to_the_next_term() -> None:
    """G-A41."""
    rows: Given = [{"_raw": raw} for raw in ("error", "error 403", "error 404", "error 403 404", "404")]
    assert column(over(rows, "error NOT 403 OR 404"), "_raw") == ["error", "error 404", "error 403 404"]


HORSES: Given = [
    {"ID": "101M3", "Name": "McIntosh", "Color": "Chestnut", "Location": "Marin Meadows"},
    {"ID": "104F5", "Name": "Lyra", "Color": "Bay"},
    {"ID": "104M6", "Name": "Rutherford", "Color": "Dun", "Location": "Placer Pastures"},
    {"ID": "101F2", "Name": "Rarity", "Location": "Marin Meadows"},
    {"ID": "102M7", "Name": "Dash", "Color": "Black", "Location": "Calaveras Farms"},
    {"ID": "102M1", "Name": "Roan"},
    {"ID": "101F6", "Color": "Chestnut", "Location": "Marin Meadows"},
    {"ID": "104F4", "Name": "Pinkie", "Color": "Sorrel", "Location": "Placer Pastures"},
    {"ID": "102M8", "Name": "Spike", "Color": "Grey", "Location": "Calaveras Farms"},
]


def test_not_and_unequal() -> None:
    """G-A50."""
    unequal = column(over(HORSES, 'Location!="Calaveras Farms"'), "ID")
    negated = column(over(HORSES, 'NOT Location="Calaveras Farms"'), "ID")
    assert unequal == ["101M3", "104M6", "101F2", "101F6", "104F4"]
    assert set(negated) == {*unequal, "104F5", "102M1"}
    assert column(over(HORSES, "NOT Color=*"), "ID") == ["101F2", "102M1"]
    assert over(HORSES, "Color!=*") == []


def test_subnets() -> None:
    """G-A51 and G-A52."""
    rows: Given = [{"ip": "10.10.10.12"}, {"ip": "50.10.10.17"}, {"ip": "10.10.10.23"}]
    assert column(over(rows, 'ip="10.10.10.0/24"'), "ip") == ["10.10.10.12", "10.10.10.23"]
    spl = '| makeresults | eval ip="2001:0db8:ffff:ffff:ffff:ffff:ffff:ff99" | search ip="{}"'
    assert len(run(spl.format("2001:0db8:ffff:ffff:ffff:ffff:ffff:ff00/120"), [], now=NOW)) == 1
    assert run(spl.format("2001:0db8:ffff:ffff:ffff:ffff:ffff:ee00/120"), [], now=NOW) == []


COMPARISONS = [
    ("text equality", "n=1", ["1"]),
    ("numbers order", "n<9.5", ["1", "1.0"]),
    ("IN with a wildcard", "n IN (1*, abc)", ["1", "1.0", "10", "ABC"]),
    ("NOT IN", "NOT n IN (1*)", ["ABC", None]),
    ("case", "n=aBc", ["ABC"]),
    ("CASE", "n=CASE(abc)", []),
]


@pytest.mark.parametrize(("search", "found"), [c[1:] for c in COMPARISONS], ids=[c[0] for c in COMPARISONS])
def test_field_comparisons(search: str, found: list[str | None]) -> None:
    rows: Given = [{"n": "1"}, {"n": "1.0"}, {"n": "10"}, {"n": "ABC"}, {"m": "1"}]
    assert column(over(rows, search), "n") == found


def test_any_value_of_a_multivalue_counts() -> None:
    rows: Given = [{"f": ["a", "b"]}, {"f": "a"}]
    assert len(over(rows, "f=a")) == 2
    assert over(rows, "f!=a") == [{"f": ["a", "b"]}]
    assert over(rows, "NOT f=a") == []


def test_time_bounds_are_inclusive_then_exclusive() -> None:
    """A6, G-A60 and G-A61: a search at 14:05 on 28 April; one at 03:45."""
    rows: Given = [{"_time": NOW - 3600}, {"_time": NOW - 7200}, {"_time": NOW - 10800}, {"_time": NOW + 5}]
    assert column(over(rows, "earliest=-2h latest=-1h"), "_time") == [str(int(NOW - 7200))]
    assert len(over(rows, "earliest=-2h")) == 2
    at = "%Y-%m-%d %H:%M:%S"
    april = f'strftime(relative_time(strptime("2025-04-28 14:05:00","{at}"),"{{}}"),"{at}")'
    assert value(april.format("-2d")) == "2025-04-26 14:05:00"
    assert value(april.format("-2d@d")) == "2025-04-26 00:00:00"
    assert (
        value(f'strftime(relative_time(strptime("2025-04-28 03:45:00","{at}"),"-h@h"),"{at}")') == "2025-04-28 02:00:00"
    )


def test_named_pairs_are_extracted_and_the_first_wins() -> None:
    rows: Given = [{"_raw": 'user=bob ip.addr="1.2.3.4" user=eve empty="" other=x'}]
    assert over(rows, "user=bob | table user ip_addr empty") == [{"user": "bob", "ip_addr": "1.2.3.4"}]
    assert over(rows, "bob | table o*") == [{"other": "x"}]
    assert over(rows, "bob") == [{"_raw": rows[0]["_raw"]}]
