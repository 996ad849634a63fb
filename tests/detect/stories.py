"""Logs of one story as devices and servers write them, and a scan of them with a chain of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bootwatch import app
from bootwatch.detect.correlate import ALONE
from bootwatch.detect.findings import Finding
from bootwatch.detections.pack import Pack, load
from bootwatch.events.clock import Clock

CHAIN = "chain-for-tests"
START = datetime(2025, 11, 19, 7, 16, 5, tzinfo=UTC)
COPY = "copy tftp://192.0.2.9/c2900.bin flash:c2900.bin"
BOOT = "boot system flash:c2900.bin"
NOW = "2025-12-01T00:00:00Z"


@cache
def pack() -> Pack:
    return load([Path(__file__).parent / "pack"])


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def local(minutes: float, command: str, *, host: str = "r1", user: str = "netadm", mark: str = "") -> str:
    """Local accounting, as IOS sends it (aaa accounting, local syslog)."""
    said = f"Username: {user} Privilege level: 15 Command: {command} <cr>"
    return f"<190>4712: {host}: {mark}{_ios(at(minutes))} UTC: %AAAA-6-ACCTLOCAL: {said}"


def tacacs(minutes: float, command: str, *, nas: str = "192.0.2.1", user: str = "netadm") -> str:
    """A record of tac_plus's accounting file."""
    stamp = at(minutes).strftime("%b %e %H:%M:%S")
    pairs = f"stop\ttask_id=20\ttimezone=UTC\tservice=shell\tpriv-lvl=15\tcmd={command} <cr>"
    return f"{stamp} {nas}\t{user}\ttty2\t198.51.100.7\t{pairs}"


def restarted(minutes: float, *, host: str = "r1", stamp: str | None = None) -> str:
    """What IOS writes when it is up again, by default with a clock that was never set."""
    when = "*Mar  1 00:00:46.123" if stamp is None else stamp
    return f"<189>31: {host}: {when} UTC: %SYS-5-RESTART: System restarted --"


def login(minutes: float, *, host: str = "sw9") -> str:
    said = "Login Success [user: netadm] [Source: 198.51.100.7] [localport: 22]"
    return f"<189>88: {host}: {_ios(at(minutes))} UTC: %SEC_LOGIN-5-LOGIN_SUCCESS: {said}"


def chain(host: str = "r1") -> list[str]:
    return [local(0, COPY, host=host), local(5, BOOT, host=host), local(9, "reload", host=host)]


def scanned(
    folder: Path,
    lines: Iterable[str],
    *,
    only: Sequence[str] = (CHAIN, ALONE),
    name: str = "network.log",
    beside: app.Beside | None = None,
) -> list[Finding]:
    """The findings of a log, worst first."""
    file = folder / name
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    scope = app.Scope(clock=Clock.of(NOW))
    return app.scan(app.files([file], scope), scope, pack=pack(), only=only, beside=beside).findings


def essence(found: Iterable[Finding]) -> list[tuple[str, str, int, str]]:
    return [(each.id, each.host, each.score, each.detection) for each in found]


def _ios(moment: datetime) -> str:
    return moment.strftime("%b %e %Y %H:%M:%S.") + f"{moment.microsecond // 1000:03}"
