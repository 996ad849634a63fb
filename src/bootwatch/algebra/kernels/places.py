"""Where an address is, out of a MaxMind file."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.fixed import shown
from bootwatch.algebra.kernels.maxmind import Record, open_database

_PATHS = {
    "City": ("city", "names"),
    "Country": ("country", "names"),
    "Region": ("subdivisions", "names"),
    "Continent": ("continent", "names"),
    "lat": ("location", "latitude"),
    "lon": ("location", "longitude"),
    "MetroCode": ("location", "metro_code"),
    "Timezone": ("location", "time_zone"),
}


@kernel("place_pairs")
def place_pairs(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """What a MaxMind file says of an address, as pairs of a field and its value. Settings: file, language of names."""
    database = open_database(settings[0])
    known: dict[str | None, list[str] | None] = {None: None}
    for address in dict.fromkeys(arrays[0].to_pylist()):
        if address is not None:
            known[address] = _pairs(database.find(address.strip()), settings[1])
    return [known[address] for address in arrays[0].to_pylist()]


def _pairs(record: Record | None, language: str) -> list[str] | None:
    found: list[str] = []
    for field, path in _PATHS.items():
        value = record
        for step in path:
            if isinstance(value, list):
                value = value[0] if value else None
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = value.get(language, value.get("en"))
        if isinstance(value, str):
            found += [field, value]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found += [field, shown(float(value))]
    return found or None
