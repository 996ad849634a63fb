"""An act and the header its device puts before a message: one form a device, chosen by its number.

One relay and one configuration keep to one form; forms follow the vendors' message guides and RFC 3164 and 5424.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from bench.scenarios.world import Device

_BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Scene:
    """An act: when (UTC), on what, by whom and from where, and the numbers that differ from line to line."""

    device: Device
    time: datetime
    user: str
    source: str
    failed: bool
    random: Random
    domain: str

    @property
    def number(self) -> int:
        """A counter: it rises with time, as a device's own does."""
        return 1000 + int(self.time.timestamp()) % 10_000_000 // 7

    @property
    def port(self) -> int:
        return self.random.randrange(20_000, 65_000)

    @property
    def tty(self) -> str:
        return f"{('vty', 'tty')[self.device.number % 2]}{1 + self.device.number % 4}"


Line = tuple[str, str]
"""The log it is collected in (the variant of a file per source) and the text."""


def syslog(scene: Scene, body: str, severity: int = 5) -> str:
    """A message in the header form of its device."""
    return _HEADERS[scene.device.os](scene, body, 184 + severity)


def bsd(time: datetime, millis: bool = False) -> str:
    return f"{time:%b} {time.day:2d} {time:%H:%M:%S}" + (f".{time.microsecond // 1000:03d}" if millis else "")


def _ios_header(scene: Scene, body: str, priority: int) -> str:
    host, number, time = scene.device.name, scene.number, scene.time
    berlin = time.astimezone(_BERLIN)
    match scene.device.number % 6:
        case 0:
            stamp = f"{time:%b} {time.day:2d} {time:%Y %H:%M:%S}.{time.microsecond // 1000:03d} UTC"
            return f"<{priority}>{number}: {host}: {number - 4}: {stamp}: {body}"
        case 1:
            return f"{bsd(time)} {host} {number}: {bsd(time, True)}: {body}"
        case 2:  # a relay that resolves no names
            return f"{bsd(time)} {scene.device.ip} {number}: {number - 3}: {bsd(time, True)} UTC: {body}"
        case 3:  # a clock that was never set, and is right by chance
            return f"<{priority}>{number}: {host}: *{bsd(time, True)}: {body}"
        case 4:  # a device on local time behind a relay that writes ISO stamps
            return f"{time:%Y-%m-%dT%H:%M:%S}+00:00 {host} {number}: {bsd(berlin, True)} {berlin:%Z}: {body}"
        case _:
            return f"<{priority}>{time:%Y-%m-%dT%H:%M:%S.%f}+00:00 {host} {body}"


def _xr_header(scene: Scene, body: str, priority: int) -> str:
    node = ("RP/0/RP0/CPU0", "RP/0/RSP0/CPU0")[scene.device.platform.startswith("ASR")]
    if scene.device.number % 2:
        return f"{bsd(scene.time)} {scene.device.name} {scene.number}: {node}:{bsd(scene.time, True)} UTC: {body}"
    return f"<{priority}>{scene.number}: {scene.device.name} {node}:{bsd(scene.time, True)} : {body}"


def _nx_header(scene: Scene, body: str, priority: int) -> str:
    time, host = scene.time, scene.device.name
    year = f"{time:%Y %b} {time.day:2d} {time:%H:%M:%S}"
    match scene.device.number % 3:
        case 0:
            return f"<{priority}>{bsd(time)} {host} : {year} UTC: {body}"
        case 1:
            return f"{bsd(time)} {host} : {year}.{time.microsecond // 1000:03d} UTC: {body}"
        case _:
            return f"{bsd(time)} {scene.device.ip} : {year} UTC: {body}"


def _asa_header(scene: Scene, body: str, priority: int) -> str:
    time, host = scene.time, scene.device.name
    match scene.device.number % 3:
        case 0:
            return f"<{priority - 20}>{time:%b} {time.day:2d} {time:%Y %H:%M:%S} {host} : {body}"
        case 1:
            return f"{bsd(time)} {host} {body}"
        case _:
            return f"{bsd(time)} {host} :{time:%Y-%m-%dT%H:%M:%S}Z: {body}"


def _junos_header(scene: Scene, body: str, priority: int) -> str:
    time, host = scene.time, scene.device.name
    match scene.device.number % 3:
        case 0:
            return f"{bsd(time)}  {host} {body}"
        case 1:
            return f"<{priority}>{bsd(time)} {host} {body}"
        case _:
            return f"{bsd(time, True)} {time:%Y}  {host} {body}"


def _pan_header(scene: Scene, body: str, priority: int) -> str:
    if scene.device.number % 3 == 2:
        return f"<14>1 {scene.time:%Y-%m-%dT%H:%M:%S}+00:00 {scene.device.name} - - - - {body}"
    return f"<14>{bsd(scene.time)} {scene.device.name} {body}"


def _eos_header(scene: Scene, body: str, priority: int) -> str:
    start = f"<{priority}>" if scene.device.number % 2 else ""
    return f"{start}{bsd(scene.time)} {scene.device.name} {body}"


def _fortios_header(scene: Scene, body: str, priority: int) -> str:
    time, device = scene.time, scene.device
    start = f"{bsd(time)} {device.ip} " if device.number % 3 == 1 else f"<{priority}>"
    unit = f'devname="{device.name}" devid="{device.platform}TK{device.serial[-6:]}"'
    clock = f'eventtime={int(time.timestamp() * 1e9)} tz="+0000"'
    return f"{start}date={time:%Y-%m-%d} time={time:%H:%M:%S} {unit} {clock} {body}"


_HEADERS: dict[str, Callable[[Scene, str, int], str]] = {
    "ios": _ios_header,
    "iosxe": _ios_header,
    "iosxr": _xr_header,
    "nxos": _nx_header,
    "asa": _asa_header,
    "ftd": _asa_header,
    "junos": _junos_header,
    "panos": _pan_header,
    "eos": _eos_header,
    "fortios": _fortios_header,
}

_LOGS = {"asa": "firewalls", "ftd": "firewalls", "junos": "firewalls", "fortios": "firewalls", "panos": "panos"}


def device_log(scene: Scene) -> str:
    """The log of a device's own messages, in the variant of a file per source."""
    return _LOGS.get(scene.device.os, "network")
