"""One name for a device that its sources call differently: the inventory's, else what the log itself shows.

A router signs its own messages with its name, an AAA server records it by address; a chain of acts needs both to be one
host. Where a message shows name and address together, they are joined, but only as long as the log says one name for
an address: a relay that sends on for many devices is nobody's address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import HOST, RAW, SOURCETYPE

NameOf = Callable[[str], str]
"""The name a host or an address goes by; the same text where nothing better is known."""

_ADDRESS: Final = r"^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
_DEVICE_ADDRESS: Final = r"(?:Device IP Address|NAS-IP-Address)=(?P<address>[0-9A-Fa-f.:]+)"
_READS: Final = (HOST, RAW, SOURCETYPE, "dvc", "relay")


def as_written(name: str) -> str:
    """Where there is no inventory."""
    return name


@dataclass(slots=True)
class Aliases:
    """Addresses that messages showed beside a device's name, and how names are spelt: case tells no two apart."""

    _names: dict[str, set[str]] = field(default_factory=dict)
    _spelt: dict[str, str] = field(default_factory=dict)

    def learn(self, events: pa.RecordBatch) -> None:
        """From a batch with the columns ``host _raw sourcetype dvc relay``."""
        host, raw, sourcetype, dvc, relay = (events.column(name) for name in _READS)
        for name in filter(None, pc.unique(host).to_pylist()):
            self._spelt[name.lower()] = max(name, self._spelt.get(name.lower(), name))
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

    def name_of(self, inventory: NameOf) -> NameOf:
        """The inventory's word, else the one name an address was shown with."""
        spelt = self._spelt
        spellings = {
            address: {spelt.get(name.lower(), name) for name in names} for address, names in self._names.items()
        }
        single = {address: next(iter(names)) for address, names in spellings.items() if len(names) == 1}

        def named(host: str) -> str:
            found = inventory(host)
            if found != host:
                return found
            return inventory(single[host]) if host in single else spelt.get(host.lower(), host)

        return named


def renamed(hosts: pa.Array, name_of: NameOf) -> pa.Array:
    """The hosts under their names; a null stays one."""
    coded = hosts.dictionary_encode()
    names = pa.array([name_of(host) for host in coded.dictionary.to_pylist()], pa.string())
    return names.take(coded.indices)


def _is_address(texts: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(texts, _ADDRESS), False)


def _is_name(texts: pa.Array) -> pa.Array:
    return pc.and_(pc.is_valid(texts), pc.invert(_is_address(texts)))
