"""Every case of a command, a function and an aggregate gives the same rows where its rows are in several tasks."""

from __future__ import annotations

import pytest
from tests.spl.cases import SPL, Case, check, load

from bootwatch.engines.spark.engine import SparkEngine

ROOMS = ("commands", "functions", "aggregates")


def cases() -> list[object]:
    """Those that give rows: an error is one before any engine is asked."""
    return [
        pytest.param(case, id=f"{path.stem.partition('.')[0]}-{case.name.replace(' ', '_')}")
        for room in ROOMS
        for path in sorted((SPL / room).glob("*.cases.yaml"))
        for case in load(path)
        if case.error is None
    ]


@pytest.mark.parametrize("case", cases())
def test_case(case: Case, scattered: SparkEngine) -> None:
    check(case, scattered)
