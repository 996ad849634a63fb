"""The inventory: which devices there are, by what names and addresses, and what they are there for.

JSON and CSV hold the contract's ``[{"host","ip","vendor_os","platform","version","role"}]``, TOML the same as tables
``[[devices]]``; NetBox's device export is read in ``netbox.py``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bootwatch.detect.tuning import netbox, places
from bootwatch.detect.tuning.places import Address, Network
from bootwatch.detections.samples import OsFamily
from bootwatch.documents import tables
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

REPLACED_FOR: Final = timedelta(days=7)
"""How long after its replacement a device may still be set up."""

_MOST_NAMED: Final = 8
_WIDEST: Final = (8, 16)
_TRIAL: Final = frozenset(("lab", "staging"))
_ROLES: Final = ("production", "lab", "staging")
"""Roles that mean something here. Teams have others; those are kept, and change no score."""
_NEAR: Final = 0.8
_SHORT: Final = 4
_BETWEEN: Final = re.compile(r"[\s_./-]+")
_MAKER: Final = re.compile(r"^(?:cisco|juniper|paloalto(?:networks)?|arista|fortinet)(?=.)")
_SPELLED: Final = {"xe": "iosxe", "xr": "iosxr", "nx": "nxos", "fortigate": "fortios"}
_ROLE_WORD: Final = re.compile(r"[a-z]+")
_KEYS: Final = (
    "host", "ip", "vendor_os", "platform", "version", "role", "serial", "previous_serial", "replaced", "aliases",
    "members", "peer", "management_nets", "eol", "zone", "site",
)  # fmt: skip
_COLUMNS: Final = {key: key for key in _KEYS} | {
    "hostname": "host", "name": "host", "device": "host", "ip_address": "ip", "address": "ip", "primary_ip": "ip",
    "os": "vendor_os", "model": "platform", "alias": "aliases", "serial_number": "serial", "end_of_life": "eol",
    "management_net": "management_nets",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Device:
    """One device, or several that answer as one (a stack, a cluster).

    ``host`` is the name findings carry; ``addresses``, ``aliases`` and ``members`` (of a stack or a cluster) lead to
    it, ``peer`` is the other half of a pair. ``management_nets`` is empty where nobody said from where the device is
    managed. ``previous_serial`` and ``replaced`` (a day) record that the hardware was exchanged.
    """

    host: str
    vendor_os: OsFamily | None
    where: str
    addresses: tuple[Address, ...] = ()
    platform: str | None = None
    version: str | None = None
    role: str | None = None
    serial: str | None = None
    previous_serial: str | None = None
    replaced: date | None = None
    aliases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    peer: str | None = None
    management_nets: tuple[Network, ...] = ()
    end_of_life: date | None = None
    site: str | None = None

    @property
    def on_trial(self) -> str | None:
        """``lab`` or ``staging`` where the role says so."""
        return next((word for word in _words(self.role) if word in _TRIAL), None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Devices by every name and address they go by, in lower case."""

    devices: tuple[Device, ...] = ()
    _known: Mapping[str, Device] = field(default_factory=lambda: MappingProxyType({}))
    _short: Mapping[str, Device] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, devices: Iterable[Device]) -> Inventory:
        """Raises ContentError where two devices share a name or an address."""
        held = tuple(devices)
        known: dict[str, Device] = {}
        for device in held:
            for name in _names(device):
                first = known.setdefault(name, device)
                if first is not device:
                    path, _, line = device.where.rpartition(":")
                    message = f"'{name}' is {device.host} here and {first.host} at {first.where}"
                    raise ContentError(message, path=path, line=int(line))
        short: dict[str, Device | None] = {}
        for name, device in known.items():
            label = name.split(".")[0]
            if places.address(name) is None and short.setdefault(label, device) is not device:
                short[label] = None
        return cls(held, MappingProxyType(known), MappingProxyType({k: d for k, d in short.items() if d is not None}))

    def device(self, host: str) -> Device | None:
        """By name, alias or address, ignoring case; a name without its domain, or with one, where only one fits."""
        bare = host.strip().lower().rstrip(".")
        found = self._known.get(bare)
        if found is not None:
            return found
        address = places.address(bare)
        if address is not None:
            return self._known.get(str(address))
        label, _, domain = bare.partition(".")
        found = self._short.get(label)
        if found is None or (domain and any("." in name for name in _names(found) if name.split(".")[0] == label)):
            return None  # r1.a.example is not r1.b.example
        return found

    def remarks(self) -> Iterator[str]:
        """One for each file with roles of which nothing follows: a word for lab in another language is one of them."""
        files: dict[str, dict[str, str]] = {}
        for device in self.devices:
            if device.role is not None and not set(_ROLES).intersection(_words(device.role)):
                files.setdefault(device.where.rpartition(":")[0], {}).setdefault(device.role, device.where)
        for roles in files.values():
            (role, where), *others = roles.items()
            named = ", ".join(f"'{other}'" for other, _ in others[:_MOST_NAMED])
            verb = "does" if len(others) == 1 else "do"
            more = f", nor {verb} {named}{' …' if len(others) > _MOST_NAMED else ''}" if others else ""
            yield f"{where}: the role '{role}' changes no score{more}; known: {', '.join(_ROLES)}"

    def name_of(self, host: str) -> str:
        found = self.device(host)
        return host if found is None else found.host


def read(paths: Iterable[Path]) -> Inventory:
    """The devices of all files. Raises ContentError."""
    return Inventory.of(device for path in paths for device in _file(path))


def _file(path: Path) -> Iterator[Device]:
    text, name = tables.text_of(path), str(path)
    match path.suffix.lower():
        case ".json":
            entries = tables.of_json(text, name, inside="results")
            if entries and netbox.is_export(entries[0]):
                yield from (_netbox(netbox.read(entry), entry) for entry in entries if places.given(entry, "name"))
                return
        case ".csv":
            entries = tables.of_csv(text, name, _COLUMNS, needed=("host", "vendor_os")).rows
        case ".toml":
            entries = tables.of_toml(text, name, "devices")
        case _:
            raise ContentError("cannot tell what it holds by its name; accepted: .json, .csv, .toml", path=path)
    yield from map(_device, entries)


def _device(entry: Entry) -> Device:
    found = Device(
        host=places.named(entry, "host"),
        addresses=places.addresses(entry, "ip"),
        vendor_os=_family(entry),
        where=f"{entry.path}:{entry.line}",
        platform=places.optional(entry, "platform"),
        version=places.optional(entry, "version"),
        role=_role(entry),
        serial=places.optional(entry, "serial"),
        previous_serial=places.optional(entry, "previous_serial"),
        replaced=_day(entry, "replaced"),
        aliases=places.names(entry, "aliases"),
        members=places.names(entry, "members"),
        peer=places.optional(entry, "peer"),
        management_nets=places.networks(entry, "management_nets", *_WIDEST),
        end_of_life=_day(entry, "eol"),
        site=places.optional(entry, "site") or places.optional(entry, "zone"),
    )
    entry.has("zone")
    if found.previous_serial is not None and found.previous_serial == found.serial:
        raise entry.error("previous_serial", f"'previous_serial' is the serial number it has now ({found.serial})")
    entry.done()
    return found


def _family(entry: Entry) -> OsFamily:
    """By our names, and as other tools spell them: ``IOS-XE``, ``cisco_xe``, ``juniper_junos``, ``Arista EOS``."""
    if places.given(entry, "vendor_os"):
        bare = _MAKER.sub("", _BETWEEN.sub("", entry.text("vendor_os").lower()))
        bare = _SPELLED.get(bare, bare)
        if bare in tuple(OsFamily):
            return OsFamily(bare)
    return entry.choice("vendor_os", OsFamily)


def _role(entry: Entry) -> str | None:
    """A role, or None. What is nearly one that is known is a mistake: it would silently not count."""
    role = places.optional(entry, "role")
    for word in _words(role):
        near = difflib.get_close_matches(word, _ROLES, 1, _NEAR)
        # ALB and LA are places, slab is a word, and what goes before production is none.
        if near and word not in _ROLES and len(word) > _SHORT and not word.endswith("production"):
            accepted = f"{', '.join(_ROLES)}, or a role of your own, which changes no score"
            raise entry.error("role", f"'role' is '{role}'; accepted: {accepted}; did you mean {near[0]}?")
    return role


def _words(role: str | None) -> list[str]:
    return _ROLE_WORD.findall((role or "").lower())


def _netbox(read: netbox.Export, entry: Entry) -> Device:
    return Device(
        host=read.name,
        addresses=read.addresses,
        vendor_os=None if read.vendor_os is None else OsFamily(read.vendor_os),
        where=f"{entry.path}:{entry.line}",
        platform=read.platform,
        role=read.role,
        serial=read.serial,
        site=read.site,
    )


def _day(entry: Entry, key: str) -> date | None:
    """A day, or None. JSON and CSV write it as text, TOML as a date."""
    if not places.given(entry, key):
        return None
    text = entry.literals(key)[0].strip()
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise entry.error(key, f"'{key}' is '{text}'; accepted: a date such as 2026-03-31") from exc


def _names(device: Device) -> Iterator[str]:
    for name in dict.fromkeys((device.host, *device.aliases, *device.members)):
        address = places.address(name)
        yield name.lower().rstrip(".") if address is None else str(address)
    yield from map(str, device.addresses)
