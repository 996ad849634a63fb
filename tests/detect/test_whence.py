"""Sources of a story are addresses and hosts, those of a login among them; text that is neither is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.detect.stories import local, scanned

from bootwatch import app
from bootwatch.detect.findings import Status
from bootwatch.detect.whence import is_host


def junos(said: str, *, minute: int = 10, process: int = 4711) -> str:
    return f"<190>Nov 19 2025 07:{minute:02}:37 mx1 mgd[{process}]: {said}"


def login(address: str, *, minute: int = 1, process: int = 4711, user: str = "noc") -> str:
    said = f"ssh-connection '{address} 40382 192.0.2.41 22', client-mode 'cli'"
    return junos(
        f"UI_LOGIN_EVENT: User '{user}' login, class 'super-user' [{process}], {said}", minute=minute, process=process
    )


def typed(command: str, *, minute: int = 10, process: int = 4711) -> str:
    return junos(f"UI_CMDLINE_READ_LINE: User 'noc', command '{command} '", minute=minute, process=process)


SHELL = typed("start shell user root")
SOURCES = {
    "the login of the session": ([login("198.51.100.7"), SHELL], ("198.51.100.7",)),
    "the login of the session, not a later one of the account": (
        [login("198.51.100.7"), login("203.0.113.9", minute=5, process=4800), SHELL],
        ("198.51.100.7",),
    ),
    "no other session's login where this one began before the log": (
        [login("198.51.100.7", process=1), login("203.0.113.9", minute=5, process=2), SHELL],
        (),
    ),
    "two sessions": (
        [
            login("198.51.100.7"),
            login("2001:db8::9", minute=5, process=4800),
            SHELL,
            typed("start shell", minute=11, process=4800),
        ],
        ("198.51.100.7", "2001:db8::9"),
    ),
    "a login after the act": ([SHELL, login("198.51.100.7", minute=20)], ()),
    "a login of somebody else": ([login("198.51.100.7", user="other"), SHELL], ()),
}


@pytest.mark.parametrize("case", SOURCES)
def test_where_an_account_of_junos_was_logged_in_from(case: str, tmp_path: Path) -> None:
    lines, sources = SOURCES[case]
    (found,) = scanned(tmp_path, lines)
    assert (found.host, found.sources) == ("mx1", sources)
    assert all("UI_LOGIN_EVENT" not in each.raw for each in found.evidence)


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("copy scp:ops@192.0.2.9/EOS-4.30.1F.swi flash:", "192.0.2.9"),
        ("copy scp:ops@[2001:db8::9]/EOS-4.30.1F.swi flash:", "2001:db8::9"),
        ("copy scp://ops@img.example.net/EOS-4.30.1F.swi flash:", "img.example.net"),
        ("bash timeout 60 scp -P 22 ops@192.0.2.9:EOS-4.30.1F.swi /mnt/flash/", "192.0.2.9"),
    ],
)
def test_the_server_that_eos_copies_from(command: str, server: str, tmp_path: Path) -> None:
    said = f"admin vty6 198.51.100.7 stop task_id=17 service=shell priv-lvl=15 cmd={command} <cr>"
    found = scanned(tmp_path, [f"<165>Nov 19 2025 02:10:44 eos1 Aaa: %ACCOUNTING-6-CMD: {said}"])
    assert [each.sources for each in found] == [("198.51.100.7", server)]


@pytest.mark.parametrize(
    "text", ["192.0.2.9", "2001:db8::9", "fe80::1%eth0", "tftp1", "img.example.net", "nms_1", "10g-host"]
)
def test_what_may_be_a_host(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text", ["", "x", "src=x", "1.2.3", "999.1.1.1", "12345", "a b", "-a", "a..b", "$(id)", "<b>", "a" * 300]
)
def test_what_is_no_host(text: str) -> None:
    assert not is_host(text)


def test_a_typed_word_is_no_source(tmp_path: Path) -> None:
    lines = [local(0, "copy tftp://x/a.bin flash:a.bin"), local(1, "no file verify auto src=x src_ip=y")]
    assert [each.sources for each in scanned(tmp_path, lines)] == [()]


@pytest.mark.parametrize(("address", "status"), [("10.0.0.5", Status.SUPPRESSED), ("10.0.0.66", Status.OPEN)])
def test_a_management_system_on_junos_is_known_by_its_login(address: str, status: Status, tmp_path: Path) -> None:
    allow = tmp_path / "allow.json"
    allow.write_text(json.dumps([{"host": "space1", "ip": "10.0.0.5", "user": "noc"}]))
    command = "request-package-add package-name=/var/tmp/jinstall-ex-4300-21.4R3.15-signed.tgz reboot"
    rpc = junos(f"UI_NETCONF_CMD: User 'noc' used NETCONF client to run command '{command}'")
    beside = app.Beside(allow=(str(allow),))
    (found,) = scanned(tmp_path, [login(address), rpc], beside=beside)
    assert (found.status, found.sources) == (status, (address,))
    assert all("src_ip" not in each.fields for each in found.evidence)


def panos(rest: str) -> str:
    return f"<14>Nov 19 07:05:00 pa1 {rest}"


@pytest.mark.parametrize(("address", "status"), [("10.0.0.5", Status.SUPPRESSED), ("10.0.0.66", Status.OPEN)])
def test_a_management_system_on_panos_is_known_by_its_login(address: str, status: Status, tmp_path: Path) -> None:
    allow = tmp_path / "allow.json"
    allow.write_text(json.dumps([{"host": "runner1", "ip": "10.0.0.5", "user": "noc"}]))
    stamp = "2025/11/19 07:05:00"
    told = f'general,informational,"User noc logged in via REST API from {address}",7,0x0,0,0,0,0,,pa1'
    entered = panos(f"1,{stamp},001801010877,SYSTEM,general,2561,{stamp},,general,,0,0,{told}")
    install = "<request><system><software><install><version>10.1.11</version></install></software></system></request>"
    asked = panos(f'001801010877,{stamp},audit,2561,rest,noc,"{install}",success')
    (found,) = scanned(tmp_path, [entered, asked], beside=app.Beside(allow=(str(allow),)))
    assert (found.status, found.sources) == (status, (address,))
