"""The shipped detection over a store answers as it does over the files that were loaded into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.events.clock import Clock
from bootwatch.events.source import Prefilter
from bootwatch.store.ingest import Sealing, ingest
from bootwatch.store.reader import SegmentSource
from bootwatch.store.tags import Rule
from bootwatch.vendors.profile import aliases

SCOPE = app.Scope(clock=Clock.of("2026-04-01T00:00:00Z"))
SEARCHES = (
    app.pack([]).detection("t1601-001-patch-system-image-splunk").search,
    "index=network sourcetype=pan:log | stats count by sourcetype, host",
    "mnemonic=* | table _time, host, mnemonic, message_text | head 20",
    "flash: NOT copy | stats count by source, index",
)


@pytest.mark.parametrize("spl", SEARCHES)
@pytest.mark.parametrize("tagged", [True, False])
def test_a_store_answers_like_its_files(tmp_path: Path, spl: str, tagged: bool) -> None:
    expected = list(app.search(spl, app.files(app.samples(), SCOPE), SCOPE).rows())
    assert expected
    clauses = app.explain(spl, SCOPE).prefilter or ()
    ingest(
        app.files(app.samples(), SCOPE),
        tmp_path,
        rules=[Rule("the search", Prefilter(clauses))],
        clock=SCOPE.clock,
        sealing=Sealing(rows=500, group_rows=100),
    )
    source = SegmentSource(tmp_path, aliases=aliases(), tags_enabled=tagged)
    assert list(app.search(spl, source, SCOPE).rows()) == expected
    assert source.report.unreadable == []
