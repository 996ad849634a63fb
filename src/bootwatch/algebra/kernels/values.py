"""Small functions on text values: addresses, characters, first of several."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel


@kernel("ipv4_number")
def ipv4_number(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """A dotted IPv4 address as a number, null for any other text."""
    return [_ipv4(text) for text in arrays[0].to_pylist()]


def _ipv4(text: str | None) -> float | None:
    if text is None or not text[:1].isdigit() or text.count(".") != 3:
        return None
    try:
        return float(int(ipaddress.IPv4Address(text)))
    except ValueError:
        return None


@kernel("cidr_match")
def cidr_match(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Whether an address lies in a network; false for a text that is no address. Settings: network."""
    try:
        network = ipaddress.ip_network(settings[0], strict=False)
    except ValueError:
        return [None if text is None else False for text in arrays[0].to_pylist()]
    return [None if text is None else _inside(text, network) for text in arrays[0].to_pylist()]


def _inside(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


@kernel("ip_mask")
def ip_mask(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The bits of an IPv4 address that a mask keeps: mask, address; null where either is no dotted IPv4 address."""
    masks, addresses = arrays[0].to_pylist(), arrays[1].to_pylist()
    return [_masked(_ipv4(mask), _ipv4(address)) for mask, address in zip(masks, addresses, strict=True)]


def _masked(mask: float | None, address: float | None) -> str | None:
    return None if mask is None or address is None else str(ipaddress.IPv4Address(int(mask) & int(address)))


@kernel("translate")
def translate(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Characters replaced one for one. Settings: from, to (of one length)."""
    table = str.maketrans(settings[0], settings[1])
    return [None if text is None else text.translate(table) for text in arrays[0].to_pylist()]


@kernel("first_value")
def first_value(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The first value of a multivalue."""
    return [values[0] if values else None for values in arrays[0].to_pylist()]
