"""MaxMind files: found by address, typed values read, broken ones refused by name."""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

import pytest

from bootwatch.algebra.kernels.maxmind import Record, open_database
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.engines.duckdb.engine import DuckDbEngine
from bootwatch.errors import ContentError
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search.rows import rows
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse, plan

PLACES: dict[str, Record] = {
    "192.0.2.0/24": {
        "city": {"names": {"en": "Berlin", "de": "Berlin an der Spree"}},
        "country": {"names": {"en": "Germany"}},
        "subdivisions": [{"names": {"en": "Land Berlin"}}],
        "location": {"latitude": 52.5, "longitude": 13.25, "time_zone": "Europe/Berlin"},
    },
    "2001:db8::/32": {"country": {"names": {"en": "Nowhere"}}, "location": {"metro_code": 501}},
}


def write(path: Path, networks: dict[str, Record], *, bits: int = 28) -> Path:
    """A database over IPv6 with the given records."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: dict[tuple[int, int], int] = {}
    for network, record in networks.items():
        net = ipaddress.ip_network(network)
        length = net.prefixlen + (96 if net.version == 4 else 0)
        number, node = int(net.network_address), 0
        for depth in range(length):
            side = (number >> (127 - depth)) & 1
            if depth == length - 1:
                leaves[node, side] = len(data)
                break
            child = nodes[node][side]
            if child is None:
                child = len(nodes)
                nodes.append([None, None])
                nodes[node][side] = child
            node = child
        data += encode(record)
    tree = b""
    for position, sides in enumerate(nodes):
        left, right = (
            len(nodes) + 16 + leaves[position, side]
            if (position, side) in leaves
            else len(nodes)
            if child is None
            else child
            for side, child in enumerate(sides)
        )
        if bits == 28:
            tree += left.to_bytes(4, "big")[1:] + bytes([(left >> 24) << 4 | right >> 24])
            tree += right.to_bytes(4, "big")[1:]
        else:
            tree += left.to_bytes(bits // 8, "big") + right.to_bytes(bits // 8, "big")
    metadata = encode({"node_count": len(nodes), "record_size": bits, "ip_version": 6})
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)
    return path


def encode(value: Record) -> bytes:
    match value:
        case str():
            raw = value.encode()
            return bytes([2 << 5 | len(raw)]) + raw
        case int():
            raw = value.to_bytes(4, "big")
            return bytes([6 << 5 | 4]) + raw
        case float():
            return bytes([3 << 5 | 8]) + struct.pack(">d", value)
        case list():
            return bytes([len(value), 4]) + b"".join(map(encode, value))
        case dict():
            return bytes([7 << 5 | len(value)]) + b"".join(encode(k) + encode(v) for k, v in value.items())
        case _:
            raise TypeError(value)


@pytest.mark.parametrize("bits", [24, 28, 32])
def test_a_record_is_found_by_an_address_in_its_network(tmp_path: Path, bits: int) -> None:
    database = open_database(str(write(tmp_path / f"{bits}.mmdb", PLACES, bits=bits)))
    assert database.find("192.0.2.77") == PLACES["192.0.2.0/24"]
    assert database.find("2001:db8::1") == PLACES["2001:db8::/32"]
    for nowhere in ("192.0.3.1", "::1", "no address", ""):
        assert database.find(nowhere) is None


def test_iplocation_reads_the_file_that_is_named(tmp_path: Path) -> None:
    write(tmp_path / "city.mmdb", PLACES)
    context = Context(knowledge=Knowledge(lookups_folder=tmp_path))
    spl = (
        '| makeresults format=csv data="src\n192.0.2.1\n2001:db8::5\n10.0.0.1"'
        "| iplocation prefix=p_ allfields=t lang=de src | fields p_*"
    )
    answer = DuckDbEngine(threads=1).run(optimise(plan(parse(spl), context)), None)
    assert list(rows(answer.batches, answer.fields)) == [
        {
            "p_City": "Berlin an der Spree",
            "p_Country": "Germany",
            "p_Region": "Land Berlin",
            "p_lat": "52.5",
            "p_lon": "13.25",
            "p_Timezone": "Europe/Berlin",
        },
        {"p_Country": "Nowhere", "p_MetroCode": "501"},
        {},
    ]
    assert context.warnings == []


def test_without_a_file_a_message_says_so() -> None:
    context = Context()
    plan(parse("| makeresults | iplocation src | iplocation dest"), context)
    assert context.warnings == [
        "iplocation: no MaxMind file (*.mmdb) is in the lookups folder, so no address has a place"
    ]


@pytest.mark.parametrize("content", [b"x", b"\xab\xcd\xefMaxMind.com", b"\xab\xcd\xefMaxMind.com\x40", b"\xe0" * 400])
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(content)
    with pytest.raises(ContentError, match="the MaxMind file cannot be read"):
        open_database(str(path))
