"""The searches people publish: how many of them compile, where the measuring data is there."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.knowledge.objects import Knowledge


def records(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        pytest.skip(f"{path.name} is not among the measuring data")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_splunk_s_published_detections_compile(shared_dir: Path, tmp_path: Path) -> None:
    detections = [
        record for record in records(shared_dir / "corpus" / "escu.jsonl.gz") if record["kind"] == "detections"
    ]
    macros = tmp_path / "macros.jsonl"
    found = records(shared_dir / "corpus" / "escu_macros.jsonl.gz")
    macros.write_text("".join(json.dumps(record) + "\n" for record in found))
    scope = app.Scope(knowledge=Knowledge(macros))
    refused = Counter[str]()
    for record in detections:
        checked = app.check(str(record["search"]), scope)
        if checked.status != "ok":
            assert checked.error is not None
            assert checked.error.span is not None, f"{record['name']}: {checked.message} stands nowhere"
            refused[checked.message] += 1
    assert len(detections) == 1870
    assert refused.total() <= 46, refused.most_common(20)
