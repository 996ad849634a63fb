"""What a scan keeps for the next one, so that two logs read one after the other tell the stories of both together.

One file in Arrow's IPC format: the held events of as long as a search looks back, with all their fields, and in the
schema's metadata the version of this form, who was seen on which device, and what was found that cannot be found again.
A file of another form is refused by name; it is replaced as a whole, or not at all.

A story is told by every scan until its last event is older than that, and never as less than before: its evidence stays
however old it is, and the rows of its searches are kept where the next scan will not have what they were made of. That
are those of searches that read the whole log, and those on hosts of which something was dropped.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.clocks import FAR_S, Times
from bootwatch.detect.findings import Finding
from bootwatch.detect.habits import Habits, as_seen
from bootwatch.detect.rows import UNKNOWN_HOST, Row
from bootwatch.errors import InputError
from bootwatch.events.fields import HOST, INDEXTIME, RAW, TIME
from bootwatch.store.durable import sync_folder

Flags = npt.NDArray[np.bool_]
Rows = Mapping[str, Collection[Row]]
"""What searches found, by the id of their detection."""

VERSION: Final = "2"
_READS: Final = (VERSION, "1")  # which has no rows
LOOK_BACK: Final = timedelta(days=31)
"""The searches join acts of a month; how far apart matches are one story (a day or two) is another matter."""

_VERSION_KEY: Final = b"bootwatch.state"
_HABITS_KEY: Final = b"bootwatch.habits"
_ROWS_KEY: Final = b"bootwatch.rows"


@dataclass(frozen=True, slots=True)
class State:
    """Held events of former scans, in their order, what they taught, and rows that cannot be found again."""

    batches: tuple[pa.RecordBatch, ...] = ()
    habits: Habits = field(default_factory=Habits)
    rows: Rows = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a scan told. ``once``: detections whose searches see nothing of what is kept; ``rows``: of all."""

    findings: Collection[Finding] = ()
    rows: Rows = field(default_factory=dict)
    once: Collection[str] = ()


def read(path: Path) -> State:
    """What was kept; nothing where there is no file yet. Raises InputError for what is no state, or of another form."""
    if not path.exists():
        return State()
    try:
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
            metadata = reader.schema.metadata or {}
            version = metadata.get(_VERSION_KEY, b"").decode("utf-8", "replace")
            if version not in _READS:
                said = f"is of version {version}" if version else "says no version"
                raise InputError(f"not a state this version reads: it {said}; known: {VERSION}", path=path)
            seen = json.loads(metadata.get(_HABITS_KEY, b"{}"))
            every = (reader.get_batch(at) for at in range(reader.num_record_batches))
            rows = json.loads(metadata.get(_ROWS_KEY, b"{}"))
            batches = tuple(batch.replace_schema_metadata(None) for batch in every)
    except (pa.ArrowInvalid, OSError, ValueError) as exc:
        raise InputError(f"not a state of bootwatch scan: {exc}", path=path) from exc
    return State(batches, Habits(as_seen(seen)), rows)


def write(
    path: Path,
    held: Iterable[pa.RecordBatch],
    habits: Habits,
    *,
    window_s: float,
    now_s: float,
    told: Told = Told(),  # frozen
    before: Rows | None = None,
) -> None:
    """Keep the events of the last ``window_s`` seconds, and stories that reach into them. ``before``: rows kept so far.

    The window ends at the latest time an event carries itself that is not in the future: one clock that runs ahead, and
    an event without a time, must not make a scan forget. What carries no time of its own is kept. Raises InputError
    where the file cannot be written.
    """
    batches = list(held)
    oldest = _latest(batches, now_s) - window_s
    stories = [found for found in told.findings if found.last_time.timestamp() >= oldest]
    evidence = pa.array(
        sorted({e.raw for f in stories if f.first_time.timestamp() < oldest for e in f.evidence}), pa.string()
    )
    stays = [_kept(batch, oldest, evidence) for batch in batches]
    dropped = {host for batch, kept in zip(batches, stays, strict=True) for host in _hosts(batch, ~kept)}
    rows = _lasting(told, before or {}, stories, dropped, oldest)
    metadata = {
        _VERSION_KEY: VERSION.encode(),
        _HABITS_KEY: json.dumps(habits.seen).encode(),
        _ROWS_KEY: json.dumps(rows).encode(),
    }
    schema = (batches[0].schema if batches else pa.schema([])).with_metadata(metadata)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                with pa.ipc.new_file(file, schema) as writer:
                    for batch, stay in zip(batches, stays, strict=True):
                        kept = batch.filter(pa.array(stay))
                        writer.write_batch(kept.replace_schema_metadata(metadata))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
            sync_folder(path.parent)  # who names this state elsewhere finds it there, whatever happens
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


def _kept(batch: pa.RecordBatch, oldest: float, evidence: pa.Array) -> Flags:
    time, own = _times(batch)
    kept: Flags = (time >= oldest) | ~own
    if len(evidence):
        kept |= pc.is_in(batch.column(RAW), value_set=evidence).to_numpy(zero_copy_only=False)
    return kept


def _hosts(batch: pa.RecordBatch, some: Flags) -> set[str]:
    return {host or UNKNOWN_HOST for host in pc.unique(batch.column(HOST).filter(pa.array(some))).to_pylist()}


def _lasting(
    told: Told, before: Rows, stories: Iterable[Finding], dropped: Collection[str], oldest: float
) -> dict[str, list[dict[str, object]]]:
    """The rows that the next scan could not find again, of stories that it tells."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for story in stories:
        spans.setdefault(story.host, []).append((story.first_time.timestamp(), story.last_time.timestamp()))
    found: dict[str, list[dict[str, object]]] = {}
    for name, rows in told.rows.items():
        again = {_key(row) for row in before.get(name, ())}
        kept = [
            dict(row)
            for row in rows
            if (name in told.once or str(row.get(HOST) or UNKNOWN_HOST) in dropped or _key(row) in again)
            and _within(row, spans)
        ]
        if kept:
            found[name] = kept
    for name, rows in before.items():
        if name not in told.rows and (kept := [dict(row) for row in rows if _seconds(row) >= oldest]):
            found[name] = kept
    return found


def _within(row: Row, spans: Mapping[str, Iterable[tuple[float, float]]]) -> bool:
    moment = _seconds(row)
    return any(first <= moment <= last for first, last in spans.get(str(row.get(HOST) or UNKNOWN_HOST), ()))


def _seconds(row: Row) -> float:
    """The time of a row to the microsecond, as findings have it; a row without a time was refused before."""
    moment = row.get(TIME)
    return round(moment * 1e6) / 1e6 if isinstance(moment, (int, float)) else -np.inf


def _key(row: Row) -> tuple[object, ...]:
    return row.get(HOST), _seconds(row), row.get(RAW)


def joined(rows: Iterable[Row], before: Iterable[Row], *, once: bool) -> list[Row]:
    """Rows of a search with those of former scans that it did not find again.

    What a search of the whole log (``once``) says of a moment now stands for what it said before.
    """
    found = list(rows)
    known = {_key(row)[: 2 if once else 3] for row in found}
    return found + [row for row in before if _key(row)[: 2 if once else 3] not in known]


def _times(batch: pa.RecordBatch) -> tuple[Times, Flags]:
    """``_time``, and whether it is the event's own rather than that of its arrival."""
    time = batch.column(TIME).to_numpy(zero_copy_only=False)
    arrived = batch.column(INDEXTIME).to_numpy(zero_copy_only=False)
    return time, time != arrived
