"""What the workers have to tell: messages, what scans read, and errors, each as on one machine."""

from __future__ import annotations

import base64
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from bootwatch.engines.spark.tasks import MARK, Met, Told
from bootwatch.errors import EngineError, Error
from bootwatch.events.source import EventSource, ScanReport

if TYPE_CHECKING:
    from pyspark.accumulators import Accumulator
    from pyspark.sql import SparkSession

T = TypeVar("T")
_REFUSED: Final = re.compile(re.escape(MARK) + r"([A-Za-z0-9+/=]+) \.")
_NO_PROGRAM: Final = re.compile(r"Cannot run program \"([^\"]+)\"")
_EXCEPTION: Final = re.compile(r"[\w.$]+(?:Exception|Error): \S|Job aborted due to")
_NO_PACKAGE: Final = re.compile(r"No module named '([\w.]+)'")


class _Merged:
    """How Spark puts together what tasks tell: what a task and partition said last is what holds."""

    def zero(self, value: Told) -> Told:
        return {}

    def addInPlace(self, value1: Told, value2: Told) -> Told:  # noqa: N802 - PySpark's name
        value1.update(value2)
        return value1


@dataclass(slots=True)
class Telling:
    """Gathers what the tasks of one search tell."""

    told: Accumulator[Told]
    _messages: list[str] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _source: EventSource | None = None

    @classmethod
    def on(cls, session: SparkSession) -> Telling:
        return cls(session.sparkContext.accumulator({}, _Merged()))

    def into(self, messages: list[str], source: EventSource | None) -> None:
        """Where things are told once the rows are read."""
        self._messages, self._source = messages, source

    def run(self, job: Callable[[], T]) -> T:
        """The result of a job. Raises what a worker refused with, or EngineError."""
        try:
            found = job()
        except Exception as exc:
            raise translated(exc) from exc
        self._nothing_read()
        return found

    def each(self, job: Callable[[], Iterable[T]]) -> Iterator[T]:
        """The results of a job, one by one."""
        try:
            yield from job()
        except Error:
            raise
        except Exception as exc:
            raise translated(exc) from exc
        self._nothing_read()

    def forget(self, task: int) -> None:
        """A task that gave up is done again, and is told then."""
        for key in [key for key in self.told.value if key[0] == task]:
            del self.told.value[key]

    def note(self, text: str) -> None:
        """Something the driver met itself."""
        self._notes.append(text)

    def tell(self) -> None:
        """Say what was met. A message many tasks have is said once; as on one machine, the last scan is reported."""
        report = ScanReport(notes=list(self._notes))
        last = max((task for (task, _), met in self.told.value.items() if met.read is not None), default=0)
        for (task, _), met in sorted(self.told.value.items(), key=_key):
            self._messages += [message for message in met.messages if message not in self._messages]
            if met.read is not None and task == last:
                report.add(met.read)
        report.unreadable = list(dict.fromkeys(report.unreadable))
        report.notes = list(dict.fromkeys(report.notes))
        if self._source is not None:
            self._source.report = report

    def _nothing_read(self) -> None:
        """Raises InputError where a scan could open nothing, as one machine does."""
        for task in {task for task, _ in self.told.value}:
            scan = [met for (number, _), met in sorted(self.told.value.items(), key=_key) if number == task]
            failed = [met.failed for met in scan if met.failed is not None]
            if failed and not any(met.read.opened for met in scan if met.read is not None):
                raise failed[0]


def _key(item: tuple[tuple[int, int], Met]) -> tuple[int, int]:
    return item[0]


def translated(exc: Exception) -> Error:
    """What a job failed with, as an error of ours."""
    text = str(exc)
    found = _REFUSED.search(text)
    if found is not None:
        refused = pickle.loads(base64.b64decode(found.group(1)))  # noqa: S301 - of a worker of ours
        if isinstance(refused, Error):
            return refused
    missing = _NO_PACKAGE.search(text)
    if missing is not None:
        return EngineError(
            f"the Python of the workers has no {missing.group(1)}: install bootwatch there, "
            "or name a Python that has it in PYSPARK_PYTHON"
        )
    if "maxResultSize" in text:
        return EngineError("the answer is larger than spark.driver.maxResultSize allows: make it keep fewer rows")
    program = _NO_PROGRAM.search(text)
    if program is not None:
        return EngineError(
            f"the workers have no Python at {program.group(1)}: name one that has bootwatch in PYSPARK_PYTHON"
        )
    return EngineError(f"Spark failed: {cause(text) or type(exc).__name__}")


def cause(text: str) -> str:
    """Of all that Java says of a failure, the line that says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    deepest = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by:")]
    named = [line for line in lines if _EXCEPTION.match(line)]
    return next(iter((*deepest[::-1], *named, *lines)), "")
