"""The indicator catalogue: which known acts of tampering a batch of messages shows, all rows in one pass.

The rows are data, ``content/indicators/OS.yaml``. Texts are asked first for literals, all of them at once, and only
the few that hold one meet the patterns; the answer is exactly that of every pattern on every text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.errors import ContentError
from bootwatch.events.source import Prefilter
from bootwatch.match.scan import Ints, Scanner, shortest
from bootwatch.vendors.indicator_rows import Group, Surface, load
from bootwatch.vendors.wrapped import inner

Flags = npt.NDArray[np.bool_]

_SLICE_ROWS: Final = 16_384
"""Folding and scanning are fastest in the second-level cache."""

_LONG_S: Final = "\u017f"
"""RE2 takes it for an ``s`` where case does not count; ASCII folding does not."""

_NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Indicators:
    """One value per message: the ids of the rows that found something, in the order of the catalogue, and their
    classes, each once, in the order of the alphabet. Null where there are none."""

    ids: pa.ListArray
    classes: pa.ListArray


MESSAGE_FIELDS: Final = frozenset(("facility", "severity_id", "mnemonic", "message_text"))
"""The header fields a message is put together from."""

Header = Callable[[pa.Array], Mapping[str, pa.Array]]
"""Reads ``MESSAGE_FIELDS`` in raw messages, one value each."""


def messages(header: Mapping[str, pa.Array]) -> pa.Array:
    """The messages from their tags on, from their ``MESSAGE_FIELDS``; where there is no mnemonic, the text alone."""
    text = header["message_text"]
    tag = pc.binary_join_element_wise("%", header["facility"], "-", header["severity_id"], "-", header["mnemonic"], "")
    return pc.coalesce(pc.binary_join_element_wise(tag, text, ": "), text)


class Catalogue:
    """All rows, made ready. Safe to use from several threads at once."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Several groups may be of one family: their rows hold together. Raises ContentError for an id given twice."""
        self.groups = tuple(sorted(groups, key=lambda group: (group.rank, group.name)))
        self.indicators = tuple(row for group in self.groups for row in group.indicators)
        _refuse_twice(self.groups)
        sizes = [len(group.indicators) for group in self.groups]
        starts = [sum(sizes[:at]) for at in range(len(sizes))]
        self._group_of = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
        self._rules = {
            on: tuple(_Rules.of(group, on, start) for group, start in zip(self.groups, starts, strict=True))
            for on in Surface
        }
        self._scanners = {
            on: _scanner(text for rules in found for text in rules.gate) for on, found in self._rules.items()
        }
        self._letters = sorted({str(row.evidence_class) for row in self.indicators})
        self._letter_of = np.array([self._letters.index(row.evidence_class) for row in self.indicators], np.int64)
        self._ids = pa.array([row.id for row in self.indicators], pa.string())

    @property
    def gates(self) -> tuple[str, ...]:
        """Lower-case literals of which every raw message with an indicator holds one, however its command is spelled:
        those of the message patterns, and the marks of the sources that carry commands."""
        messages = (literal for rules in self._rules[Surface.MESSAGE] for literal in rules.gate)
        return shortest([*messages, *(mark for group in self.groups for mark in group.command_marks)])

    def evaluate(self, os_family: pa.Array, command: pa.Array, message: pa.Array) -> Indicators:
        """``os_family``, ``command`` and ``message`` are strings, one per event, null where an event has none.

        ``command`` is normalised: abbreviations expanded, no ``do``, no ``<cr>``. ``message`` begins at the tag
        (``%FACILITY-SEVERITY-MNEMONIC``, of nested ones the first or the last; of Junos the process or the tag) or is
        the record (``key=value``, comma-separated). An event of a family no group knows (AAA servers do not say whose
        command they account) has the rows of the first group that finds something.
        """
        found = [*self._commands(os_family, command), self._found(Surface.MESSAGE, os_family, message)]
        return self._indicators(os_family, found)

    def read(self, raw: pa.Array, os_family: pa.Array, command: pa.Array, header: Header) -> Indicators:
        """As :meth:`evaluate`, from whole raw messages: only the few that may say something have their header read."""
        found = self._commands(os_family, command)
        rows = self.message_rows(raw)
        if len(rows):
            some = pa.array(rows)
            places, indicators = self._found(Surface.MESSAGE, os_family.take(some), messages(header(raw.take(some))))
            found.append((rows[places], indicators))
        return self._indicators(os_family, found)

    def message_rows(self, raw: pa.Array) -> Ints:
        """Ascending indices of the raw messages that may be what a row looks for in messages; a null never is."""
        scanner = self._scanners[Surface.MESSAGE]
        return _NONE if scanner is None else _candidates(scanner, raw)

    def _commands(self, os_family: pa.Array, command: pa.Array) -> list[tuple[Ints, Ints]]:
        """As ``_found``, of commands, and of those that they run on another part of the device."""
        found = [self._found(Surface.COMMAND, os_family, command)]
        if (elsewhere := inner(command)) is not None:
            found.append(self._found(Surface.COMMAND, os_family, elsewhere))
        return found

    def _found(self, on: Surface, os_family: pa.Array, texts: pa.Array) -> tuple[Ints, Ints]:
        """Pairs of a row and the place of an indicator that finds something there."""
        scanner = self._scanners[on]
        if scanner is None or texts.null_count == len(texts):
            return _NONE, _NONE
        encoded = texts.dictionary_encode() if on is Surface.COMMAND else None  # commands repeat
        distinct = texts if encoded is None else encoded.dictionary
        some = _candidates(scanner, distinct)
        if len(some) == 0:
            return _NONE, _NONE
        if encoded is None:
            rows = codes = some
        else:
            wanted = np.zeros(len(distinct) + 1, np.bool_)
            wanted[some] = True
            every = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False).astype(np.int64)
            rows = np.flatnonzero(wanted[every])
            codes = every[rows]
        asks, _ = self._groups_of(os_family.take(pa.array(rows)))
        found = []
        for group, rules in enumerate(self._rules[on]):
            mine = np.flatnonzero(asks[:, group])
            if len(mine):
                asked, back = np.unique(codes[mine], return_inverse=True)
                for place, flags in rules.matches(distinct.take(pa.array(asked))):
                    hit = rows[mine[flags[back]]]
                    found.append((hit, np.full(len(hit), place, np.int64)))
        if not found:
            return _NONE, _NONE
        return np.concatenate([hit for hit, _ in found]), np.concatenate([place for _, place in found])

    def _indicators(self, os_family: pa.Array, hits: list[tuple[Ints, Ints]]) -> Indicators:
        """Of pairs as ``_found`` gives them, for events of these families."""
        count = len(os_family)
        rows = np.concatenate([rows for rows, _ in hits])
        if len(rows) == 0:
            nothing = pa.nulls(count, pa.list_(pa.string()))
            return Indicators(nothing, nothing)
        size = len(self.indicators)
        rows, found = np.divmod(np.unique(rows * size + np.concatenate([found for _, found in hits])), size)
        rows, found = self._one_group(os_family, rows, found)
        width = len(self._letters)
        letter_rows, letters = np.divmod(np.unique(rows * width + self._letter_of[found]), width)
        return Indicators(
            _lists(count, rows, self._ids.take(pa.array(found))),
            _lists(count, letter_rows, pa.array(self._letters, pa.string()).take(pa.array(letters))),
        )

    def _groups_of(self, os_family: pa.Array) -> tuple[Flags, Flags]:
        """For each family a row of flags, one for each group that is asked; and whether any group knows the family."""
        encoded = os_family.dictionary_encode()
        families = [*encoded.dictionary.to_pylist(), None]
        member = np.array([[family in group.families for group in self.groups] for family in families], np.bool_)
        known: Flags = np.asarray(member.any(axis=1), np.bool_)
        member[~known] = True
        codes = encoded.indices.fill_null(len(families) - 1).to_numpy(zero_copy_only=False)
        return member[codes], known[codes]

    def _one_group(self, os_family: pa.Array, rows: Ints, found: Ints) -> tuple[Ints, Ints]:
        """Of a row whose family is not known, what the first group says that says anything.

        ``rows`` ascend, and within one ``found`` ascends.
        """
        group = self._group_of[found]
        begins = np.flatnonzero(np.diff(rows, prepend=-1))
        first = np.repeat(group[begins], np.diff(begins, append=len(rows)))
        _, known = self._groups_of(os_family.take(pa.array(rows)))
        keep = known | (group == first)
        return rows[keep], found[keep]


@cache
def catalogue() -> Catalogue:
    """The shipped rows. Raises ContentError for a file that is wrong."""
    folder = resources.files("bootwatch") / "content" / "indicators"
    return Catalogue(load(file) for file in folder.iterdir() if file.name.endswith(".yaml"))


def _refuse_twice(groups: Iterable[Group]) -> None:
    owners: dict[str, Group] = {}
    for group in groups:
        for row in group.indicators:
            other = owners.setdefault(row.id, group)
            if other is not group:
                raise ContentError(f"'{row.id}' stands in {other.path} as well", path=group.path)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one group on one surface, each with the place of its row in the catalogue."""

    gate: tuple[str, ...]
    patterns: tuple[tuple[int, str, str | None], ...]

    @classmethod
    def of(cls, group: Group, on: Surface, first: int) -> Self:
        """``first`` is the place of the group's first row."""
        asked = [
            (first + at, match) for at, row in enumerate(group.indicators) for match in row.matches if match.on is on
        ]
        gate = dict.fromkeys(literal for _, match in asked for literal in match.gate)
        return cls(tuple(gate), tuple((place, match.pattern, match.unless) for place, match in asked))

    def matches(self, texts: pa.Array) -> list[tuple[int, Flags]]:
        """Which of ``texts`` (none is null) each pattern finds; patterns that find none are left out."""
        found = []
        for place, pattern, unless in self.patterns:
            flags = _find(texts, pattern)
            if unless is not None and flags.any():
                flags &= ~_find(texts, unless)
            if flags.any():
                found.append((place, flags))
        return found


def _find(texts: pa.Array, pattern: str) -> Flags:
    flags: Flags = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return flags


def _scanner(literals: Iterable[str]) -> Scanner | None:
    known = shortest(literals)
    return Scanner(Prefilter((known,))) if known else None


def _candidates(scanner: Scanner, texts: pa.Array) -> Ints:
    """Ascending indices of the values that may hold a literal; a null never does."""
    found = [_NONE]
    for at in range(0, len(texts), _SLICE_ROWS):
        part = texts.slice(at, _SLICE_ROWS)
        rows = scanner.rows(part)
        if not _is_ascii(part):
            odd = pc.fill_null(pc.match_substring(part, _LONG_S), False).to_numpy(zero_copy_only=False)
            rows = np.union1d(rows, np.flatnonzero(odd))
        found.append(rows + at)
    return np.concatenate(found)


def _is_ascii(texts: pa.Array) -> bool:
    _, offsets, data = texts.buffers()
    wide = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    edges = np.frombuffer(offsets, wide)[texts.offset : texts.offset + len(texts) + 1]
    low, high = int(edges[0]), int(edges[-1])
    return data is None or low == high or int(np.frombuffer(data, np.uint8, high - low, low).max()) < 0x80


def _lists(count: int, rows: Ints, values: pa.Array) -> pa.ListArray:
    """``values`` put together by their ``rows``, which ascend; null where a row has none."""
    sizes = np.bincount(rows, minlength=count)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(sizes, dtype=np.int32)])
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(sizes == 0))
