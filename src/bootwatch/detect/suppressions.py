"""Suppressions made while working alerts: exceptions with owner, reason, ticket and end, kept with their whole story.

They stand in the file of the alerts and are never removed: one that is lifted stays, with who lifted it and why. The
detector reads those that hold as it reads a file of exceptions.
"""

from __future__ import annotations

import datetime as dt
import glob
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bootwatch.detect.alerts import Alert, AlertError
from bootwatch.detect.alertstore import FILE
from bootwatch.errors import StoreError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS suppression (
  id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, match TEXT NOT NULL, owner TEXT NOT NULL,
  reason TEXT NOT NULL, ticket TEXT NOT NULL, expires TEXT NOT NULL, made TEXT NOT NULL, made_by TEXT NOT NULL,
  lifted TEXT, lifted_by TEXT, lifted_why TEXT)
"""
_EXPIRES: Final = re.compile(r'("expires": )"(\d{4}-\d\d-\d\d)"')
_COLUMNS: Final = "id, alert, match, owner, reason, ticket, expires, made, made_by, lifted, lifted_by, lifted_why"


@dataclass(frozen=True, slots=True)
class Suppression:
    """``match`` is what a story has to consist of; ``expires`` is its last day. ``lifted`` is None while it stands."""

    id: int
    alert: str
    match: Mapping[str, list[str]]
    owner: str
    reason: str
    ticket: str
    expires: str
    made: str
    made_by: str
    lifted: str | None
    lifted_by: str | None
    lifted_why: str | None

    def holds(self, today: dt.date) -> bool:
        return self.lifted is None and self.expires >= today.isoformat()


def match_of(alert: Alert) -> dict[str, list[str]]:
    """What a story like that of an alert consists of: its device, accounts, sources, images and indicators."""
    finding = alert.finding
    found: dict[str, Any] = {
        "host": [finding["host"]],
        "user": finding["users"],
        "image": finding["images"],
        "indicator": sorted({one["indicator"] for one in finding["evidence"] if one["indicator"]}),
    }
    match = {kind: [glob.escape(str(value)) for value in values] for kind, values in found.items() if values}
    if finding["sources"]:
        match["source"] = [str(value) for value in finding["sources"]]
    return match


class Suppressions:
    """Those of one store. Raises StoreError where the file cannot be used."""

    def __init__(self, home: Path) -> None:
        path = home / FILE
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.execute(_SCHEMA)
        except sqlite3.Error as exc:
            raise StoreError(f"{path}: cannot be used: {exc}") from exc

    def close(self) -> None:
        self._db.close()

    def add(self, alert: Alert, *, owner: str, reason: str, ticket: str, expires: dt.date, by: str, at: str) -> int:
        """Suppress stories like this one; its number. Raises AlertError where something is left blank or is over."""
        for name, value in (("owner", owner), ("reason", reason), ("ticket", ticket)):
            if not value.strip():
                raise AlertError(f"alert {alert.id}: a suppression needs its {name}")
        if expires.isoformat() < at[:10]:
            raise AlertError(f"alert {alert.id}: a suppression until {expires} would be over already")
        made = self._db.execute(
            "INSERT INTO suppression (alert, match, owner, reason, ticket, expires, made, made_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (alert.id, json.dumps(match_of(alert)), owner, reason, ticket, expires.isoformat(), at, by),
        )
        return int(made.lastrowid or 0)

    def lift(self, number: int, *, by: str, why: str, at: str) -> Suppression:
        """End one before its time. Raises AlertError."""
        one = next((one for one in self.every() if one.id == number), None)
        if one is None:
            raise AlertError(f"no suppression {number}")
        if one.lifted is not None:
            raise AlertError(f"suppression {number} was lifted by {one.lifted_by} at {one.lifted}")
        self._db.execute(
            "UPDATE suppression SET lifted = ?, lifted_by = ?, lifted_why = ? WHERE id = ?", (at, by, why, number)
        )
        return one

    def every(self) -> list[Suppression]:
        """All there ever were, the latest first."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM suppression ORDER BY id DESC")  # noqa: S608 - constants
        return [Suppression(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]

    def exceptions(self, today: dt.date) -> str:
        """Those that hold as the text of a file of exceptions; empty where none does."""
        held = [
            {
                "owner": one.owner,
                "reason": one.reason,
                "ticket": one.ticket,
                "expires": one.expires,
                "match": one.match,
            }
            for one in self.every()
            if one.holds(today)
        ]
        if not held:
            return ""
        # A day is no text in YAML; inside a text the quotes before it are escaped.
        return _EXPIRES.sub(r"\1\2", json.dumps({"exceptions": held}, ensure_ascii=False, indent=1))
