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
_RESTARTS = ("SYS-5-RELOAD", "SYS-6-BOOTTIME")
"""Near misses that tell of a restart: on a device that never restarted they would be stories of their own."""

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
        name = _CLASS.get(device.os, device.os)
        use = "near" if self._random.random() < NEAR_SHARE and (name, "near") in self._templates else "noise"
        templates = self._templates[name, use]
        (body,) = self._random.choices(templates.texts, cum_weights=templates.weights)
        if any(word in body for word in _RESTARTS):
            return None
        if suppressed and any(identifier in body for identifier in SUPPRESSED):
            return None
        scene = headers.Scene(device, time, "netops", "10.0.0.1", False, self._random, self._domain)
        body = self._filled(body, device, time)
        if device.os == "ftd":
            body = body.replace("%ASA-", "%FTD-")
        if device.os == "panos":
            body = f"1,{time:%Y/%m/%d %H:%M:%S},0118010{device.number:05d},{body}"
        return headers.device_log(scene), headers.syslog(scene, body)

    def _filled(self, body: str, device: Device, time: datetime) -> str:
        drawn = {
            "SLASH": f"{time:%Y/%m/%d %H:%M:%S}",
            "CLOCK": f"{time:%H:%M:%S} UTC {time:%a %b} {time.day} {time.year}",
            "BSD": headers.bsd(time),
        }

        def word(found: re.Match[str]) -> str:
            name = found[1]
            if name == "N":
                return f"{self._random.randrange(100_000):05d}"
            if name not in drawn:
                drawn[name] = messages.WORDS[name.rstrip("2")](self._random)
            return drawn[name]

        return _PLACE.sub(word, body)
