"""Juniper Junos: BSD stamps, stamps with milliseconds and year, and structured RFC 5424."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from tests.detect.sampling.afternoon import Line, at, moments


def junos(random: Random) -> str:
    lines: list[Line] = []
    for when in moments(random, 330):
        lines += _flow(random, when)
    for when in moments(random, 12):
        command = "/usr/libexec/atrun" if random.random() < 0.7 else "newsyslog"
        lines.append((when, "fw-paris-1", f"<77>cron[{random.randint(40000, 60000)}]: (root) CMD ({command})"))
    for when in moments(random, 8):
        port = f"ifIndex {random.randint(510, 540)}, ifAdminStatus up(1), ifOperStatus"
        name = f"ge-0/0/{random.randint(2, 9)}"
        lines.append((when, "mx-core-1", f"<28>mib2d[1744]: SNMP_TRAP_LINK_DOWN: {port} down(2), ifName {name}"))
        later = when + timedelta(seconds=random.uniform(1, 30))
        lines.append((later, "mx-core-1", f"<29>mib2d[1744]: SNMP_TRAP_LINK_UP: {port} up(1), ifName {name}"))
    for when in moments(random, 4):
        peer = f"BGP peer 192.0.2.{random.randint(1, 30)} (External AS 64500) changed state"
        for after, change in ((0, "Established to Idle (event RecvNotify)"), (34, "OpenConfirm to Established")):
            text = f"<28>rpd[1612]: RPD_BGP_NEIGHBOR_STATE_CHANGED: {peer} from {change} (instance master)"
            lines.append((when + timedelta(seconds=after), "mx-core-1", text))
    for host, begin in (("mx-core-1", at("14:40:11.204")), ("fw-paris-1", at("16:55:02.910"))):
        lines += _junos_session(host, begin)
    return "\n".join(_junos_header(*line) for line in sorted(lines)) + "\n"


def _junos_header(when: datetime, host: str, text: str) -> str:
    pri, body = text.split(">", 1)
    if host == "fw-paris-2":
        return f"{pri}>1 {when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z {host} {body}"
    if host == "mx-core-1":
        return f"{pri}>{when:%b} {when.day:>2} {when:%H:%M:%S}.{when.microsecond // 1000:03d} {when:%Y}  {host} {body}"
    return f"{pri}>{when:%b} {when.day:>2} {when:%H:%M:%S} {host} {body}"


def _flow(random: Random, when: datetime) -> Iterator[Line]:
    inside, outside = f"10.62.{random.randint(0, 3)}.{random.randint(2, 250)}", f"203.0.113.{random.randint(1, 254)}"
    port, (service, number, protocol) = (
        random.randint(1024, 65000),
        random.choice(
            (("junos-https", 443, 6), ("junos-dns-udp", 53, 17), ("junos-http", 80, 6), ("junos-ntp", 123, 17))
        ),
    )
    nat = f"198.51.100.9/{random.randint(1024, 65000)}"
    session = random.randint(4000, 64000)
    if random.random() < 0.2:
        elements = {
            "source-address": inside,
            "source-port": port,
            "destination-address": outside,
            "destination-port": number,
            "service-name": service,
            "protocol-id": protocol,
            "policy-name": "outbound",
            "source-zone-name": "trust",
            "destination-zone-name": "untrust",
            "session-id-32": session,
        }
        data = " ".join(f'{key}="{value}"' for key, value in elements.items())
        yield (
            when,
            "fw-paris-2",
            f"<14>RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 {data}] session created",
        )
        return
    flow = f"{inside}/{port}->{outside}/{number} {service} {nat}->{outside}/{number}"
    policy = f"outbound None {protocol} outbound trust untrust {session} N/A(N/A) ge-0/0/1.0"
    yield when, "fw-paris-1", f"<14>RT_FLOW: RT_FLOW_SESSION_CREATE: session created {flow} {policy}"


def _junos_session(host: str, begin: datetime) -> Iterator[Line]:
    user, pid = "p.lenoir", 48601
    yield begin, host, f"<38>sshd[{pid - 3}]: Accepted publickey for {user} from 10.20.0.52 port 40382 ssh2"
    connection = "ssh-connection '10.20.0.52 40382 10.20.0.2 22', client-mode 'cli'"
    event = f"UI_LOGIN_EVENT: User '{user}' login, class 'j-super-user' [{pid}], {connection}"
    yield begin + timedelta(seconds=1), host, f"<190>mgd[{pid}]: {event}"
    commands = (
        "show version ",
        "show system storage ",
        "show log messages ",
        "configure ",
        "commit and-quit ",
        "exit ",
    )
    for number, command in enumerate(commands):
        text = f"UI_CMDLINE_READ_LINE: User '{user}', command '{command}'"
        yield begin + timedelta(seconds=12 + 17 * number), host, f"<190>mgd[{pid}]: {text}"
    text = f"UI_COMMIT: User '{user}' requested 'commit' operation (comment: description of ge-0/0/7)"
    yield begin + timedelta(seconds=81), host, f"<189>mgd[{pid}]: {text}"
