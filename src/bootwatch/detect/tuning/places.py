"""Addresses, networks and lists as context files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from bootwatch.documents.entry import Entry

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PARTS: Final = re.compile(r"[,;|\s]+")


def address(text: str) -> Address | None:
    """An address, IPv4 in IPv6 as IPv4; None where the text is none."""
    try:
        found = ip_address(text.strip().strip("[]").split("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def network(text: str) -> Network | None:
    """A network or one address; None where the text is neither. Bits behind the mask are dropped."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def within(found: Address, networks: Iterable[Network]) -> bool:
    return any(found.version == net.version and found in net for net in networks)


def named(entry: Entry, key: str) -> str:
    """Text on one line, without characters that steer a terminal."""
    return _steady(entry, key, entry.text(key).strip())


def optional(entry: Entry, key: str) -> str | None:
    """As :func:`named`; None where the key is absent, null or blank, as other tools export what is not known."""
    return named(entry, key) if given(entry, key) else None


def given(entry: Entry, key: str) -> bool:
    """Whether a key holds something."""
    return entry.has(key) and not entry.is_blank(key)


def names(entry: Entry, key: str) -> tuple[str, ...]:
    """A list of names, or one text with several of them between commas, semicolons, bars or blanks."""
    if not given(entry, key):
        return ()
    parts = [part for text in entry.texts(key, one=True, empty=True) for part in _PARTS.split(text) if part]
    return tuple(dict.fromkeys(_steady(entry, key, part) for part in parts))


def addresses(entry: Entry, key: str) -> tuple[Address, ...]:
    found = []
    for text in names(entry, key):
        one = address(text.split("/")[0])
        if one is None:
            raise entry.error(key, f"'{key}' is '{text}'; accepted: an address such as 192.0.2.7 or 2001:db8::7")
        found.append(one)
    return tuple(found)


def networks(entry: Entry, key: str, widest_v4: int, widest_v6: int) -> tuple[Network, ...]:
    """Networks, none wider than the two prefix lengths allow."""
    found = []
    for text in names(entry, key):
        one = network(text)
        if one is None:
            accepted = "an address such as 192.0.2.7, or a network such as 192.0.2.0/28"
            raise entry.error(key, f"'{key}' is '{text}'; accepted: {accepted}")
        widest = widest_v4 if one.version == 4 else widest_v6
        if one.prefixlen < widest:
            raise entry.error(key, f"'{key}' is '{text}', too wide to say anything; accepted: /{widest} and longer")
        found.append(one)
    return tuple(found)


def _steady(entry: Entry, key: str, text: str) -> str:
    if bad := _CONTROL.search(text):
        raise entry.error(key, f"'{key}' holds the control character U+{ord(bad[0]):04X}")
    return text
