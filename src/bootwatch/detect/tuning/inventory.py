"""The inventory: which devices there are, by what names and addresses, and what they are there for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Device:
    """One device, or several that answer as one (a stack, a cluster).

    ``host`` is the name findings carry; ``addresses`` and ``aliases`` (members of a stack among them) lead to it.
    ``management_nets`` is empty where nobody said from where the device is managed.
    """

    host: str
    vendor_os: str
    addresses: tuple[Address, ...] = ()
    platform: str | None = None
    version: str | None = None
    role: str | None = None
    serial: str | None = None
    aliases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    peer: str | None = None
    management_nets: tuple[Network, ...] = ()
    end_of_life: date | None = None
