"""What a scan keeps for the next one, so that two logs read one after the other tell the stories of both together.

One file in Arrow's IPC format: the held events of as long as a search looks back, with all their fields, and in the
schema's metadata the version of this form and who was seen on which device. A file of another form is refused by
name; it is replaced as a whole, or not at all.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bootwatch.detect.clocks import FAR_S, Times
from bootwatch.detect.habits import Habits, as_seen
from bootwatch.errors import InputError
from bootwatch.events.fields import INDEXTIME, TIME

Flags = npt.NDArray[np.bool_]

VERSION: Final = "1"
LOOK_BACK: Final = timedelta(days=31)
"""The searches join acts of a month; how far apart matches are one story (a day or two) is another matter."""

_VERSION_KEY: Final = b"bootwatch.state"
_HABITS_KEY: Final = b"bootwatch.habits"


@dataclass(frozen=True, slots=True)
class State:
    """Held events of former scans, in their order, and what they taught."""

    batches: tuple[pa.RecordBatch, ...] = ()
    habits: Habits = field(default_factory=Habits)


def read(path: Path) -> State:
    """What was kept; nothing where there is no file yet. Raises InputError for what is no state, or of another form."""
    if not path.exists():
        return State()
    try:
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
            metadata = reader.schema.metadata or {}
            version = metadata.get(_VERSION_KEY, b"").decode("utf-8", "replace")
            if version != VERSION:
                said = f"is of version {version}" if version else "says no version"
                raise InputError(f"not a state this version reads: it {said}; known: {VERSION}", path=path)
            seen = json.loads(metadata.get(_HABITS_KEY, b"{}"))
            every = (reader.get_batch(at) for at in range(reader.num_record_batches))
            batches = tuple(batch.replace_schema_metadata(None) for batch in every)
    except (pa.ArrowInvalid, OSError, ValueError) as exc:
        raise InputError(f"not a state of bootwatch scan: {exc}", path=path) from exc
    return State(batches, Habits(as_seen(seen)))


def write(path: Path, held: Iterable[pa.RecordBatch], habits: Habits, *, window_s: float, now_s: float) -> None:
    """Keep the events of the last ``window_s`` seconds. Raises InputError where the file cannot be written.

    The window ends at the latest time an event carries itself that is not in the future: one clock that runs ahead, and
    an event without a time, must not make a scan forget. What carries no time of its own is kept.
    """
    batches = list(held)
    metadata = {_VERSION_KEY: VERSION.encode(), _HABITS_KEY: json.dumps(habits.seen).encode()}
    schema = (batches[0].schema if batches else pa.schema([])).with_metadata(metadata)
    oldest = _latest(batches, now_s) - window_s
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                with pa.ipc.new_file(file, schema) as writer:
                    for batch in batches:
                        kept = batch.filter(pa.array(_kept(batch, oldest)))
                        writer.write_batch(kept.replace_schema_metadata(metadata))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as exc:
        raise InputError(f"cannot be written: {exc.strerror}", path=path) from exc


def _latest(batches: Iterable[pa.RecordBatch], now_s: float) -> float:
    latest = -np.inf
    for batch in batches:
        time, own = _times(batch)
        usable = time[own & (time <= now_s + FAR_S)]
        latest = max(latest, float(usable.max())) if len(usable) else latest
    return latest


def _kept(batch: pa.RecordBatch, oldest: float) -> Flags:
    time, own = _times(batch)
    kept: Flags = (time >= oldest) | ~own
    return kept


def _times(batch: pa.RecordBatch) -> tuple[Times, Flags]:
    """``_time``, and whether it is the event's own rather than that of its arrival."""
    time = batch.column(TIME).to_numpy(zero_copy_only=False)
    arrived = batch.column(INDEXTIME).to_numpy(zero_copy_only=False)
    return time, time != arrived
