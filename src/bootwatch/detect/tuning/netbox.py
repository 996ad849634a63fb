"""NetBox's export of devices (REST API, ``/api/dcim/devices/``: a list, or the page that holds it under ``results``).

Of the many keys a device has there these are read: name, primary_ip4, primary_ip6, oob_ip, platform, device_type, role
(``device_role`` before 3.6), serial and site. The rest is NetBox's own affair; devices without a name are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bootwatch.detect.tuning import places
from bootwatch.detect.tuning.places import Address
from bootwatch.documents.entry import Entry

_MARKS: Final = frozenset(("primary_ip4", "primary_ip", "device_type", "device_role", "url", "display"))
_OS: Final = (
    ("iosxe", "iosxe"), ("iosxr", "iosxr"), ("nxos", "nxos"), ("nexus", "nxos"), ("ftd", "ftd"), ("firepower", "ftd"),
    ("asa", "asa"), ("junos", "junos"), ("panos", "panos"), ("fortios", "fortios"), ("fortigate", "fortios"),
    ("eos", "eos"), ("ios", "ios"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """One device of an export; ``vendor_os`` is ours where the platform's slug tells one."""

    name: str
    addresses: tuple[Address, ...]
    vendor_os: str | None
    platform: str | None
    role: str | None
    serial: str | None
    site: str | None


def is_export(entry: Entry) -> bool:
    """Whether an object is a device as NetBox shows it."""
    return "name" in entry.names() and "host" not in entry.names() and not _MARKS.isdisjoint(entry.names())


def read(entry: Entry) -> Export:
    """Raises ContentError where a key it reads holds something else than NetBox writes there."""
    found = [
        address for key in ("primary_ip4", "primary_ip6", "primary_ip", "oob_ip") for address in _address(entry, key)
    ]
    slug = _slug(entry, "platform")
    bare = re.sub(r"[^a-z0-9]", "", (slug or "").lower())
    return Export(
        name=places.named(entry, "name"),
        addresses=tuple(dict.fromkeys(found)),
        vendor_os=next((ours for mark, ours in _OS if mark in bare), None),
        platform=_slug(entry, "device_type"),
        role=_slug(entry, "role") or _slug(entry, "device_role"),
        serial=places.optional(entry, "serial"),
        site=_slug(entry, "site"),
    )


def _address(entry: Entry, key: str) -> tuple[Address, ...]:
    if not places.given(entry, key):
        return ()
    return places.addresses(entry.entry(key), "address") if entry.is_entry(key) else places.addresses(entry, key)


def _slug(entry: Entry, key: str) -> str | None:
    if not places.given(entry, key):
        return None
    if not entry.is_entry(key):
        return places.named(entry, key)
    inside = entry.entry(key)
    return next(
        (text for name in ("slug", "model", "name") if (text := places.optional(inside, name)) is not None), None
    )
