"""Cisco IOS: `<PRI>count: origin: stamp zone: %FACILITY-SEVERITY-MNEMONIC: text`; the replacement and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from tests.detect.sampling.afternoon import HOURS, START, Line, at, moments

OLD_IMAGE = "c2800nm-advipservicesk9-mz.151-4.M10.bin"
NEW_IMAGE = "c2800nm-advipservicesk9-mz.151-4.M12a.bin"
INTRUDER = "198.51.100.23"
DROP = "203.0.113.45"


def cisco(random: Random) -> str:
    lines: list[Line] = []
    for switch in ("acc-sw-12", "acc-sw-14", "acc-sw-21", "acc-sw-22"):
        lines += _access_switch(random, switch)
    lines += _access_list(random, "hq-core-rtr1", 190)
    for router in ("br-lyon-rtr1", "br-porto-rtr1"):
        lines += _branch(random, router)
    lines += _replacement("br-lyon-rtr1") + _audit("br-porto-rtr1") + _change("acc-sw-21")
    counters = {"br-lyon-rtr1": 48210, "br-porto-rtr1": 3977, "hq-core-rtr1": 3132807}
    out = []
    for when, host, text in sorted(lines):
        counters[host] = counters.get(host, 100 * len(host) + 17) + 1
        if "%SYS-5-RESTART" in text:
            counters[host] = 31
        severity = int(text.split("-", 2)[1]) if text[1:].split(":")[0].count("-") == 2 else 5
        unset = host == "br-lyon-rtr1" and at("14:13:00.000") < when < at("14:17:00.000")
        stamp = f"{when:%b} {when.day:>2} {when:%Y %H:%M:%S}.{when.microsecond // 1000:03d} UTC"
        number = f"{counters[host]}: " if host == "hq-core-rtr1" else ""
        out.append(f"<{23 * 8 + severity}>{counters[host]}: {host}: {number}{'*' if unset else ''}{stamp}: {text}")
    return "\n".join(out) + "\n"


def _access_switch(random: Random, host: str) -> Iterator[Line]:
    flapping = f"GigabitEthernet1/0/{random.randint(1, 24)}"
    for when in moments(random, 21):
        port = flapping if random.random() < 0.47 else f"GigabitEthernet1/0/{random.randint(1, 48)}"
        for state, after in (("down", 0.0), ("up", random.uniform(2, 40))):
            moment = when + timedelta(seconds=after)
            if random.random() < 0.48:
                yield moment, host, f"%LINK-3-UPDOWN: Interface {port}, changed state to {state}"
                moment += timedelta(seconds=1.004)
            yield moment, host, f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {port}, changed state to {state}"
    for when in moments(random, 5):
        mac = ".".join(f"{random.randrange(65536):04x}" for _ in range(3))
        ports = f"port Gi1/0/{random.randint(1, 24)} and port Gi1/0/{random.randint(25, 48)}"
        yield (
            when,
            host,
            f"%SW_MATM-4-MACFLAP_NOTIF: Host {mac} in vlan {random.choice((10, 20, 110))} is flapping between {ports}",
        )
    when = START + timedelta(seconds=random.uniform(600, 15_000))
    port = f"GigabitEthernet1/0/{random.randint(1, 48)}"
    yield (
        when,
        host,
        f"%STORM_CONTROL-3-SHUTDOWN: A packet storm was detected on {port}. The interface has been disabled.",
    )
    when += timedelta(milliseconds=4)
    yield when, host, f"%PM-4-ERR_DISABLE: storm-control error detected on {port}, putting {port} in err-disable state"
    when += timedelta(seconds=300)
    yield when, host, f"%PM-4-ERR_RECOVER: Attempting to recover from storm-control err-disable state on {port}"
    yield from _session(host, "svc-rancid", "10.20.0.31", START + timedelta(seconds=random.uniform(60, 17_000)), 14)


def _access_list(random: Random, host: str, count: int) -> Iterator[Line]:
    for when in moments(random, count):
        network, port = random.choice(("192.0.2", "198.51.100", "203.0.113")), random.randint(1024, 65000)
        source = f"{network}.{random.randint(1, 254)}({port})"
        wanted = random.choice((22, 23, 443, 445, 3389, 8291))
        target = f"10.54.{random.randint(0, 7)}.{random.randint(2, 250)}({wanted})"
        packets = random.choice(("1 packet", "1 packet", "4 packets", "17 packets"))
        yield when, host, f"%SEC-6-IPACCESSLOGP: list INET-IN denied tcp {source} -> {target}, {packets}"
    for when in moments(random, 4):
        peer = f"172.16.46.{random.randint(2, 9)}"
        yield when, host, f"%BGP-5-ADJCHANGE: neighbor {peer} Down BGP Notification sent"
        yield when + timedelta(seconds=31.2), host, f"%BGP-5-ADJCHANGE: neighbor {peer} Up"
    lost = at("14:09:40.118")
    interface = "GigabitEthernet0/0/1.45"
    text = f"%OSPF-5-ADJCHG: Process 1, Nbr 172.16.46.4 on {interface}"
    yield lost, host, f"{text} from FULL to DOWN, Neighbor Down: Dead timer expired"
    yield lost + timedelta(seconds=271), host, f"{text} from LOADING to FULL, Loading Done"


def _branch(random: Random, host: str) -> Iterator[Line]:
    for when in moments(random, 14):
        if not at("14:09:00.000") < when < at("14:15:00.000"):
            interface, state = f"FastEthernet0/1.{random.choice((10, 20))}", random.choice(("down", "up"))
            text = f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {interface}, changed state to {state}"
            yield when, host, text
    for hour in range(HOURS):
        begin = START + timedelta(hours=hour, seconds=random.uniform(1_000, 1_400))
        yield from _session(host, "svc-rancid", "10.20.0.31", begin, random.uniform(6, 11))


def _session(host: str, user: str, source: str, begin: datetime, seconds: float) -> Iterator[Line]:
    end = begin + timedelta(seconds=seconds)
    clock = f"{begin:%H:%M:%S} UTC {begin:%a %b} {begin.day} {begin:%Y}"
    yield (
        begin,
        host,
        f"%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: {user}] [Source: {source}] [localport: 22] at {clock}",
    )
    yield end, host, f"%SYS-6-LOGOUT: User {user} has exited tty session 1({source})"


def _typed(host: str, user: str, commands: dict[str, str]) -> Iterator[Line]:
    for clock, command in commands.items():
        yield at(clock), host, f"%AAAA-6-ACCTLOCAL: Username: {user} Privilege level: 15 Command: {command} <cr>"


def _configured(host: str, user: str, commands: dict[str, str]) -> Iterator[Line]:
    for clock, command in commands.items():
        yield at(clock), host, f"%PARSER-5-CFGLOG_LOGGEDCMD: User:{user}  logged command:{command}"


def _replacement(host: str) -> list[Line]:
    """Somebody with a service account's password puts another image on a 2811 and boots it."""
    user = "svc-backup"
    version = (
        "Cisco IOS Software, 2800 Software (C2800NM-ADVIPSERVICESK9-M), Version 15.1(4)M12a, RELEASE SOFTWARE (fc1)"
    )
    interface = "%LINEPROTO-5-UPDOWN: Line protocol on Interface FastEthernet0/"
    return [
        *_session(host, user, INTRUDER, at("13:58:12.340"), 663),
        *_typed(
            host,
            user,
            {
                "13:58:31.102": "show version",
                "13:58:52.870": "dir flash:",
                "14:01:37.215": f"copy tftp://{DROP}/{NEW_IMAGE} flash:{NEW_IMAGE}",
                "14:07:16.640": "configure terminal",
                "14:08:20.981": "write memory",
                "14:09:11.407": "reload",
            },
        ),
        *_configured(
            host,
            user,
            {
                "14:07:17.019": "!exec: enable",
                "14:07:31.552": f"no boot system flash:{OLD_IMAGE} ",
                "14:07:44.260": f"boot system flash:{NEW_IMAGE} ",
            },
        ),
        (at("14:08:03.114"), host, f"%SYS-5-CONFIG_I: Configured from console by {user} on vty0 ({INTRUDER})"),
        (
            at("14:09:15.733"),
            host,
            f"%SYS-5-RELOAD: Reload requested by {user} on vty0 ({INTRUDER}). Reload Reason: Reload Command.",
        ),
        (at("14:13:48.004"), host, f"%SYS-5-RESTART: System restarted -- {version}"),
        (at("14:13:49.512"), host, f"{interface}0, changed state to up"),
        (at("14:13:49.744"), host, f"{interface}1, changed state to up"),
        (at("14:13:52.080"), host, "%SSH-5-ENABLED: SSH 2.0 has been enabled"),
        (
            at("14:14:11.291"),
            host,
            "%OSPF-5-ADJCHG: Process 1, Nbr 172.16.46.1 on FastEthernet0/0 from LOADING to FULL, Loading Done",
        ),
        *_session(host, user, INTRUDER, at("14:21:40.663"), 96),
        *_typed(host, user, {"14:22:08.159": "show version", "14:22:51.930": f"delete /force flash:{OLD_IMAGE}"}),
    ]


def _audit(host: str) -> list[Line]:
    """An auditor looks at a router and changes nothing."""
    commands = (
        "show version",
        "show boot",
        "dir all-filesystems",
        "show file systems",
        "verify /md5 system:memory/text",
    )
    typed = {f"15:3{2 + n}:{17 + 5 * n}.{204 + 31 * n}": command for n, command in enumerate(commands)}
    return [*_session(host, "audit.ines", "10.20.0.88", at("15:31:40.511"), 340), *_typed(host, "audit.ines", typed)]


def _change(host: str) -> list[Line]:
    """A port is moved to another VLAN and the configuration is kept on a server: copied out, not in."""
    user, source = "j.mercier", "10.20.0.52"
    commands = {"16:12:20.300": "interface GigabitEthernet1/0/17", "16:12:26.801": " switchport access vlan 20"}
    return [
        *_session(host, user, source, at("16:12:02.115"), 118),
        *_configured(host, user, commands),
        (at("16:12:41.022"), host, f"%SYS-5-CONFIG_I: Configured from console by {user} on vty0 ({source})"),
        (at("16:13:06.470"), host, "%HA_EM-6-LOG: catchall: copy running-config tftp://10.20.0.15/acc-sw-21.cfg"),
    ]
