"""The reference on the page's detection: the sixteen events of the semantics page (F3) and its extractions (F2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.reference import Row, run
from tests.reference.asking import NOW, Given, over

REPOSITORY = Path(__file__).resolve().parents[2]
EVENTS = REPOSITORY / "tests" / "fixtures" / "f3_events.jsonl"
PAGE = (
    REPOSITORY / "src" / "bootwatch" / "content" / "detections" / "t1601-001-patch-system-image-splunk" / "search.spl"
)


COLUMNS = (
    *("_time", "host", "ExtractedUser", "ExtractedCommand", "SourceTransferIP", "SyslogMnemonic"),
    *("IsImageTransfer", "IsBootManipulation", "IsIntegrityAlert", "IsFlashWrite", "SuspicionScore", "_raw"),
)
CONFIG = "PARSER-5-CFGLOG_LOGGEDCMD"
COPIED = "copy tftp://192.168.1.50/test-image-nonexistent.bin flash:test-image-nonexistent.bin"
INSTALLED = "install add file https://img.example.net/cat9k.17.12.01.SPA.bin activate commit"
FOUND: list[tuple[int, list[str | None]]] = [
    (16, ["netops", "no boot system flash:old.bin", None, CONFIG, *"01012"]),
    (7, [None, None, None, "SIGNATURE-3-SIGNATURE_FAILED", *"00112"]),
    (3, ["admin", "boot system flash:argus-test-image.bin", None, CONFIG, *"01012"]),
    (1, ["admin", COPIED, "192.168.1.50", CONFIG, *"10012"]),
    (15, ["ops-team", None, None, "FLASH-5-SIGNIFICANT_FLASH_ERASE", *"00101"]),
    (13, ["admin", "copy scp://backup@10.0.0.5/c2900.bin flash:", None, CONFIG, *"10001"]),
    (12, [None, None, None, "ASA-5-111008", *"00011"]),
    (9, ["CORP", INSTALLED, None, CONFIG, *"10001"]),
    (6, ["jdoe", None, None, None, *"00101"]),
    (5, [None, None, None, None, *"00011"]),
]


def sixteen() -> Given:
    """The events of F3, in order."""
    return [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]


def numbers(rows: list[Row]) -> list[int]:
    """Which of the sixteen events the rows are."""
    raws = [event["_raw"] for event in sixteen()]
    return [raws.index(row["_raw"]) + 1 for row in rows]


def test_the_page_finds_ten_of_sixteen() -> None:
    rows = run(PAGE.read_text(encoding="utf-8"), sixteen(), now=NOW)
    expected = []
    for number, cells in FOUND:
        event = sixteen()[number - 1]
        full = [str(event["_time"]), event["host"], *cells, event["_raw"]]
        expected.append([(c, cell) for c, cell in zip(COLUMNS, full, strict=True) if cell is not None])
    assert [list(row.items()) for row in rows] == expected


def test_the_page_with_a_wildcard_finds_the_register() -> None:
    """E08 appears, with a score of one, between E09 and E06."""
    rows = run(PAGE.read_text(encoding="utf-8").replace('"confreg 0x"', '"confreg 0x*"'), sixteen(), now=NOW)
    assert numbers(rows) == [16, 7, 3, 1, 15, 13, 12, 9, 8, 6, 5]
    assert rows[8]["SuspicionScore"] == "1"


def test_the_page_without_its_threshold_keeps_the_capitals() -> None:
    """E11 comes last, with a score of nought."""
    rows = run(PAGE.read_text(encoding="utf-8").replace("| where SuspicionScore > 0", ""), sixteen(), now=NOW)
    assert numbers(rows) == [16, 7, 3, 1, 15, 13, 12, 9, 6, 5, 11]
    assert rows[-1]["SuspicionScore"] == "0"


MICRO = [
    ("ExtractedUser", "User:admin  logged", "admin"),
    ("ExtractedUser", "User admin logged in", "admin"),
    ("ExtractedUser", "user: a@b.c", "a@b.c"),
    ("ExtractedUser", "User 'admin', command 'x'", None),
    ("ExtractedUser", 'User: "jdoe"', None),
    ("ExtractedUser", "user=admin", None),
    ("ExtractedUser", "superuser root", "root"),
    ("ExtractedUser", "failed for user admin.", "admin."),
    ("ExtractedUser", "user:\n bob", "bob"),
    ("ExtractedUser", r"User:CORP\jsmith", "CORP"),
    ("ExtractedCommand", "logged command:copy tftp: flash: ", "copy tftp: flash: "),
    ("ExtractedCommand", "logged command: exec: a\nline2", None),
    ("ExtractedCommand", "logged command:!exec: enable\n", "!exec: enable"),
    ("ExtractedCommand", "Logged command:x", None),
    ("SourceTransferIP", "tftp://192.168.1.50/x", "192.168.1.50"),
    ("SourceTransferIP", "http://img-01.example.net/x", "img-01.example.net"),
    ("SourceTransferIP", "tftp://192.168.1.50:69/x", None),
    ("SourceTransferIP", "ftp://u:p@1.2.3.4/x", None),
    ("SourceTransferIP", "https://10.0.0.9/x", None),
    ("SourceTransferIP", "sftp://10.1.1.1/x", "10.1.1.1"),
    ("SourceTransferIP", "ftp://10.1.2.3x/y", "10.1.2.3x"),
    ("SyslogMnemonic", "%LINK-SP-3-UPDOWN:", "LINK-SP-3-UPDOWN"),
    ("SyslogMnemonic", "%MGBL-CONFIG-6-DB_COMMIT :", None),
    ("SyslogMnemonic", "%sys-5-config_i:", None),
    ("SyslogMnemonic", "50%A-1-B:", "A-1-B"),
]


@pytest.mark.parametrize(("field", "raw", "caught"), MICRO)
def test_the_page_extractions(field: str, raw: str, caught: str | None) -> None:
    """F2."""
    extractions = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| rex")]
    (row,) = over([{"_raw": raw}], "*" + "".join(extractions))
    assert row.get(field) == caught
