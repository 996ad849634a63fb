"""Palo Alto PAN-OS: comma separated, a BSD header before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from tests.detect.sampling.afternoon import at, moments


def panos(random: Random) -> str:
    numbers = {"fw-dmz-1": 7_301_000, "fw-dmz-2": 412_000}
    drafts: list[tuple[datetime, str, str, Callable[[int], str]]] = []
    for when in moments(random, 270):
        host = random.choice(("fw-dmz-1", "fw-dmz-1", "fw-dmz-2"))
        drafts.append((when, host, "14", _traffic(random, when, host)))
    for when, host, kind, severity, text in _panos_system(random):
        drafts.append(
            (when, host, "14" if severity == "informational" else "12", _system(when, host, kind, severity, text))
        )
    for when, command, path in (
        (at("15:20:14.250"), "set", " vsys  vsys1 rulebase security rules web-out"),
        (at("15:21:40.031"), "edit", " vsys  vsys1 rulebase security rules web-out"),
        (at("15:22:09.777"), "commit", ""),
    ):
        drafts.append((when, "fw-dmz-1", "14", _config(when, "fw-dmz-1", command, path)))
    out = []
    for when, host, pri, write in sorted(drafts, key=lambda draft: draft[:3]):
        numbers[host] += 1
        out.append(f"<{pri}>{when:%b} {when.day:>2} {when:%H:%M:%S} {host} {write(numbers[host])}")
    return "\n".join(out) + "\n"


SERIAL = {"fw-dmz-1": "007200001056", "fw-dmz-2": "007200001057"}


def _panos_system(random: Random) -> Iterator[tuple[datetime, str, str, str, str]]:
    for when in moments(random, 9):
        text = f"BGP peer session left established state. Peer: isp-{random.randint(1, 2)}"
        yield when, "fw-dmz-1", "routing", "high", text
    for when in moments(random, 8):
        text = f"IKE phase-2 negotiation is succeeded as initiator, quick mode. SPI:0x{random.randrange(1 << 32):08X}"
        yield when, "fw-dmz-2", "vpn", "informational", text
    for host, clock in (("fw-dmz-1", "13:12:07.410"), ("fw-dmz-2", "13:14:31.002")):
        yield (
            at(clock),
            host,
            "general",
            "informational",
            "Installed contents package: panupv2-all-contents-8676-7858.tgz",
        )
        package = "Content package upgraded from version 8671-7826 to 8676-7858 by Auto update agent"
        yield at(clock) + timedelta(seconds=41), host, "general", "informational", package
    text = "User admin.claire logged in via Web from 10.20.0.52 using https"
    yield at("15:18:33.916"), "fw-dmz-1", "general", "informational", text
    yield at("16:02:11.088"), "fw-dmz-1", "general", "informational", "Connection to Update server closed: 203.0.113.80"


def _slashed(when: datetime) -> str:
    return f"{when:%Y/%m/%d %H:%M:%S}"


def _high(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+00:00"


def _system(when: datetime, host: str, kind: str, severity: str, text: str) -> Callable[[int], str]:
    time = _slashed(when)
    begin = f"1,{time},{SERIAL[host]},SYSTEM,{kind},2561,{time},,general,,0,0,general,{severity},"
    return lambda number: f'{begin}"{text}",{number},0x0,0,0,0,0,,{host},0,0,{_high(when)}'


def _config(when: datetime, host: str, command: str, path: str) -> Callable[[int], str]:
    time = _slashed(when)
    begin = f"1,{time},{SERIAL[host]},CONFIG,0,2561,{time},10.20.0.52,,{command},admin.claire,Web,Succeeded,{path},"
    return lambda number: f"{begin}{number},0x0,0,0,0,0,,{host},0,,0,{_high(when)}"


def _traffic(random: Random, when: datetime, host: str) -> Callable[[int], str]:
    began = when - timedelta(seconds=random.randint(1, 300))
    app, port = random.choice((("ssl", 443), ("dns", 53), ("web-browsing", 80), ("ntp", 123), ("quic", 443)))
    source, target = f"10.71.{random.randint(0, 3)}.{random.randint(2, 250)}", f"203.0.113.{random.randint(1, 254)}"
    sent, received = random.randint(60, 20_000), random.randint(60, 90_000)
    out, back = max(1, sent // 400), max(1, received // 900)
    ports = f"{random.randint(1024, 65000)},{port},{random.randint(1024, 65000)},{port}"
    time, protocol = _slashed(when), "udp" if port in (53, 123) else "tcp"
    end = random.choice(("tcp-fin", "tcp-rst-from-client", "aged-out")) if protocol == "tcp" else "aged-out"
    head = f"1,{time},{SERIAL[host]},TRAFFIC,end,2561,{time},{source},{target},198.51.100.7,{target},web-out,,,{app}"
    route = (
        f"vsys1,trust,untrust,ethernet1/2,ethernet1/1,to-syslog,{time},{random.randint(1, 99999)},1,{ports},0x400053"
    )
    counts = f"{protocol},allow,{sent + received},{sent},{received},{out + back}"
    elapsed = int((when - began).total_seconds())
    tail = f"10.0.0.0-10.255.255.255,United States,0,{out},{back},{end},0,0,0,0,,{host},from-policy,,,0,,0,,N/A,0,0,0,0"
    rule = f"ace432fe-a9f2-5a1e-327a-91fdce00{random.randrange(65536):04x},0"
    body = f"{head},{route},{counts},{_slashed(began)},{elapsed},any,0"
    return lambda number: f"{body},{number},0x0,{tail},{rule}"
