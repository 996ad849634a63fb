"""Suppressions by the command line: the next story of the kind makes no alert, until it is lifted; all is on record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.test_detecting import Live, lines

from bootwatch import app


def alerts(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bootwatch", "alerts", *arguments, "--home", str(home)],
        env=os.environ | {"BOOTWATCH_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


GIVEN = ("--reason", "planned", "--ticket", "CHG-7", "--owner", "noc", "--by", "ann")


def test_a_suppressed_story_makes_no_alert_until_it_is_lifted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    live = Live(home)
    live.take(*lines())
    assert live.detector.step()
    alert = live.alerts.every()[0]
    made = alerts(home, "suppress", alert.id[:20], *GIVEN, "--expires", "2999-12-31")
    assert (made.returncode, made.stdout) == (0, "suppression 1\n"), made.stderr
    assert live.alerts.one(alert.id).suppressed
    suppressed = live.detector._suppressed()
    scanned = app.scan(
        app.files(app.samples(), app.Scope()), app.Scope(), beside=app.Beside(exceptions=suppressed, whole_log=False)
    )
    assert [one.suppression for one in scanned.findings if one.id == alert.id] == [
        "exception CHG-7 of noc, until 2999-12-31: planned"
    ]
    assert alerts(home, "lift", "1", "--reason", "over", "--by", "bob").returncode == 0
    assert live.detector._suppressed() == ()
    assert not live.alerts.one(alert.id).suppressed
    (record,) = alerts(home, "suppressions", "--all", "--format", "jsonl").stdout.splitlines()
    kept = json.loads(record)
    assert (kept["made_by"], kept["lifted_by"], kept["lifted_why"]) == ("ann", "bob", "over")
    assert alerts(home, "suppressions").stdout == "no suppressions\n"
    assert [event.what for event in live.alerts.one(alert.id).history][-2:] == ["suppressed", "unsuppressed"]
    live.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ack", "nothing"], "no alert 'nothing'"),
        (["suppress", "nothing", *GIVEN, "--expires", "2999-12-31"], "no alert 'nothing'"),
        (["suppress", "nothing", *GIVEN, "--expires", "soon"], "accepted: a day as 2026-12-31"),
        (["lift", "7", "--reason", "over"], "no suppression 7"),
    ],
)
def test_what_there_is_not_is_named_with_status_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    Live(tmp_path).close()
    refused = alerts(tmp_path, *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr
