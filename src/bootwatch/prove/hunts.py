"""The hunting queries over their own lines: the rows that are promised, and no other."""

from __future__ import annotations

from collections.abc import Iterable

from bootwatch import app
from bootwatch.detections.hunts import Hunt, HuntSample
from bootwatch.errors import SplError
from bootwatch.prove.outcome import Kind, Outcome
from bootwatch.prove.recorded import Recording, recorded, rows
from bootwatch.search.rows import Row, shown


def prove_hunt(hunt: Hunt, scope: app.Scope) -> list[Outcome]:
    """One outcome for each of its samples."""
    return [
        Outcome(Kind.HUNT, hunt.id, None, f"{hunt.title}: {sample.name}", tuple(_problems(hunt, sample, scope)))
        for sample in hunt.samples
    ]


def _problems(hunt: Hunt, sample: HuntSample, scope: app.Scope) -> Iterable[str]:
    try:
        with recorded([Recording(sample.lines)]) as paths:
            found = rows(hunt.spl, paths, scope)
    except SplError as exc:
        yield f"the search does not run: {exc.message}"
        return
    rest = list(found)
    for wanted in sample.rows:
        match = next(
            (row for row in rest if all(_values(row, name) == values for name, values in wanted.items())), None
        )
        if match is None:
            yield f"expected a row with {_said(wanted)}"
        else:
            rest.remove(match)
    for row in rest:
        yield f"did not expect the row {_said({name: _values(row, name) for name in row})}"


def _values(row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name)
    return () if value is None else tuple(value) if isinstance(value, list) else (shown(value),)


def _said(row: dict[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{name}={' '.join(values)}" for name, values in row.items() if values)
