"""How events come to be told of their device and their time: in small files, and in exports."""

from __future__ import annotations

import json
from pathlib import Path

from bootwatch import app
from bootwatch.events.clock import Clock

COPY = (
    "<190>{n}: {host}: {stamp} UTC: %AAAA-6-ACCTLOCAL: Username: netadm Privilege level: 15 Command: "
    "copy tftp://203.0.113.9/c2900-x.bin flash:c2900-x.bin <cr>"
)


def test_a_file_of_another_year_is_not_moved_to_the_time_of_the_others(tmp_path: Path) -> None:
    """One device a file, as collectors write them: twenty were told last year what one is told now."""
    for number in range(21):
        stamp = f"Nov 19 {2026 if number == 10 else 2025} 02:10:{number:02}.000"
        line = COPY.format(n=number, host=f"r{number:02}", stamp=stamp)
        (tmp_path / f"r{number:02}.log").write_text(f"{line}\n", encoding="utf-8")
    scope = app.Scope(clock=Clock.of("2026-11-24T00:00:00Z"))
    scanned = app.scan(app.files([tmp_path], scope), scope, only=["t1601-acts-outside-chains"])
    years = {finding.host: finding.first_time.year for finding in scanned.findings}
    assert years == {f"r{number:02}": 2026 if number == 10 else 2025 for number in range(21)}


def test_an_export_that_gives_a_relay_as_host_is_told_by_device(tmp_path: Path) -> None:
    """Splunk's ``host`` is often the collector's; the finding names the device the text names."""
    lines = [line for path in app.samples() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    exported = tmp_path / "exported.jsonl"
    exported.write_text("".join(json.dumps({"_raw": line, "host": "syslog1"}) + "\n" for line in lines))
    scope = app.Scope()
    beside = app.Beside(whole_log=False)
    found = app.scan(app.files([exported], scope), scope, beside=beside).findings
    wanted = app.scan(app.files(app.samples(), scope), scope, beside=beside).findings
    assert [(one.host, one.score) for one in found] == [(one.host, one.score) for one in wanted]
    assert "syslog1" not in {one.host for one in found}
