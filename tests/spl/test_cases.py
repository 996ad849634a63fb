"""Every case beside a command, an eval function family and an aggregate, run on the embedded engine."""

from __future__ import annotations

import pytest
from tests.spl.cases import SPL, Case, check, parameters


@pytest.mark.parametrize("case", parameters(SPL / "commands"))
def test_command(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", parameters(SPL / "functions"))
def test_function(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", parameters(SPL / "aggregates"))
def test_aggregate(case: Case) -> None:
    check(case)
