"""Ordinary messages around the stories: the mix of ``bench/messages.txt``, with ``noise.txt`` for other systems."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench import messages
from bench.scenarios import headers
from bench.scenarios.world import Device

PER_HOUR = {
    "ios": 13,
    "iosxe": 20,
    "iosxr": 15,
    "nxos": 30,
    "asa": 60,
    "ftd": 60,
    "junos": 40,
    "panos": 40,
    "eos": 15,
    "fortios": 40,
}
"""Messages of one device in an hour near its story: an access switch as measured, busy systems scaled down."""

NEAR_SHARE = 0.02

QUIET_PER_HOUR = 1.5
"""The same on the other days."""

SUPPRESSED = ("302013", "302014", "609002", "710005")
"""Session messages an implant on an ASA keeps back."""

_CLASS = {
    "ios": "access",
    "iosxe": "router",
    "nxos": "nexus",
    "asa": "asa",
    "ftd": "asa",
    "junos": "junos",
    "panos": "pan",
}
_TELLING = ("SYS-5-RELOAD", "SYS-6-BOOTTIME", "copy running-config https:")
"""Near misses of the page that are stories of their own: a restart, a configuration that goes to a public address."""

_PLACE = re.compile(r"\{(\w+)\}")


class Noise:
    """Draws messages of a device; templates of the page's near misses come in two of a hundred."""

    def __init__(self, random: Random, domain: str) -> None:
        self._random = random
        self._domain = domain
        self._templates = messages.load() | messages.load(Path(__file__).with_name("noise.txt"))

    def times(self, first: datetime, last: datetime, per_hour: float) -> list[datetime]:
        """Moments between two times, at random and not evenly."""
        hours = (last - first) / timedelta(hours=1)
        found, at = [], 0.0
        while (at := at + self._random.expovariate(per_hour)) < hours:
            found.append(first + timedelta(hours=at))
        return found

    def line(self, device: Device, time: datetime, suppressed: bool = False) -> headers.Line | None:
        """One message; None where an implant keeps it back."""
        body = self.body(device.os)
        if any(word in body for word in _TELLING) or (suppressed and any(number in body for number in SUPPRESSED)):
            return None
        scene = headers.Scene(device, time, "netops", "10.0.0.1", False, self._random, self._domain)
        return headers.device_log(scene), headers.syslog(scene, self.stamped(body, device, time))

    def body(self, os: str, near_share: float = NEAR_SHARE) -> str:
        """A message without header, filled but for its stamps."""
        name = _CLASS.get(os, os)
        use = "near" if self._random.random() < near_share and (name, "near") in self._templates else "noise"
        templates = self._templates[name, use]
        (body,) = self._random.choices(templates.texts, cum_weights=templates.weights)
        drawn: dict[str, str] = {}

        def word(found: re.Match[str]) -> str:
            name = found[1]
            if name == "N":
                return f"{self._random.randrange(100_000):05d}"
            if name in messages.HOLES:
                return found[0]
            if name not in drawn:
                drawn[name] = messages.WORDS[name.rstrip("2")](self._random)
            return drawn[name]

        body = _PLACE.sub(word, body)
        return body.replace("%ASA-", "%FTD-") if os == "ftd" else body

    def stamped(self, body: str, device: Device, time: datetime) -> str:
        """The message with its stamps; PAN-OS puts two more fields before it."""
        if device.os == "panos":
            body = f"1,{{SLASH}},0118010{device.number:05d},{body}"
        if "{" in body:
            body = body.replace("{SLASH}", f"{time:%Y/%m/%d %H:%M:%S}").replace("{BSD}", headers.bsd(time))
            body = body.replace("{CLOCK}", f"{time:%H:%M:%S} UTC {time:%a %b} {time.day} {time.year}")
        return body
