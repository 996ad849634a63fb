"""What an engine is asked and what it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bootwatch.algebra.plans import Plan
from bootwatch.algebra.types import FieldType
from bootwatch.events.source import EventSource

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Answer:
    """The rows of a search as Arrow batches, in order, with the type of every column.

    A NUMBER or INTEGER column is float64, TEXT a string, MULTI a list of strings; null is an absent field. ``messages``
    is complete once the batches are drained: limits that were reached, regular expressions given up.
    """

    fields: dict[str, FieldType]
    batches: Iterator[pa.RecordBatch]
    messages: list[str] = field(default_factory=list)
    close: Callable[[], None] = lambda: None


class Kept(Protocol):
    """What an engine made for a plan and can use for it again."""

    def close(self) -> None: ...


class Again:
    """For a plan that is run again and again: what an engine made for it stays here between the runs.

    The caller, whose plan it is, closes it. Runs may be at the same time: each takes what is free.
    """

    def __init__(self) -> None:
        self.runs = 0
        self._free: list[Kept] = []
        self._closed = False
        self._lock = threading.Lock()

    def take(self) -> Kept | None:
        """What a run before this one left."""
        with self._lock:
            self.runs += 1
            return self._free.pop() if self._free else None

    def leave(self, made: Kept) -> None:
        """For the next run."""
        with self._lock:
            if not self._closed:
                self._free.append(made)
                return
        made.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for made in free:
            made.close()


class Engine(Protocol):
    """Runs plans over a source of events."""

    def run(self, plan: Plan, source: EventSource | None, again: Again | None = None) -> Answer:
        """The rows of an optimised plan; with ``again`` they may all be held at once.

        Raises EngineError or UnsupportedOnEngine.
        """

    def describe(self, plan: Plan) -> str:
        """The engine's own query for ``explain``."""
