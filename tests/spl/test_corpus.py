"""The searches people publish: how many of them compile, where the measuring data is there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.spl.corpus import macros, records

from bootwatch import app
from bootwatch.knowledge.objects import Knowledge


def test_splunk_s_published_detections_compile(shared_dir: Path, tmp_path: Path) -> None:
    detections = [
        record for record in records(shared_dir / "corpus" / "escu.jsonl.gz") if record["kind"] == "detections"
    ]
    scope = app.Scope(knowledge=Knowledge(macros(shared_dir, tmp_path)))
    refused = Counter[str]()
    for record in detections:
        checked = app.check(str(record["search"]), scope)
        if checked.status != "ok":
            assert checked.error is not None
            assert checked.error.span is not None, f"{record['name']}: {checked.message} stands nowhere"
            refused[checked.message] += 1
    assert len(detections) == 1870
    assert refused.total() <= 36, refused.most_common(20)


def test_searches_converted_from_sigma_compile(shared_dir: Path) -> None:
    """The file has 3,952 entries, two of which hold several searches and none is one text."""
    searches = [record["spl"] for record in records(shared_dir / "corpus" / "sigma_spl.jsonl.gz")]
    refused = [text for text in searches if isinstance(text, str) and app.check(text).status != "ok"]
    assert len(searches) == 3952
    assert refused == []
