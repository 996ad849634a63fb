"""What an engine is asked and what it answers."""

from __future__ import annotations

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


class Engine(Protocol):
    """Runs plans over a source of events."""

    def run(self, plan: Plan, source: EventSource | None) -> Answer:
        """The rows of an optimised plan. Raises EngineError or UnsupportedOnEngine."""

    def describe(self, plan: Plan) -> str:
        """The engine's own query for ``explain``."""
