"""How the tests ask the reference: rows in the order they are to be seen, and the search."""

from __future__ import annotations

from tests.reference import Row, run

NOW = 1_736_940_000.0
PACIFIC = "America/Los_Angeles"

Given = list[dict[str, object]]


def over(rows: Given, spl: str, *, tz: str = "UTC") -> list[Row]:
    """Rows of a search over events given newest first."""
    return run(spl, rows[::-1], now=NOW, tz=tz)


def value(expression: str, fields: dict[str, object] | None = None, *, tz: str = "UTC") -> str | list[str] | None:
    """What ``eval`` writes for an expression over one row; None where it writes nothing."""
    (row,) = over([fields or {"_raw": "x"}], f"* | eval result={expression}", tz=tz)
    return row.get("result")


def column(rows: list[Row], field: str) -> list[str | list[str] | None]:
    """One field of every row."""
    return [row.get(field) for row in rows]
