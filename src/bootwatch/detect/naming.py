"""One name for a device that its sources call differently: the inventory's, else what the log itself shows.

A router signs its own messages with its name, an AAA server records it by address; a chain of acts needs both to be one
host. Where a message shows name and address together, they are joined, but only as long as the log says one name for
an address: a relay that sends on for many devices is nobody's address. A name and the same name with a domain are one
host where the log shows one domain for it, or one address for both; names with different domains never are. What the
inventory knows is left to the inventory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import HOST, RAW, SOURCETYPE

NameOf = Callable[[str], str]
"""The name a host or an address goes by; the same text where nothing better is known."""

VersionOf = Callable[[str], str | None]
"""The release the inventory has for a device; None where it has none."""

Knows = Callable[[str], bool]
"""Whether the inventory has a device of this name."""

_ADDRESS: Final = r"^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
_DEVICE_ADDRESS: Final = r"(?:Device IP Address|NAS-IP-Address)=(?P<address>[0-9A-Fa-f.:]+)"
_QUALIFIED: Final = re.compile(r"(?=[^.]*[a-z])(?P<label>[a-z0-9_-]+)\.(?:[a-z0-9_-]+\.)*[a-z0-9-]*[a-z][a-z0-9-]*")
_READS: Final = (HOST, RAW, SOURCETYPE, "dvc", "relay")


def as_written(name: str) -> str:
    """Where there is no inventory."""
    return name


def knows_nobody(name: str) -> bool:
    """Where there is no inventory."""
    return False


def no_version(name: str) -> None:
    """Where there is no inventory."""


@dataclass(slots=True)
class Aliases:
    """Addresses that messages showed beside a device's name, and how names are spelt.

    Case tells no two names apart, nor does a dot at the end.
    """

    _names: dict[str, set[str]] = field(default_factory=dict)
    _spelt: dict[str, str] = field(default_factory=dict)

    def learn(self, events: pa.RecordBatch) -> None:
        """From a batch with the columns ``host _raw sourcetype dvc relay``."""
        host, raw, sourcetype, dvc, relay = (events.column(name) for name in _READS)
        for column in (host, dvc):  # an event of an earlier scan has the name it was given then
            for name in filter(None, pc.unique(column).to_pylist()):
                self._spelt[_plain(name)] = max(name.rstrip("."), self._spelt.get(_plain(name), ""))
        shown = pc.and_(_is_address(relay), _is_name(dvc))
        self._add(relay.filter(shown), dvc.filter(shown))
        server = pc.and_(pc.match_substring(pc.fill_null(sourcetype, ""), ":ise:"), _is_name(host))
        if pc.any(server).as_py():
            found = pc.extract_regex(raw.filter(server), _DEVICE_ADDRESS)
            told = pc.is_valid(found)
            self._add(pc.struct_field(found.filter(told), "address"), host.filter(server).filter(told))

    def _add(self, addresses: pa.Array, names: pa.Array) -> None:
        for address, name in set(zip(addresses.to_pylist(), names.to_pylist(), strict=True)):
            self._names.setdefault(address, set()).add(name)

    def name_of(self, inventory: NameOf, knows: Knows = knows_nobody) -> NameOf:
        """The inventory's word, else the one name an address was shown with, else the name with its domain."""
        full = self._full(knows)

        def own(name: str) -> str:
            plain = _plain(name)
            return self._spelt.get(full.get(plain, plain), name)

        spellings = {address: {own(name) for name in names} for address, names in self._names.items()}
        single = {address: next(iter(names)) for address, names in spellings.items() if len(names) == 1}

        def named(host: str) -> str:
            found = inventory(host)
            if found != host or knows(host):
                return found
            return inventory(single[host]) if host in single else own(host)

        return named

    def _full(self, knows: Knows) -> dict[str, str]:
        """For names without a domain, those with one that mean the same device: what is approved for a name with one
        is so for no other, and a message with a forged name cannot take a story away from it.
        """
        full: dict[str, list[str]] = {}
        for name in self._spelt:
            if found := _QUALIFIED.fullmatch(name):
                full.setdefault(found["label"], []).append(name)
        together = [frozenset(map(_plain, names)) for names in self._names.values()]
        joined: dict[str, str] = {}
        for label, names in full.items():
            if label not in self._spelt or any(map(knows, (label, *names))):
                continue
            if len(names) > 1:
                names = [name for name in names if {label, name} in together]
            if len(names) == 1 and not self._apart(label, names[0]):
                joined[label] = names[0]
        return joined

    def _apart(self, one: str, other: str) -> bool:
        """Whether both names have addresses, and none of them is the other's."""
        mine, theirs = (
            {address for address, names in self._names.items() if name in map(_plain, names)} for name in (one, other)
        )
        return bool(mine and theirs) and mine.isdisjoint(theirs)


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def renamed(hosts: pa.Array, name_of: NameOf) -> pa.Array:
    """The hosts under their names; a null stays one."""
    coded = hosts.dictionary_encode()
    names = pa.array([name_of(host) for host in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)


def versions(hosts: pa.Array, version_of: VersionOf) -> pa.Array:
    """The release the inventory has for each of the hosts."""
    coded = hosts.dictionary_encode()
    return pa.array([version_of(host) for host in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _is_address(texts: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(texts, _ADDRESS), False)


def _is_name(texts: pa.Array) -> pa.Array:
    return pc.and_(pc.is_valid(texts), pc.invert(_is_address(texts)))
