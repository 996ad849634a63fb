"""Every message case of every vendor profile: who sent it, when, and what its header says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from bootwatch.events.clock import Clock
from bootwatch.events.fields import HEADER_FIELDS
from bootwatch.events.source import ScanRequest
from bootwatch.ingest.files import FileSource

VENDORS = Path(__file__).resolve().parents[2] / "src" / "bootwatch" / "vendors"
NOW = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
FIELDS = ("_time", "host", "sourcetype", "_raw", *HEADER_FIELDS)


def cases() -> list[object]:
    found: list[object] = []
    for path in sorted(VENDORS.glob("*/messages.cases.yaml")):
        for entry in yaml.safe_load(path.read_text()):
            found.append(pytest.param(entry["raw"], entry["expect"], id=f"{path.parent.name}-{entry['name']}"))
    return found


def read(raw: str, folder: Path) -> dict[str, object]:
    file = folder / "message.log"
    file.write_text(raw + "\n", encoding="utf-8")
    batches = list(FileSource([file], clock=NOW, threads=1).batches(ScanRequest(fields=FIELDS)))
    rows = pa.Table.from_batches(batches).to_pylist()
    assert len(rows) == 1
    return dict(rows[0])


@pytest.mark.parametrize(("raw", "expect"), cases())
def test_message(raw: str, expect: dict[str, str | None], tmp_path: Path) -> None:
    found = read(raw, tmp_path)
    assert found["_raw"] == raw
    for name, value in expect.items():
        if name == "time":
            wanted = NOW.now if value is None else datetime.fromisoformat(value)
            seconds = found["_time"]
            assert isinstance(seconds, float)
            assert abs(seconds - wanted.timestamp()) < 1e-5 or value is None
        elif name == "host" and value is None:
            assert found["host"] == "unknown"
        else:
            assert found[name] == value, name
