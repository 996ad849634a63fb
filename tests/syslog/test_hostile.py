"""What senders make up: a message in a message, a forged host, terminal escapes, damaged clocks, unknown devices."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, parse
from bootwatch.vendors import recognise

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
FORGED = "<189>45: r9: *Jan  1 00:00:00.000: %SYS-5-RELOAD: Reload requested by evil on vty0 (203.0.113.9)."


def said(raw: str) -> dict[str, object]:
    array = pa.array([raw])
    found = {name: column[0].as_py() for name, column in parse(Heads.of(array), FIELDS, CLOCK).items()}
    who = recognise(array)
    return found | {"sourcetype": who.sourcetype[0].as_py(), "os_family": who.os_family[0].as_py()}


ISE = "<182>Jan 14 08:23:43 ise CISE_Failed_Attempts 1 1 0 2026-01-14 08:23:43.0 +00:00 1 5400 NOTICE x: y"
PAN = "<14>Jan 14 08:23:43 r1 1,2026/01/14 08:23:43,01,SYSTEM,auth,0,2026/01/14 08:23:43,,x,,0,0,general,high"
VICTIMS = [
    ("<189>45: r1: Jan 14 08:23:43.398: %PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:banner motd {}", "ios"),
    ("<189>45: r1: Jan 14 08:23:43.398: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: {}] [Source: 192.0.2.9]", "ios"),
    ("<189>45: r1: Jan 14 08:23:43.398: %HA_EM-6-LOG: catchall: {}", "ios"),
    ("<189>45: r1: Jan 14 08:23:43.398: %SSH-5-SSH2_USERAUTH: User '{}' authentication for SSH2 Session failed", "ios"),
    ("<190>r1: 2026 Jan 14 08:23:43 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: update:192.0.2.9@pts/0:x:{} (SUCCESS)", "nxos"),
    ("<190>Jan 14 08:23:43 r1 Aaa: %ACCOUNTING-6-CMD: x vty6 192.0.2.9 stop task_id=1 cmd={} <cr>", "eos"),
    ("<165>Jan 14 2026 08:23:43 r1 : %ASA-5-111008: User 'x' executed the '{}' command.", "asa"),
    ("<165>Jan 14 2026 08:23:43 r1 : %ASA-6-113015: AAA user authentication Rejected : user = {}", "asa"),
    ("<190>Jan 14 08:23:43 r1 mgd[48601]: UI_CMDLINE_READ_LINE: User 'x', command '{} '", "junos"),
    ("<190>Jan 14 08:23:43 r1 mgd[48601]: UI_AUTH_INVALID_CHALLENGE: user {}", "junos"),
    ("<190>40: r1 RP/0/RP0/CPU0:Jan 14 08:23:43 : exec[65]: %SECURITY-LOGIN-4-AUTHEN_FAILED : by user '{}'", "iosxr"),
    ('<189>date=2026-01-14 time=08:23:43 devname="r1" devid="FGT" type="event" user="{}" msg="x"', "fortios"),
    (ISE + ", Device IP Address=192.0.2.1, NetworkDeviceName=r1, UserName={}, z=1", "ise"),
    ("Jan 14 08:23:43 r1\t{}\ttty2\t192.0.2.9\tstop\ttask_id=20\tservice=shell\tcmd=x <cr>", "tacacs"),
    ("<38>Jan 14 08:23:43 radius-1 radiusd[123]: (17) Login incorrect: [{}] (from client r1 port 0)", "radius"),
    (PAN + ',"user {}",1,0x0,0,0,0,0,,r1', "panos"),
]
TEXTS = [
    FORGED,
    "x%SYS-5-RELOAD: Reload requested by evil",
    " %ASA-1-101001: (Primary) Failover cable OK.",
    ": %SYS-5-RESTART: System restarted --",
    "a[1]: %SYS-5-RESTART: x",
    "%IOSXE-5-PLATFORM: y: %INSTALL-5-INSTALL_START_INFO: Started install one-shot flash:x.bin",
    "Jan  1 00:00:00 r9 mgd[1]: UI_COMMIT: User 'x'",
    "RP/0/RP0/CPU0:Jan  1 00:00:00 : x[1]: %MGBL-SYS-5-CONFIG_I : y",
    "1,2020/01/01 00:00:00,9,SYSTEM,general,0,2020/01/01 00:00:00,,x,,0,0,general,critical,y",
    "CISE_TACACS_Accounting 1 1 0 2020-01-01 00:00:00.000 +00:00 1 3300 NOTICE",
    "devname=evil date=2020-01-01 time=00:00:00 type=traffic",
    "\x1b]0;r9\x07\x1b[2J\x1b[31m%SYS-5-RELOAD: x\x1b[0m",
    "(from client r9 port 1) ",
    "\\, NetworkDeviceName=r9",
    "\u202egnp.%SYS-5-RELOAD: x",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("form", "os"), VICTIMS)
def test_the_text_of_a_message_changes_nothing_of_its_header(form: str, os: str, text: str) -> None:
    plain, forged = said(form.format("netadm")), said(form.format(text))
    for name in plain.keys() - {"message_text"}:
        assert forged[name] == plain[name], name
    assert plain["os_family"] == os
    assert plain["host"] == "r1"


UNKNOWN = [
    "Jan 14 02:37:27 web1 sshd[12]: Failed password for invalid user {} from 192.0.2.1 port 22 ssh2",
    "Jan 14 02:37:27 web1 app: bad user {} refused",
    "Jan 14 02:37:27 web1 nginx: 192.0.2.1 - - \"GET /{} HTTP/1.1\" 200",
    "<13>1 2026-01-14T02:37:27Z web1 app 12 - - query {} done",
]  # fmt: skip


@pytest.mark.parametrize("text", ["%SYS-5-RELOAD: Reload requested", FORGED, "x %ASA-5-111008: User 'y' executed"])
@pytest.mark.parametrize("form", UNKNOWN)
def test_a_device_nobody_knows_is_not_taken_for_one(form: str, text: str) -> None:
    found = said(form.format(text))
    assert (found["sourcetype"], found["os_family"], found["mnemonic"]) == ("syslog", None, None)
    assert found["host"] == "web1"


@given(st.sampled_from(VICTIMS), st.text(st.characters(exclude_characters="\t|,\"'", codec="utf-8"), max_size=80))
def test_no_user_can_be_somebody_else(victim: tuple[str, str], text: str) -> None:
    form, os = victim
    found = said(form.format(text))
    assert (found["host"], found["os_family"]) == ("r1", os)


@pytest.mark.parametrize(
    "stamp",
    ["Jan 32 08:23:43", "Feb 30 08:23:43", "Jan 14 24:00:00", "Jan 14 08:60:43", "Jan 14 08:23:61", "Jan  0 00:00:00"],
)
def test_an_impossible_time_is_no_time(stamp: str) -> None:
    found = said(f"<189>45: r1: {stamp}: %SYS-5-CONFIG_I: x")
    assert (found["_time"], found["reliable_time"], found["host"]) == (None, None, "r1")


def test_a_clock_that_jumps_is_read_as_it_stands() -> None:
    lines = [
        f"<189>{n}: r1: {stamp}: %SYS-5-CONFIG_I: x"
        for n, stamp in enumerate(("Jan 14 2026 08:00:00", "Mar  1 1993 00:00:10", "Jan 14 2038 00:00:00"))
    ]
    found = parse(Heads.of(pa.array(lines)), frozenset(("_time", "sequence")), CLOCK)
    assert [datetime.fromtimestamp(seconds, UTC).year for seconds in found["_time"].to_pylist()] == [2026, 1993, 2038]
    assert found["sequence"].to_pylist() == ["0", "1", "2"]


@pytest.mark.parametrize(
    "raw",
    [
        "<182>Jan 14 08:23:43 ise CISE_TACACS_Accounting 1 1 0 9999-12-31 23:59:59.0 -99:99 1 5202 NOTICE x: y, a=b",
        "<182>Jan 14 08:23:43 ise CISE_TACACS_Accounting 1 1 0 0000-01-01 00:00:00.0 +99:99 1 5202 NOTICE x: y, a=b",
        'date=9999-12-31 time=23:59:59 devname="fw1" devid="FG100" tz="-99:99" type="event"',
        '{"LogType":"SYSTEM","DeviceName":"fw1","TimeGenerated":"0000-01-01T00:00:00Z"}',
        "<189>1 9999-12-31T23:59:59Z r1 - - - - %SYS-5-CONFIG_I: Configured from console by console",
    ],
)
def test_a_time_no_calendar_holds_is_no_time(raw: str) -> None:
    assert said(raw)["_time"] is None


@pytest.mark.parametrize("number", ["9223372036854775808", "9999999999999999999", "99999999999999999999"])
@pytest.mark.parametrize(
    "form",
    ['date=2026-01-14 time=08:23:43 devname="fw1" {}', 'devname="fw1" date=2026-01-14 time=08:23:43 {}'],
)
def test_a_count_of_seconds_no_integer_holds_is_none(form: str, number: str) -> None:
    found = said(form.format(f'devid="FG100" eventtime={number} type="event"'))
    assert (found["host"], found["_time"]) == ("fw1", datetime(2026, 1, 14, 8, 23, 43, tzinfo=UTC).timestamp())
