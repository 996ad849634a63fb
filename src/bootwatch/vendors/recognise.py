"""Who wrote each message of a batch: decided per message from its head, once per distinct head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import DEFAULT_SOURCETYPE
from bootwatch.match.heads import Codes, Heads
from bootwatch.vendors.profile import Profile, profiles

_REMEMBERED: Final = 1 << 18
_NO_DIGITS: Final = bytes(ord("0") if byte in b"0123456789" else byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Recognised:
    """One value per message; ``sourcetype`` is never null (``syslog`` where no profile knows the message)."""

    sourcetype: pa.Array
    os_family: pa.Array
    vendor_product: pa.Array


class Recogniser:
    """Remembers what it decided about heads it has met: a log repeats them. Safe to use from several threads."""

    def __init__(self, known: tuple[Profile, ...] | None = None, remembered: int = _REMEMBERED) -> None:
        """With the shipped profiles unless told otherwise; beyond ``remembered`` heads its memory is begun anew."""
        rules = [(profile, rule) for profile in (profiles() if known is None else known) for rule in profile.rules]
        self._patterns = tuple(rule.pattern for _, rule in rules)
        self._sourcetypes = pa.array([rule.sourcetype for _, rule in rules] + [DEFAULT_SOURCETYPE], pa.string())
        self._families = pa.array([profile.os_family for profile, _ in rules] + [None], pa.string())
        self._products = pa.array([profile.vendor_product for profile, _ in rules] + [None], pa.string())
        self._decided: dict[bytes, int] = {}
        self._remembered = remembered

    def recognise(self, heads: Heads) -> Recognised:
        """Sourcetype, operating system family and CIM ``vendor_product`` of every message."""
        rules = pa.array(self.rules_of(heads))
        return Recognised(*(names.take(rules) for names in (self._sourcetypes, self._families, self._products)))

    def sourcetypes(self, heads: Heads) -> pa.Array:
        """The sourcetype of every message alone."""
        return self._sourcetypes.take(pa.array(self.rules_of(heads)))

    def rules_of(self, heads: Heads) -> Codes:
        """The index of the first rule that knows each message; one beyond the last where none does."""
        if len(heads) == 0:
            return np.zeros(0, np.int32)
        pairs = pa.array(heads.codes.astype(np.int64) * len(heads.tails) + heads.tail_codes).dictionary_encode()
        shapes, tails = heads.shapes, _without_digits(heads.tails)
        keys = [shapes[pair // len(tails)][:-1] + tails[pair % len(tails)] for pair in pairs.dictionary.to_pylist()]
        known = self._decided  # another thread may start a new one, and never takes from this one
        if len(known) > self._remembered:
            known = self._decided = {}
        if missing := [key for key in dict.fromkeys(keys) if key not in known]:
            known.update(zip(missing, self._decide(missing), strict=True))
        decided = np.array([known[key] for key in keys], np.int32)
        codes: Codes = decided[pairs.indices.to_numpy(zero_copy_only=False)]
        return codes

    def _decide(self, keys: list[bytes]) -> list[int]:
        heads = pa.array([key.decode("latin-1") for key in keys], pa.string())
        rule = np.full(len(keys), len(self._patterns), np.int32)
        for index in reversed(range(len(self._patterns))):
            rule[pc.match_substring_regex(heads, self._patterns[index]).to_numpy(zero_copy_only=False)] = index
        decided: list[int] = rule.tolist()
        return decided


def _without_digits(tails: tuple[bytes, ...]) -> list[bytes]:
    return [tail.translate(_NO_DIGITS) for tail in tails]


def recognise(raw: pa.Array) -> Recognised:
    """As :meth:`Recogniser.recognise`, for one array of messages."""
    return Recogniser().recognise(Heads.of(raw))
