"""Whether two engines gave the same answer."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.spl import corpus
from tests.spl.corpus import Published

from bootwatch import app
from bootwatch.errors import Error
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search.rows import Row, Value

EVENTS = 1000


def store(shared: Path, folder: Path) -> app.Scope:
    """A scope over a store of mixed events, with the macros the published searches name."""
    (folder / "lookups").mkdir()
    log = folder / "mixed.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in corpus.events(shared, EVENTS, seed=4)))
    knowledge = Knowledge(corpus.macros(shared, folder), folder / "lookups")
    scope = app.Scope(home=folder / "store", knowledge=knowledge, allow_risky=True)
    app.ingest(app.files([log], scope), scope)
    return scope


@dataclass(frozen=True, slots=True)
class Told:
    """What a search gave: its columns and rows, or the error it ended in."""

    fields: list[str]
    rows: list[Row]
    error: str = ""


def told(spl: str, scope: app.Scope) -> Told:
    try:
        result = app.search(spl, app.store(scope), scope)
        rows = list(result.rows())
    except Error as exc:
        return Told([], [], str(exc))
    return Told(list(result.fields), rows)


def differences(searches: Sequence[Published], here: app.Scope, there: app.Scope) -> tuple[list[str], int]:
    """A line for each search that differs, and how many gave rows."""
    found: list[str] = []
    with_rows = 0
    for search in searches:
        if app.check(search.spl, here).status != "ok":
            continue
        one, other = told(search.spl, here), told(search.spl, there)
        with_rows += bool(one.rows)
        if one.error != other.error or one.fields != other.fields or not alike(one.rows, other.rows):
            found.append(f"{search.name}: {one.error or len(one.rows)} here, {other.error or len(other.rows)} there")
    return found, with_rows


def alike(one: Sequence[Row], other: Sequence[Row]) -> bool:
    """The same rows in the same order, columns included; a fraction to twelve digits, as sums have no order."""
    return len(one) == len(other) and all(
        list(mine) == list(theirs) and all(_same(mine[name], theirs[name]) for name in mine)
        for mine, theirs in zip(one, other, strict=True)
    )


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other
