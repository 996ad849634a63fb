"""Alerts on disk: one SQLite file of the store, in which a step of detection holds as a whole or not at all.

What a step found, up to where it has read, and what has to be sent because of it stand in one transaction: a crash
leaves no alert without its message and no message twice in the queue. Any process may open the file; SQLite's write-
ahead log lets readers go on while one writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootwatch.detect import alerts
from bootwatch.detect.alerts import Alert, AlertError, Event, Stage, Verdict
from bootwatch.detect.findings import Finding
from bootwatch.errors import StoreError

FILE: Final = "bootwatch.sqlite"
VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alert (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, stage TEXT NOT NULL, verdict TEXT, assignee TEXT,
  suppressed INTEGER NOT NULL, score INTEGER NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
  finding TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS evidence (key TEXT PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert(id));
CREATE INDEX IF NOT EXISTS evidence_alert ON evidence(alert);
CREATE TABLE IF NOT EXISTS history (
  alert TEXT NOT NULL REFERENCES alert(id), number INTEGER NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (alert, number));
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, alert TEXT NOT NULL, event TEXT NOT NULL,
  payload TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_s REAL NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting', why TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox(state, next_s);
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What a step did to an alert: ``event`` is created, extended, reopened, suppressed or closed."""

    alert: Alert
    event: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one sink. ``key`` stays the same however often it is tried: receivers drop a repeat by it."""

    id: int
    sink: str
    alert: str
    event: str
    payload: str
    attempts: int

    @property
    def key(self) -> str:
        return f"{self.alert}-{self.id}"


class AlertStore:
    """The alerts of one store. Raises StoreError where the file cannot be used or has another version."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise StoreError(f"{self._path}: has version {version}; this bootwatch reads version {VERSION}")
            if version == 0:
                self._db.executescript(_SCHEMA)
                self._db.execute(f"PRAGMA user_version={VERSION}")
        except (sqlite3.Error, OSError) as exc:
            raise StoreError(f"{self._path}: cannot be used: {exc}") from exc

    def close(self) -> None:
        self._db.close()

    def merge(
        self, findings: Iterable[Finding], at: str, *, marks: dict[str, str] | None = None, sinks: Sequence[str] = ()
    ) -> list[Change]:
        """Findings become alerts, or extend those of their stories, and ``marks`` are set: all in one transaction.

        Every change of an alert that is not suppressed is put into the queue of each sink.
        """
        changes: list[Change] = []
        with self._transaction():
            for finding in findings:
                change = self._merged(finding, at)
                if change is not None:
                    changes.append(change)
                    if change.event != "suppressed":
                        self._queue(change, sinks)
            for name, value in (marks or {}).items():
                self._db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (name, value))
        return changes

    def mark(self, name: str) -> str | None:
        """A mark that was set; None before."""
        row = self._db.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def every(self, *, stage: Stage | None = None) -> list[Alert]:
        """All alerts, or those in one stage, worst first; without their history."""
        where, values = ("", ()) if stage is None else ("WHERE stage = ?", (stage.value,))
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM alert {where}", values)  # noqa: S608 - constants
        return alerts.worst_first(_alert(row) for row in rows)

    def one(self, name: str) -> Alert:
        """An alert by its id or an unambiguous beginning of it, with its history. Raises AlertError."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE id = ? OR substr(id, 1, ?) = ?",  # noqa: S608 - constants
            (name, len(name), name),
        ).fetchall()
        exact = [row for row in rows if row[0] == name] or rows
        if not exact or not name:
            raise AlertError(f"no alert '{name}'")
        if len(exact) > 1:
            raise AlertError(f"'{name}' begins {len(exact)} alerts; give more of the id")
        return _alert(exact[0], self._history(exact[0][0]))

    def change(self, changed: Alert, event: str, *, sinks: Sequence[str] = ()) -> None:
        """Keep what somebody did to an alert."""
        with self._transaction():
            self._write(changed)
            self._queue(Change(changed, event), sinks)

    def due(self, now_s: float, most: int = 100) -> list[Message]:
        """Messages whose turn it is, the oldest first; to one sink never past one that waits before it."""
        rows = self._db.execute(
            "SELECT id, sink, alert, event, payload, attempts FROM outbox WHERE state = 'waiting' AND next_s <= ?"
            " AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.sink = outbox.sink"
            " AND before.state = 'waiting' AND before.id < outbox.id AND before.next_s > ?) ORDER BY id LIMIT ?",
            (now_s, now_s, most),
        )
        return [Message(*row) for row in rows]

    def sent(self, message: Message) -> None:
        """A sink took the message."""
        self._db.execute("UPDATE outbox SET state = 'sent', why = '' WHERE id = ?", (message.id,))

    def failed(self, message: Message, why: str, next_s: float | None) -> None:
        """A sink did not take it: tried again at ``next_s``, or never (None)."""
        state = "waiting" if next_s is not None else "dead"
        self._db.execute(
            "UPDATE outbox SET attempts = attempts + 1, next_s = ?, state = ?, why = ? WHERE id = ?",
            (next_s or 0.0, state, why, message.id),
        )

    def waiting(self) -> int:
        """How many messages wait to be sent."""
        (count,) = self._db.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()
        return int(count)

    def _merged(self, finding: Finding, at: str) -> Change | None:
        keys = sorted(alerts.evidence_keys(finding))
        known = self._of_evidence(keys)
        if known is None:
            alert = alerts.begun(finding, at)
            event = "suppressed" if alert.suppressed else "created"
        else:
            before = _alert(self._row(known), self._history(known))
            grown = alerts.grown(before, finding, at)
            if grown is None:
                return None
            what = {one.what for one in grown.history[len(before.history) :]}
            alert = grown
            event = "suppressed" if grown.suppressed else "reopened" if "reopened" in what else "extended"
            if "unsuppressed" in what:
                event = "created"  # nobody has been told of it yet
        self._write(alert)
        self._db.executemany("INSERT OR IGNORE INTO evidence VALUES (?, ?)", [(key, alert.id) for key in keys])
        return Change(alert, event)

    def _of_evidence(self, keys: Sequence[str]) -> str | None:
        for key in keys:
            row = self._db.execute("SELECT alert FROM evidence WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return str(row[0])
        return None

    def _row(self, name: str) -> tuple[object, ...]:
        row: tuple[object, ...] = self._db.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE id = ?",  # noqa: S608 - constants
            (name,),
        ).fetchone()
        return row

    def _history(self, name: str) -> tuple[Event, ...]:
        rows = self._db.execute("SELECT at, who, what, detail FROM history WHERE alert = ? ORDER BY number", (name,))
        return tuple(Event(*row) for row in rows)

    def _write(self, alert: Alert) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(alert.id, str(alert.finding["host"]), alert.stage.value, alert.verdict and alert.verdict.value),
                *(alert.assignee, alert.suppressed, alert.score, alert.created, alert.updated),
                json.dumps(alert.finding),
            ),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?, ?, ?)",
            [(alert.id, number, one.at, one.who, one.what, one.detail) for number, one in enumerate(alert.history)],
        )

    def _queue(self, change: Change, sinks: Sequence[str]) -> None:
        payload = json.dumps(to_dict(change.alert))
        self._db.executemany(
            "INSERT INTO outbox (sink, alert, event, payload) VALUES (?, ?, ?, ?)",
            [(sink, change.alert.id, change.event, payload) for sink in sinks],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as exc:
            raise StoreError(f"{self._path}: cannot be written: {exc}") from exc


def to_dict(alert: Alert) -> dict[str, object]:
    """The alert's JSON object: its life, and its finding under ``finding``."""
    return {
        "id": alert.id,
        "stage": alert.stage.value,
        "verdict": alert.verdict.value if alert.verdict else None,
        "assignee": alert.assignee,
        "suppressed": alert.suppressed,
        "created": alert.created,
        "updated": alert.updated,
        "history": [{"at": one.at, "who": one.who, "what": one.what, "detail": one.detail} for one in alert.history],
        "finding": dict(alert.finding),
    }


_COLUMNS: Final = "id, stage, verdict, assignee, suppressed, created, updated, finding"


def _alert(row: Sequence[object], history: tuple[Event, ...] = ()) -> Alert:
    name, stage, verdict, assignee, suppressed, created, updated, finding = row
    return Alert(
        str(name),
        Stage(str(stage)),
        None if verdict is None else Verdict(str(verdict)),
        None if assignee is None else str(assignee),
        bool(suppressed),
        str(created),
        str(updated),
        json.loads(str(finding)),
        history,
    )
