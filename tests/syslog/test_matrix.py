"""A matrix of headers: every optional part there and not there, inside every relay, on every operating system.

What is true of a line is known from the parts it was put together from, never from reading it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import FIELDS, parse
from bootwatch.vendors import recognise

CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
TAG = "%PARSER-5-CFGLOG_LOGGEDCMD"
TEXT = "User:netadm  logged command:boot system flash:c2900.bin "


@dataclass(frozen=True, slots=True)
class Line:
    raw: str
    os: str
    host: str | None
    relay: str | None
    time: str | None
    reliable: str | None
    sequence: str | None
    pri: tuple[str, str] | None
    mnemonic: tuple[str, str, str] | None


PRIS = {"<189>": ("local7", "notice"), "": None}
HOSTS = ("", "sw-01", "sw01.example.net", "192.0.2.11", "2001:db8::11")
STAMPS = {
    "Jan 14 08:23:43": "2026-01-14T08:23:43",
    "Jan  4 08:23:43.398": "2026-01-04T08:23:43.398000",
    "Jan 14 2025 08:23:43.398": "2025-01-14T08:23:43.398000",
    "Mar  1 18:48:50.483": "2025-03-01T18:48:50.483000",
    "2025 Jan 14 08:23:43": "2025-01-14T08:23:43",
}
ZONES = {"": 0, " UTC": 0, " CEST": 2, " mdt": -6, " UTC+1": 1, " UTC-03:30": -3.5, " CMT+2": 2}
MARKS = {"": "true", "*": "false", ".": "false"}
OUTER = "2026-01-14T09:00:00"


def moved(time: str, hours: float) -> str:
    seconds = datetime.fromisoformat(time + "+00:00").timestamp() - hours * 3600
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


def device_lines() -> Iterator[Line]:
    """The header IOS and NX-OS write themselves, without a relay."""
    for pri, count, host, number, mark, stamp, zone in product(
        PRIS, ("", "3132811"), HOSTS, ("", "3132807"), MARKS, STAMPS, ZONES
    ):
        if stamp.startswith("20") and (mark or number or count):
            continue  # NX-OS numbers nothing
        head = pri + (f"{count}: " if count else "") + (f"{host}: " if host else "") + (f"{number}: " if number else "")
        os = "nxos" if stamp.startswith("20") else "ios"
        tag, mnemonic = (TAG, ("PARSER", "5", "CFGLOG_LOGGEDCMD"))
        yield Line(
            f"{head}{mark}{stamp}{zone}: {tag}: {TEXT}",
            os,
            host or None,
            None,
            moved(STAMPS[stamp], ZONES[zone]),
            MARKS[mark],
            number or count or None,
            PRIS[pri],
            mnemonic,
        )


RELAYS = {
    "rsyslog, traditional": ("<190>Jan 14 09:00:00 relay-1 ", "relay-1"),
    "rsyslog, ForwardFormat": ("<190>2026-01-14T09:00:00.820547+00:00 relay-1 ", "relay-1"),
    "rsyslog, RFC 5424": ("<190>1 2026-01-14T09:00:00.820547Z relay-1 45 - - -  ", "relay-1"),
    "syslog-ng": ("<190>1 2026-01-14T09:00:00+00:00 relay-1 - - - - ", "relay-1"),
    "by address": ("<190>Jan 14 09:00:00 192.0.2.99 ", "192.0.2.99"),
    "by address of version 6": ("<190>Jan 14 09:00:00 2001:db8::99 ", "2001:db8::99"),
    "a file, no PRI": ("Jan 14 09:00:00 relay-1 ", "relay-1"),
    "a file, ISO": ("2026-01-14T09:00:00.820547+00:00 relay-1 ", "relay-1"),
}


def relayed_lines() -> Iterator[Line]:
    for relay, count, host, number, mark, stamp, zone in product(
        RELAYS, ("", "45"), HOSTS, ("", "3132807"), MARKS, list(STAMPS)[:4], ("", " UTC", " CEST")
    ):
        before, name = RELAYS[relay]
        inner = (f"{count}: " if count else "") + (f"{host}: " if host else "") + (f"{number}: " if number else "")
        yield Line(
            f"{before}{inner}{mark}{stamp}{zone}: {TAG}: {TEXT}",
            "ios",
            host or name,
            name if host else None,
            moved(STAMPS[stamp], ZONES[zone]),
            MARKS[mark],
            number or count or None,
            ("local7", "informational") if before.startswith("<") else None,
            ("PARSER", "5", "CFGLOG_LOGGEDCMD"),
        )


def kiwi_lines() -> Iterator[Line]:
    before = "<190>Original Address=192.0.2.7 1 2026-01-14T09:00:00.168Z kiwi-1 Kiwi_SyslogNet_Server 3356 MSGOUT "
    for host, number, mark, stamp in product(("", "sw-01"), ("", "77"), MARKS, list(STAMPS)[:4]):
        inner = (f"{host}: " if host else "") + (f"{number}: " if number else "")
        yield Line(
            f"{before}{inner}{mark}{stamp}: {TAG}: {TEXT}",
            "ios",
            host or "192.0.2.7",
            "kiwi-1",
            STAMPS[stamp],
            MARKS[mark],
            number or None,
            ("local7", "informational"),
            ("PARSER", "5", "CFGLOG_LOGGEDCMD"),
        )


SLASHED = "2026/01/14 08:23:43"
NUMBERED = "0000000001 1 0 2026-01-14 08:23:43.328 +00:00 0018 3300 NOTICE Tacacs-Accounting: x"
SYSTEMS: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    # operating system: (line, its own host, its own time), every one with the same meaning inside a relay
    "iosxr": (
        ("RP/0/RSP0/CPU0:Jan 14 08:23:43.398 : instdir[251]: %INSTALL-INSTMGR-6-OPERATION : x", None, "43.398000"),
        ("40: xrv RP/0/RP0/CPU0:Jan 14 08:23:43.398 UTC: cfgmgr[67]: %MGBL-CONFIG-6-DB_COMMIT : x", "xrv", "43.398000"),
        ("LC/0/0/CPU0:Jan 14 08:23:43 : ifmgr[214]: %PKT_INFRA-LINK-3-UPDOWN : x", None, "43"),
        ("0/RP0/ADMIN0:Jan 14 08:23:43 : inst_mgr[4]: %INFRA-INSTMGR-5-X : x", None, "43"),
    ),
    "asa": (
        ("Jan 14 2026 08:23:43 fw-01 : %ASA-6-302013: Built", "fw-01", "43"),
        ("Jan 14 2026 08:23:43 fw-01 %ASA-5-111008: User 'netadm' executed the 'enable' command.", "fw-01", "43"),
        (":2026-01-14T08:23:43Z: %ASA-config-5-111010: User 'netadm', running 'CLI'", None, "43"),
        ("Jan 14 2026 08:23:43: %ASA-4-402119: IPSEC", None, "43"),
    ),
    "ftd": (("2026-01-14T08:23:43Z fw-01 : %FTD-6-430003: DeviceUUID: x", "fw-01", "43"),),
    "junos": (
        ("Jan 14 08:23:43 mx-1 mgd[48601]: UI_CMDLINE_READ_LINE: User 'netadm', command 'show'", "mx-1", "43"),
        ("Jan 14 08:23:43 mx-1 file[52402]: %INTERACT-6-UI_CMDLINE_READ_LINE: User 'x'", "mx-1", "43"),
        ("Jan 14 08:23:43.510 2026  mx-1 mgd[53913]: UI_CMDLINE_READ_LINE: User 'x'", "mx-1", "43.510000"),
        ('1 2026-01-14T08:23:43.510Z mx-1 mgd 3046 UI_COMMIT [junos@2636.1 username="x"] y', "mx-1", "43.510000"),
    ),
    "panos": (
        (f'1,{SLASHED},0118,SYSTEM,general,0,{SLASHED},,general,,0,0,general,informational,"a, b",1,0x0,0,0,0,0,,pa-01',
         "pa-01", "43"),
        (f"Jan 14 08:23:43 pa-01 1,{SLASHED},0118,CONFIG,0,0,{SLASHED},192.0.2.9,,set,x,Web,OK,x,1,0x0,0,0,0,0,,pa-01",
         "pa-01", "43"),
    ),
    "eos": (
        ("Jan 14 08:23:43 leaf-1 Aaa: %ACCOUNTING-6-CMD: netadm vty6 192.0.2.1 stop cmd=x", "leaf-1", "43"),
        ("Jan 14 08:23:43.000123 leaf-1 ConfigAgent: %SYS-5-CONFIG_E: x", "leaf-1", "43.000123"),
        ("2026-01-14T08:23:43.000123+00:00 leaf-1 Ebra: %LINEPROTO-5-UPDOWN: x", "leaf-1", "43.000123"),
    ),
    "fortios": (
        ('date=2026-01-14 time=08:23:43 devname="fw-01" devid="FGT60D" logid="0100032202" type="event"', "fw-01", "43"),
        ("date=2026-01-14 time=08:23:43 devname=fw-01 devid=FGT60D logid=0100032202 type=event", "fw-01", "43"),
    ),
    "ise": (
        (f"CISE_TACACS_Accounting {NUMBERED}, Device IP Address=192.0.2.11, NetworkDeviceName=sw-01, User=x",
         "sw-01", "43.328000"),
    ),
    "acs": (
        (f"CSCOacs_TACACS_Accounting {NUMBERED}, Device IP Address=192.0.2.11, User=netadm", "192.0.2.11", "43.328000"),
    ),
}  # fmt: skip


def system_lines() -> Iterator[Line]:
    wrappers = {name: RELAYS[name] for name in ("rsyslog, traditional", "rsyslog, ForwardFormat", "by address")}
    for os, lines in SYSTEMS.items():
        for text, host, second in lines:
            time = "2026-01-14T08:23:" + second
            if os not in ("ise", "acs"):
                yield Line(f"<190>{text}", os, host, None, time, "true", None, ("local7", "informational"), None)
            for before, name in wrappers.values():
                if text.startswith("1 2026"):
                    continue
                relay = name if host else None
                yield Line(
                    before + text, os, host or name, relay, time, "true", None, ("local7", "informational"), None
                )


def problems(lines: list[Line]) -> list[tuple[str, str, object, object]]:
    raw = pa.array([line.raw for line in lines])
    found = {name: column.to_pylist() for name, column in parse(Heads.of(raw), FIELDS, CLOCK).items()}
    families = recognise(raw).os_family.to_pylist()
    wrong = []
    for at, line in enumerate(lines):
        seconds = found["_time"][at]
        time = seconds if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")
        pri = (found["syslog_facility"][at], found["syslog_severity"][at])
        tag = tuple(found[name][at] for name in ("facility", "severity_id", "mnemonic"))
        checks = (
            ("os", families[at], line.os),
            ("host", found["host"][at], line.host),
            ("relay", found["relay"][at], line.relay),
            ("time", time, line.time),
            ("reliable", found["reliable_time"][at], line.reliable),
            ("pri", pri, line.pri or (None, None)),
            *((("sequence", found["sequence"][at], line.sequence),) if line.mnemonic else ()),
            *((("mnemonic", tag, line.mnemonic),) if line.mnemonic else ()),
        )
        wrong += [(line.raw, name, is_, right) for name, is_, right in checks if is_ != right]
    return wrong


def test_what_a_device_writes_itself() -> None:
    lines = list(device_lines())
    assert len(lines) > 2000
    assert problems(lines) == []


def test_relays_around_it() -> None:
    lines = list(relayed_lines())
    assert len(lines) > 5000
    assert problems(lines) == []


def test_kiwi_around_it() -> None:
    assert problems(list(kiwi_lines())) == []


def test_every_system_alone_and_behind_a_relay() -> None:
    assert problems(list(system_lines())) == []
