"""What every input format hands over: some events' texts and what the input says about them, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import FOLDED, LINE, ORDER, RECOGNISED
from bootwatch.match.scan import Ints, Scanner

HIDDEN: Final = frozenset({ORDER, RECOGNISED, LINE, FOLDED})
"""Names that no input's own field may take."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """``raw`` (string, no nulls), ``order`` (ascending within the input), ``line`` (int64, one-based) or None.

    ``given``: what the input says itself, by field name, null where it does not: ``_time`` as float64 epoch seconds,
    own fields as string or list<string>, everything else as string. ``is_message``: false where the text is no device
    message, so that nothing is read from it (None: all are messages). ``otherwise``: ``_time``, ``host`` and
    ``sourcetype`` for events of which neither the input nor their text says one.
    """

    raw: pa.StringArray
    order: Ints
    line: pa.Int64Array | None = None
    given: Mapping[str, pa.Array] = field(default_factory=dict)
    is_message: pa.BooleanArray | None = None
    otherwise: Mapping[str, pa.Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.raw)

    def candidates(self, scanner: Scanner, doubted: Scanner | None = None) -> Chunk:
        """The events a prefilter lets through; with ``doubted``, of those only that it lets through, and the others."""
        rows = self._passed(scanner, doubted)
        if len(rows) == len(self):
            return self
        index = pa.array(rows)
        return Chunk(
            raw=self.raw.take(index),
            order=self.order[rows],
            line=None if self.line is None else self.line.take(index),
            given={name: column.take(index) for name, column in self.given.items()},
            is_message=None if self.is_message is None else self.is_message.take(index),
            otherwise={name: column.take(index) for name, column in self.otherwise.items()},
        )

    def _passed(self, scanner: Scanner, doubted: Scanner | None) -> Ints:
        if doubted is None or not scanner:
            return scanner.rows(self.raw)
        asked = doubted.rows(self.raw)
        kept = np.ones(len(self), np.bool_)
        kept[asked] = False
        kept[asked[scanner.rows(self.raw.take(pa.array(asked)))]] = True
        return np.flatnonzero(kept)


def blank_rows(raw: pa.StringArray) -> pa.BooleanArray:
    """Which texts are null or empty: such a row is no event."""
    return pc.fill_null(pc.equal(pc.binary_length(raw), 0), True)


def rows_where(mask: pa.BooleanArray) -> Ints:
    """The indices of the true values."""
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).astype(np.int64)
