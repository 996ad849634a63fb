"""The public Python surface: search, scan, check, and an import that loads no engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import bootwatch

SAMPLES = Path(bootwatch.__file__).parent / "content" / "samples"


def test_search_gives_rows() -> None:
    found = bootwatch.search("| makeresults | eval a=1 | table a")
    assert list(found.rows()) == [{"a": 1}]


def test_search_over_files_gives_an_arrow_table() -> None:
    found = bootwatch.search("index=network | stats count by sourcetype", [SAMPLES / "cisco_ios.log"])
    assert found.arrow().column_names == ["sourcetype", "count"]


def test_scan_names_the_host() -> None:
    found = bootwatch.scan([SAMPLES])
    assert found.findings[0].host == "br-lyon-rtr1"


def test_scan_takes_what_is_known_beside_the_log(tmp_path: Path) -> None:
    inventory, state = tmp_path / "inventory.json", tmp_path / "state"
    device = {"host": "br-lyon-rtr1", "ip": "192.0.2.1", "vendor_os": "ios", "role": "lab"}
    inventory.write_text(json.dumps([device]), encoding="utf-8")
    log = [SAMPLES / "cisco_ios.log"]
    found = bootwatch.scan(log, inventory=inventory, state=state, whole_log=False, working_hours="08:00-12:00")
    effects = [step.effect for step in found.findings[0].score_trace]
    assert "x1.2" in effects
    assert "x0.4" in effects
    assert state.is_file()
    (raw,) = bootwatch.scan(log, detections=["t1601-001-patch-system-image-splunk"]).findings
    assert raw.host == "br-lyon-rtr1"


def test_check_locates_a_refusal() -> None:
    verdict = bootwatch.check("index=network | rexx x")
    assert (verdict.status, verdict.line, verdict.column) == ("syntax", 1, 17)


def test_importing_the_package_loads_no_engine() -> None:
    code = "import sys, bootwatch; print([m for m in ('duckdb', 'pyarrow', 'starlette', 'typer') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
