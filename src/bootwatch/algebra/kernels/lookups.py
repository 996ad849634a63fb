"""Matching lookup tables: which rows of a table the events of a batch go with, and what stands there.

Follows Splunk's transforms.conf specification: exact, WILDCARD and CIDR fields, case, time. Every distinct combination
of key values of a batch is matched once.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.stamps import parse as parse_stamp
from bootwatch.knowledge.lookups import LookupTable, table

_LIKE: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "*": "%"})
_MAX_COMBINATIONS: Final = 10_000
"""Combinations of the values of several multivalue keys that are tried for one row."""


@kernel("lookup_rows")
def lookup_rows(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """The numbers of the matching table rows as text, in the order they are used; null where none match.

    ``settings``: the table's path ('': there is none) and its definition as JSON. ``arrays``: the key columns as the
    definition lists them (text or lists), then ``_time`` where it names a time field. A row lacking a key matches
    nothing.
    """
    rule = json.loads(settings[1])
    if not settings[0]:
        return [None] * len(arrays[0])
    known = table(Path(settings[0]))
    matcher = _matcher(settings[0], settings[1], id(known))
    times = arrays[len(rule["keys"])].to_pylist() if rule["time_field"] else [None] * len(arrays[0])
    keys = [array.to_pylist() for array in arrays[: len(rule["keys"])]]
    seen: dict[tuple[object, ...], list[str] | None] = {}
    found: list[list[str] | None] = []
    _prepare(matcher, arrays[: len(rule["keys"])])
    for row in zip(*keys, times, strict=True):
        row = tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row)
        if row not in seen:
            seen[row] = matcher.rows(row[:-1], row[-1])
        found.append(seen[row])
    return found


@kernel("lookup_values")
def lookup_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """What stands in one column of the rows ``lookup_rows`` gave, empty cells left out, null where nothing does.

    ``settings``: the path, the column, the default and how often it stands in, and 'one' for a single value. The second
    array says whether a row has its keys: only then does the default stand in.
    """
    path, column, default, least, shape = settings
    cells = table(Path(path)).cells.get(column, []) if path else []
    standing = int(least)
    found: list[object] = []
    for numbers, whole in zip(arrays[0].to_pylist(), arrays[1].to_pylist(), strict=True):
        values = [cells[int(number)] for number in numbers or ()] if cells else []
        if whole and len(values) < standing:
            values += [default] * (standing - len(values))
        values = [value for value in values if value]
        found.append(None if not values else values[0] if shape == "one" else values)
    return found


class _Matcher:
    """A table indexed by its exact key columns, its patterns decided for the values they have met."""

    def __init__(self, known: LookupTable, rule: dict[str, object]) -> None:
        keys = [str(name) for name in rule["keys"]]  # type: ignore[attr-defined]  # written by the lookup command
        kinds = dict(rule["match"])  # type: ignore[call-overload]  # as above
        self.fold = not rule["case_sensitive"]
        self.most = int(str(rule["max_matches"]))
        self.kinds = [str(kinds.get(name, "")) for name in keys]
        self.columns = [known.cells[name] for name in keys]
        self.exact: dict[tuple[str, ...], list[int]] = {}
        for number, values in enumerate(zip(*self._of(""), strict=True) if self._of("") else ()):
            self.exact.setdefault(tuple(map(self._folded, values)), []).append(number)
        self.everything = list(range(known.count))
        self.decided: list[dict[str, frozenset[int]]] = [{} for _ in keys]
        self.networks = [_Networks(column) if kind == "CIDR" else None for kind, column in self._pairs()]
        self.times = _times(known, rule) if rule["time_field"] else None
        self.offsets = (float(str(rule["min_offset_s"])), float(str(rule["max_offset_s"])))

    def _pairs(self) -> list[tuple[str, list[str]]]:
        return list(zip(self.kinds, self.columns, strict=True))

    def _of(self, kind: str) -> list[list[str]]:
        return [column for found, column in self._pairs() if found == kind]

    def _folded(self, value: str) -> str:
        return value.lower() if self.fold else value

    def rows(self, keys: tuple[object, ...], when: object) -> list[str] | None:
        """The matching rows for the key values of one row; a multivalue key matches by each of its values."""
        if any(key is None for key in keys):
            return None
        choices = [key if isinstance(key, tuple) else (key,) for key in keys]
        combinations = 1
        for choice in choices:
            combinations *= len(choice)
        if combinations > _MAX_COMBINATIONS:
            choices = [choice[:1] for choice in choices]
        matched = {number for values in product(*choices) for number in self._one(tuple(map(str, values)))}
        numbers = self._timely(sorted(matched), when)
        return [str(number) for number in numbers[: self.most]] or None

    def _one(self, values: tuple[str, ...]) -> list[int]:
        exact = tuple(self._folded(value) for value, kind in zip(values, self.kinds, strict=True) if kind == "")
        numbers = self.exact.get(exact, []) if exact else self.everything
        for position, (value, kind) in enumerate(zip(values, self.kinds, strict=True)):
            if kind == "WILDCARD":
                hits = self.decided[position].get(value)
                if hits is None:
                    self.decide(position, [value])
                    hits = self.decided[position][value]
            elif kind == "CIDR":
                networks = self.networks[position]
                hits = networks.rows(value) if networks is not None else frozenset()
            else:
                continue
            numbers = sorted(hits) if numbers is self.everything else [number for number in numbers if number in hits]
        return numbers

    def decide(self, position: int, values: list[str]) -> None:
        """Which rows' patterns each of some values matches: every pattern over all values at once."""
        fresh = [value for value in values if value not in self.decided[position]]
        if not fresh:
            return
        hits: list[set[int]] = [set() for _ in fresh]
        array = pa.array(fresh, pa.string())
        plain = {self._folded(value): index for index, value in enumerate(fresh)}
        for number, pattern in enumerate(self.columns[position]):
            if "*" not in pattern:
                found = [plain[self._folded(pattern)]] if self._folded(pattern) in plain else []
                if self.fold and found:
                    found = [index for index, value in enumerate(fresh) if value.lower() == pattern.lower()]
            else:
                mask = pc.match_like(array, pattern.translate(_LIKE), ignore_case=self.fold)
                found = pc.indices_nonzero(mask).to_pylist()
            for index in found:
                hits[index].add(number)
        for value, numbers in zip(fresh, hits, strict=True):
            self.decided[position][value] = frozenset(numbers)

    def _timely(self, numbers: list[int], when: object) -> list[int]:
        """Of a temporal lookup the rows not after the event and not too long before, the latest first."""
        if self.times is None:
            return numbers
        if not isinstance(when, float):
            return []
        least, most = self.offsets
        timed = [(self.times[number], number) for number in numbers]
        fitting = [(t, number) for t, number in timed if t is not None and least <= when - t <= most]
        return [number for _, number in sorted(fitting, key=lambda pair: -pair[0])]


class _Networks:
    """A column of CIDR networks (or single addresses), found by prefix."""

    def __init__(self, column: list[str]) -> None:
        self.by_prefix: dict[tuple[int, int], dict[int, list[int]]] = {}
        for number, text in enumerate(column):
            try:
                network = ipaddress.ip_network(text.strip(), strict=False)
            except ValueError:
                continue
            found = self.by_prefix.setdefault((network.version, network.prefixlen), {})
            found.setdefault(int(network.network_address), []).append(number)

    def rows(self, value: str) -> frozenset[int]:
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return frozenset()
        bits = address.max_prefixlen
        hits: set[int] = set()
        for (version, prefix), networks in self.by_prefix.items():
            if version == address.version:
                hits.update(networks.get(int(address) >> (bits - prefix) << (bits - prefix), ()))
        return frozenset(hits)


def _times(known: LookupTable, rule: dict[str, object]) -> list[float | None]:
    """When each row of a temporal lookup begins to hold; null where its time cannot be read."""
    form = str(rule["time_format"])
    now = datetime.now(UTC)
    found: list[float | None] = []
    for text in known.cells.get(str(rule["time_field"]), [""] * known.count):
        try:
            found.append(float(text))
        except ValueError:
            found.append(parse_stamp(text, form, UTC, now))
    return found


@lru_cache(maxsize=16)
def _matcher(path: str, rule: str, version: int) -> _Matcher:
    del version  # another copy of the table is another matcher
    return _Matcher(table(Path(path)), json.loads(rule))


def _prepare(matcher: _Matcher, arrays: list[pa.Array]) -> None:
    """Decide the patterns of every wildcard column for all values of the batch at once."""
    for position, (kind, array) in enumerate(zip(matcher.kinds, arrays, strict=True)):
        if kind == "WILDCARD":
            flat = pc.list_flatten(array) if pa.types.is_list(array.type) else array
            matcher.decide(position, [value for value in pc.unique(flat).to_pylist() if value is not None])
