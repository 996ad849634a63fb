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


_MAX_REMEMBERED: Final = 1_000_000
"""Combinations of key values whose rows a matcher remembers."""


@kernel("lookup_values")
def lookup_values(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object] | pa.Array:
    """One column of the table rows each row goes with, empty cells left out; null where nothing is left.

    ``settings``: the table's path ('': there is none), how it is matched as JSON, the column, what stands in where
    fewer than so many rows match, that number, and 'one' for a single value. ``arrays``: the key columns (text or
    lists), then the time where the lookup is temporal. A row lacking a key has no value.
    """
    path, rule, column, default, least, shape = settings
    kind = pa.string() if shape == "one" else pa.list_(pa.string())
    if not path:
        return pa.nulls(len(arrays[0]), kind)
    known = table(Path(path))
    matcher = _matcher(path, rule, id(known))
    if shape == "one" and matcher.plain and pa.types.is_string(arrays[0].type):
        return matcher.first(arrays[0], column, default if int(least) else "")
    cells = known.cells.get(column, [])
    codes, combinations = _combinations(arrays, matcher)
    standing = int(least)
    values: list[object] = []
    for keys, when in combinations:
        if any(key is None for key in keys):
            values.append(None)
            continue
        texts = [cells[number] for number in matcher.rows(keys, when)] if cells else []
        texts += [default] * (standing - len(texts))
        texts = [text for text in texts if text]
        values.append(None if not texts else texts[0] if shape == "one" else texts)
    return pa.array(values, kind).take(codes)


def _combinations(
    arrays: list[pa.Array], matcher: _Matcher
) -> tuple[pa.Array, list[tuple[tuple[object, ...], object]]]:
    """The distinct combinations of key values (and time) of a batch, and which of them each row has."""
    _prepare(matcher, arrays)
    count = len(matcher.kinds)
    if len(arrays) == 1 and pa.types.is_string(arrays[0].type):
        encoded = arrays[0].dictionary_encode(null_encoding="encode")
        return encoded.indices, [((value,), None) for value in encoded.dictionary.to_pylist()]
    seen: dict[tuple[object, ...], int] = {}
    codes: list[int] = []
    for row in zip(*(array.to_pylist() for array in arrays), strict=True):
        key = tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row)
        codes.append(seen.setdefault(key, len(seen)))
    return pa.array(codes, pa.int32()), [(key[:count], key[count] if len(key) > count else None) for key in seen]


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
        self.known = known
        self.places: dict[str, int] | None = None
        self.as_arrow: dict[str, pa.Array] = {}
        self.everything = list(range(known.count))
        self.remembered: dict[tuple[tuple[object, ...], object], list[int]] = {}
        self.decided: list[dict[str, frozenset[int]]] = [{} for _ in keys]
        self.networks = [_Networks(column) if kind == "CIDR" else None for kind, column in self._pairs()]
        self.times = _times(known, rule) if rule["time_field"] else None
        self.offsets = (float(str(rule["min_offset_s"])), float(str(rule["max_offset_s"])))

    @property
    def plain(self) -> bool:
        """Whether a row is found by one key that is compared exactly."""
        return self.kinds == [""] and not self.fold and self.times is None

    def first(self, keys: pa.Array, column: str, default: str) -> pa.Array:
        """One column of the first row with each key, the default where there is none: the whole batch at once."""
        if self.places is None:
            self.places = dict(zip(reversed(self.columns[0]), range(self.known.count - 1, -1, -1), strict=True))
        values = self.as_arrow.get(column)
        if values is None:
            cells = self.known.cells.get(column, [""] * self.known.count)
            values = self.as_arrow[column] = pa.array([cell or None for cell in cells], pa.string())
        found = pa.array(map(self.places.get, keys.to_pylist()), pa.int32())
        taken = values.take(found)
        if not default:
            return taken
        missing = pc.and_(pc.is_null(found), pc.is_valid(keys))
        return pc.if_else(missing, pa.scalar(default), taken)

    def _pairs(self) -> list[tuple[str, list[str]]]:
        return list(zip(self.kinds, self.columns, strict=True))

    def _of(self, kind: str) -> list[list[str]]:
        return [column for found, column in self._pairs() if found == kind]

    def _folded(self, value: str) -> str:
        return value.lower() if self.fold else value

    def rows(self, keys: tuple[object, ...], when: object) -> list[int]:
        """The matching rows for the key values of one row; a multivalue key matches by each of its values."""
        known = self.remembered.get((keys, when))
        if known is None:
            if len(self.remembered) >= _MAX_REMEMBERED:
                self.remembered.clear()
            known = self.remembered[keys, when] = self._rows(keys, when)
        return known

    def _rows(self, keys: tuple[object, ...], when: object) -> list[int]:
        choices = [key if isinstance(key, tuple) else (key,) for key in keys]
        combinations = 1
        for choice in choices:
            combinations *= len(choice)
        if combinations > _MAX_COMBINATIONS:
            choices = [choice[:1] for choice in choices]
        matched = {number for values in product(*choices) for number in self._one(tuple(map(str, values)))}
        return self._timely(sorted(matched), when)[: self.most]

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
    for position, (kind, array) in enumerate(zip(matcher.kinds, arrays, strict=False)):  # a time may follow the keys
        if kind == "WILDCARD":
            flat = pc.list_flatten(array) if pa.types.is_list(array.type) else array
            matcher.decide(position, [value for value in pc.unique(flat).to_pylist() if value is not None])
