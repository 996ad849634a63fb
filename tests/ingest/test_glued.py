"""Messages that a console wrote onto one line are two events; nowhere else is a header in a text one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.reading import scan, texts

from bootwatch.syslog.glued import begins, is_console

RELOAD = "*Jun 14 09:22:50.000: %SYS-5-RELOAD: Reload requested by console. Reload Reason: Reload Command."
EXIT = "Jun 14 09:22:53.836: %PMAN-5-EXITACTION: R0/0: pvp: Process manager is exiting: reload chassis code"
LINK = "*Jun 14 09:22:40.000: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/1, changed state to up"


@pytest.mark.parametrize("block_bytes", [256, 1 << 20])
def test_two_messages_on_a_line_of_a_console(tmp_path: Path, block_bytes: int) -> None:
    path = tmp_path / "console.log"
    path.write_text("\n".join((LINK, LINK, RELOAD + EXIT, LINK)) + "\n")
    events, report = scan(path, "mnemonic", "#line", block_bytes=block_bytes)
    assert texts(events) == [LINK, LINK, RELOAD, EXIT, LINK]
    assert [event["mnemonic"] for event in events] == ["UPDOWN", "UPDOWN", "RELOAD", "EXITACTION", "UPDOWN"]
    assert [event["#line"] for event in events] == [1, 2, 3, 3, 4]
    assert (report.lines, report.events) == (4, 5)
    found, _ = scan(path, clauses=(("exitaction",),))
    assert texts(found) == [EXIT]


def test_many_lines_at_once(tmp_path: Path) -> None:
    path = tmp_path / "console.log"
    path.write_text("\n".join([LINK] * 300 + [RELOAD + EXIT] * 2 + [LINK]) + "\n")
    assert texts(scan(path)[0]) == [LINK] * 300 + [RELOAD, EXIT] * 2 + [LINK]


@pytest.mark.parametrize(
    "line",
    [
        "<189>45: r1: Jun 14 09:22:50.000: %SYS-5-RELOAD: Reload Command." + EXIT,
        "Jun 14 09:22:50 relay-1 45: r1: Jun 14 09:22:50.000: %SYS-5-RELOAD: Reload Command." + EXIT,
        "*Jun 14 09:22:50.000: %PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:banner motd x." + EXIT,
        "*Jun 14 09:22:50.000: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: x." + EXIT,
        "*Jun 14 09:22:50.000: %LINK-3-UPDOWN: Interface " + EXIT,
        LINK,
    ],
)
def test_one_message_stays_one(line: str) -> None:
    assert begins(line.encode()) == []


def test_what_a_console_is() -> None:
    assert is_console(f"{LINK}\n{RELOAD}\n{EXIT}".encode())
    assert not is_console(f"<189>45: r1: {LINK}\n<189>46: r1: {LINK}\n{LINK}\n".encode())
    assert not is_console(b"")
