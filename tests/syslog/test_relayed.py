"""Structured data that a relay puts in front of a message (RFC 5424, 6.3 and 7) hides nothing of the message."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bootwatch.events.clock import Clock
from bootwatch.ingest.headers import Reader
from bootwatch.match.heads import Heads
from bootwatch.syslog.relayed import without_outer_data

CLOCK = Clock.of("2026-02-01T00:00:00Z")
FIELDS = ("host", "relay", "_time", "mnemonic", "os_family", "user", "message_text", "syslog_severity", "command")
DATA = (
    '[meta sequenceId="12"]',
    '[origin ip="192.0.2.9" software="x"][meta sequenceId="1"]',
    '[timeQuality tzKnown="1" isSynced="0"]',
    r'[a@1 b="x\"y] z"]',
)
MESSAGES = (
    "45: Jan 14 10:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console by netadm on vty0 (192.0.2.7)",
    "core-sw2: 45: Jan 14 10:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console by netadm on vty0 (192.0.2.7)",
    "<190>core-sw2: Jan 14 10:00:00.123 UTC: %SYS-6-LOGOUT: User netadm has exited tty session 2(192.0.2.7)",
    "%ASA-5-111008: User 'netadm' executed the 'copy tftp: flash:' command.",
    (
        'date=2026-01-14 time=10:00:00 devname="fw1" devid="FGT60" logid="0100032001" type="event" subtype="system" '
        'level="information" vd="root" logdesc="Admin login successful" '
        'user="netadm" ui="ssh(192.0.2.7)" action="login"'
    ),
    (
        "1,2026/01/14 22:10:01,011801000007,SYSTEM,auth,2555,2026/01/14 22:10:01,,auth-success,profile-1,0,0,general,"
        "informational,\"User 'netadm' logged in via CLI from 192.0.2.7\",7389706522298800000,0x0,0,0,0,0,,pa-01"
    ),
)


def read(*messages: str) -> list[dict[str, object]]:
    columns = Reader(CLOCK).read(pa.array(messages), frozenset(FIELDS))
    return [{name: columns[name][row].as_py() for name in FIELDS} for row in range(len(messages))]


@pytest.mark.parametrize("head", ["core-sw1 - - -", "relay.example.net syslog 123 ID47", "192.0.2.1 rsyslogd - -"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_reads_as_behind_no_data(head: str, data: str, message: str) -> None:
    start = f"<189>1 2026-01-14T10:00:05Z {head}"
    plain, bom, wrapped = read(f"{start} - {message}", f"{start} {data} \ufeff{message}", f"{start} {data} {message}")
    assert wrapped == bom == plain
    assert plain["os_family"] is not None
    assert plain["user"] == "netadm"


def test_what_a_device_says_in_structured_data_stays() -> None:
    said = '[junos@2636.1.1.1.2.18 username="netadm" command="show version "]'
    start = "<190>1 2026-01-14T10:00:05Z srx1 mgd 123 UI_CMDLINE_READ_LINE"
    (found,) = read(f"{start} {said} User 'netadm', command 'show version '")
    assert (found["os_family"], found["user"], found["command"]) == ("junos", "netadm", "show version")


def test_nobody_hides_a_command_behind_the_number_of_another_vendor() -> None:
    said = "45: Jan 14 10:00:00.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:netadm  logged command:boot system flash:"
    (found,) = read(f'<189>1 2026-01-14T10:00:05Z core-sw1 - - - [meta sequenceId="1"] {said}a@2636.bin')
    assert (found["os_family"], found["command"]) == ("ios", "boot system flash:a@2636.bin")


def test_a_text_that_quotes_a_device_is_no_device() -> None:
    (found,) = read('<30>1 2026-01-14T10:00:05Z web1 app 7 - [meta sequenceId="1"] we saw "%SYS-5-RELOAD: x" today')
    assert (found["host"], found["mnemonic"], found["os_family"]) == ("web1", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "joe typed 1,2026/01/14 10:00:00,01,CONFIG,0,0,2026/01/14 10:00:00,192.0.2.7,,set,joe,CLI,Succeeded,x",
        "joe typed CISE_TACACS_Accounting 1 1 0 2026-01-14 10:00:00.0 +00:00 1 5202 NOTICE x, CmdSet=[ CmdAV=reload ]",
        'joe typed date=2026-01-14 time=10:00:00 devname="fw9" devid="FGT60" type="event" user="joe"',
    ],
)
def test_words_before_a_record_are_no_header_of_a_device(text: str) -> None:
    start = "<30>1 2026-01-14T10:00:05Z web1 app 7 -"
    raw = pa.array([f'{start} [meta sequenceId="1"] {text}'])
    assert without_outer_data(raw, Heads.of(raw)) is raw
