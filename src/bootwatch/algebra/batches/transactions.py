"""Events grouped into transactions.

Follows the Search Reference (transaction): events come newest first; one belongs to an open transaction if it shares a
value of the fields with it and contradicts none, so that fields link events one by one; span, pause and number of
events are bounded; an event that ends a transaction opens it (time runs backwards), one that starts it closes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from bootwatch.algebra.types import FieldSet, FieldType

STARTS: Final = "#starts"
ENDS: Final = "#ends"
"""Hidden columns that say which events may start and end a transaction."""

_TIME, _RAW = "_time", "_raw"


@dataclass(frozen=True, slots=True)
class Transactions:
    """How events are grouped. Times are seconds, negative: no bound; ``lists``: fields whose values stay in order."""

    by: tuple[str, ...] = ()
    max_span_s: float = -1.0
    max_pause_s: float = -1.0
    max_events: int = 1000
    starts: bool = False
    ends: bool = False
    connected: bool = True
    keep_orphans: bool = False
    keep_evicted: bool = False
    all_lists: bool = False
    lists: tuple[str, ...] = ()
    raw_list: bool = False
    missing: str = "NULL"
    max_open: int = 5_000

    def __call__(self, table: pa.Table, messages: list[str]) -> pa.Table:
        """A row for each transaction, newest first.

        ``table``: ``_time`` as float64, every other column as lists of texts, newest first; a row without a time is
        left out. The answer has its columns without the hidden ones, ``_time`` being the earliest, ``_raw`` one text
        (unless ``raw_list``).
        """
        found = _Grouping(self, table)
        found.run()
        if found.evicted_for_room:
            messages.append(f"transaction had more than {self.max_open:,} open at a time; the oldest were given up")
        return self._answer(table, found)

    def fields(self, source: FieldSet) -> FieldSet:
        """The fields of transactions over events with some fields."""
        known = {name: FieldType.MULTI for name in source.known if not name.startswith("#")}
        if _RAW in known and not self.raw_list:
            known[_RAW] = FieldType.TEXT
        made = dict.fromkeys(("eventcount", "closed_txn", "_txn_orphan"), FieldType.INTEGER)
        return FieldSet({**known, _TIME: FieldType.NUMBER, "duration": FieldType.NUMBER, **made})

    def _answer(self, table: pa.Table, found: _Grouping) -> pa.Table:
        kept = [txn for txn in found.done if self._shown(txn)]
        if self.keep_orphans:
            kept += [_Transaction([row], closed=False, orphan=True) for row in found.orphans]
        times = found.times
        kept.sort(key=lambda txn: (-(times[txn.rows[-1]] or 0.0), txn.rows[0]))
        columns: dict[str, pa.Array] = {}
        for name in table.column_names:
            if name.startswith("#"):
                continue
            cells = table.column(name).to_pylist()
            if name == _TIME:
                columns[name] = pa.array([cells[txn.rows[-1]] for txn in kept], pa.float64())
            elif name == _RAW:
                kind = pa.list_(pa.string()) if self.raw_list else pa.string()
                columns[name] = pa.array([self._raw(cells, txn) for txn in kept], kind)
            else:
                merge = self._listed if self.all_lists or name in self.lists else _united
                columns[name] = pa.array([merge(cells, txn.rows) for txn in kept], pa.list_(pa.string()))
        spans = [(times[txn.rows[0]] or 0.0) - (times[txn.rows[-1]] or 0.0) for txn in kept]
        columns["duration"] = pa.array([round(span, 6) for span in spans], pa.float64())
        columns["eventcount"] = pa.array([float(len(txn.rows)) for txn in kept], pa.float64())
        columns["closed_txn"] = pa.array([float(txn.closed) for txn in kept], pa.float64())
        columns["_txn_orphan"] = pa.array([1.0 if txn.orphan else None for txn in kept], pa.float64())
        return pa.table(columns)

    def _shown(self, txn: _Transaction) -> bool:
        """A transaction that has no start (or no end) where one is asked for was evicted."""
        return self.keep_evicted or txn.closed or not (self.starts or self.ends) or (not self.starts and txn.ended)

    def _raw(self, cells: Sequence[list[str] | None], txn: _Transaction) -> list[str] | str:
        texts = [text for row in reversed(txn.rows) for text in cells[row] or ()]
        return texts if self.raw_list else "\n".join(texts)

    def _listed(self, cells: Sequence[list[str] | None], rows: Sequence[int]) -> list[str]:
        """Every event's value in the order of time."""
        return [value for row in reversed(rows) for value in cells[row] or (self.missing,)]


def _united(cells: Sequence[list[str] | None], rows: Sequence[int]) -> list[str] | None:
    return sorted({value for row in rows for value in cells[row] or ()}) or None


@dataclass(slots=True, eq=False)
class _Transaction:
    """Rows newest first; ``values`` of the fields known so far."""

    rows: list[int]
    values: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    ended: bool = False
    orphan: bool = False


class _Grouping:
    """One pass over the events, newest first."""

    def __init__(self, rule: Transactions, table: pa.Table) -> None:
        self.rule = rule
        self.times: list[float | None] = table.column(_TIME).to_pylist()
        self.keys: Mapping[str, list[list[str] | None]] = {
            name: table.column(name).to_pylist() for name in rule.by if name in table.column_names
        }
        self.starts = table.column(STARTS).to_pylist() if rule.starts else []
        self.ends = table.column(ENDS).to_pylist() if rule.ends else []
        self.open: dict[_Transaction, None] = {}
        self.index: dict[tuple[str, str], list[_Transaction]] = defaultdict(list)
        self.done: list[_Transaction] = []
        self.orphans: list[int] = []
        self.evicted_for_room = False

    def run(self) -> None:
        for row, when in enumerate(self.times):
            if when is None:
                continue
            values = {name: "\n".join(cells[row] or ()) for name, cells in self.keys.items() if cells[row]}
            if self.rule.by and not values:
                self.orphans.append(row)
                continue
            self._take(row, when, values)
        for txn in self.open:
            self.done.append(txn)

    def _take(self, row: int, when: float, values: dict[str, str]) -> None:
        rule = self.rule
        ends = bool(self.ends[row]) if rule.ends else False
        txn = self._partner(when, values)
        if txn is not None and ends:  # a new end: the older events belong to it
            self._finish(txn)
            txn = None
        if txn is None:
            if rule.ends and not ends:
                self.orphans.append(row)
                return
            txn = _Transaction([], ended=ends)
            self.open[txn] = None
            self._make_room()
        txn.rows.append(row)
        for name, value in values.items():
            if name not in txn.values:
                txn.values[name] = value
                self.index[name, value].append(txn)
        if not self.rule.by and not self.index[("", "")]:
            self.index["", ""].append(txn)
        if (rule.starts and self.starts[row]) or 0 < rule.max_events <= len(txn.rows):
            self._finish(txn, closed=True)

    def _partner(self, when: float, values: dict[str, str]) -> _Transaction | None:
        """The open transaction an event belongs to; those it is too far from are closed on the way."""
        pairs = list(values.items()) if self.rule.by else [("", "")]
        for pair in pairs:
            for txn in reversed(self.index.get(pair, ())):
                if txn not in self.open:
                    continue
                if any(txn.values.get(name, value) != value for name, value in values.items()):
                    continue
                if not self.rule.connected and set(values) != set(txn.values) and self.rule.by:
                    continue
                if self._too_far(txn, when):
                    self._finish(txn, closed=True)
                    continue
                return txn
        return None

    def _too_far(self, txn: _Transaction, when: float) -> bool:
        newest, oldest = self.times[txn.rows[0]] or 0.0, self.times[txn.rows[-1]] or 0.0
        if 0 <= self.rule.max_span_s < newest - when:
            return True
        return 0 <= self.rule.max_pause_s < oldest - when

    def _finish(self, txn: _Transaction, *, closed: bool = False) -> None:
        txn.closed = closed
        self.done.append(txn)
        del self.open[txn]
        for pair in list(txn.values.items()) or [("", "")]:
            holders = self.index.get(pair)
            if holders is not None and txn in holders:
                holders.remove(txn)

    def _make_room(self) -> None:
        while len(self.open) > self.rule.max_open:
            self.evicted_for_room = True
            self._finish(next(iter(self.open)))
