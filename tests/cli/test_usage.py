"""Usage errors are sentences with status 2, never tracebacks."""

from __future__ import annotations

import pytest

from bootwatch.cli.program import status_of


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search"], "a search is missing"),
        (["search", "--nope", "x"], "No such option: --nope"),
        (["scan", "x", "--min-severity", "awful"], "'awful' is not a severity"),
        (["nothing"], "No such command 'nothing'"),
        (["search", "index=a", "x", "--tz", "Mars/Olympus"], "no time zone 'Mars/Olympus'"),
        (["search", "index=a", "x", "--now", "soon"], "'soon' is not an ISO 8601 time"),
        (["search", "index=a", "x", "--earliest", "yesterdayish"], "'yesterdayish'"),
        (["detections", "show", "none"], "none"),
    ],
)
def test_usage(args: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(args) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--macros", "--lookups"])
@pytest.mark.parametrize("command", ["search", "scan", "check", "explain"])
def test_a_named_file_that_is_not_there_is_said(option: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of([command, "index=x", option, "/nowhere/at/all"]) == 4
    assert "/nowhere/at/all: no such" in capsys.readouterr().err
