"""ArcSight's Common Event Format (CEF:0) in a syslog message (RFC 5424) over UDP or TCP (RFC 6587, counted)."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import sink, words
from bootwatch.detect.sinks.http import TIMEOUT_S
from bootwatch.detect.sinks.sink import Retry
from bootwatch.documents.entry import Entry
from bootwatch.version import __version__

_SEVERITIES: Final = {"info": 1, "low": 3, "medium": 5, "high": 8, "critical": 10}
_PRI: Final = 10 * 8 + 4
"""Facility authpriv, severity warning."""


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Cef:
    host: str
    port: int
    transport: Transport

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = f"<{_PRI}>1 {stamp} {socket.gethostname()} bootwatch - - - {line(message, alert)}".encode()
        try:
            if self.transport is Transport.UDP:
                kind = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
                with socket.socket(kind[0], kind[1]) as sock:
                    sock.sendto(text[:65_000], kind[4])
            else:
                with socket.create_connection((self.host, self.port), TIMEOUT_S) as sock:
                    sock.sendall(b"%d %b" % (len(text), text))
        except OSError as exc:
            raise Retry(sink.error_of(exc)) from None


def line(message: Message, alert: dict[str, Any]) -> str:
    """The alert as one line of CEF."""
    finding = alert["finding"]
    head = (
        *("CEF:0", "bootwatch", "bootwatch", __version__, finding["detection"]),
        *(words.plain(finding["title"]), str(_SEVERITIES[str(finding["severity"])])),
    )
    pairs = {
        "externalId": alert["id"],
        "act": message.event,
        "dvchost": finding["host"],
        "suser": ", ".join(finding["users"]),
        "fname": ", ".join(finding["images"]),
        "start": finding["first_time"],
        "end": finding["last_time"],
        "cn1": str(finding["score"]),
        "cn1Label": "score",
        "cs1": ", ".join(finding["techniques"]),
        "cs1Label": "techniques",
        "cs2": ", ".join(finding["sources"]),
        "cs2Label": "sources",
        "msg": finding["evidence"][-1]["_raw"] if finding["evidence"] else "",
    }
    extension = " ".join(f"{key}={_value(value)}" for key, value in pairs.items() if value)
    return "|".join(part.replace("\\", r"\\").replace("|", r"\|") for part in head) + "|" + extension


def _value(text: str) -> str:
    return words.plain(text.replace("\n", "\0")).replace("\\", r"\\").replace("=", r"\=").replace("\ufffd", " ")


def read(item: Entry) -> Cef:
    transport = item.choice("transport", Transport) if item.has("transport") else Transport.UDP
    return Cef(item.text("host"), item.integer("port", 1, 65535) if item.has("port") else 514, transport)
