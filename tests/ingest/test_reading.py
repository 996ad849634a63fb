"""Many inputs read side by side give what they give one by one, in the order they were named."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from tests.ingest.reading import CLOCK

from bootwatch.events.source import Prefilter, ScanRequest
from bootwatch.ingest.files import FileSource

FIELDS = ("_raw", "_time", "host", "source", "sourcetype", "#line")


def events(source: FileSource, clauses: tuple[tuple[str, ...], ...] = ()) -> list[dict[str, object]]:
    request = ScanRequest(fields=FIELDS, prefilter=Prefilter(clauses))
    found = [row for batch in source.batches(request) for row in batch.to_pylist()]
    orders = [row.pop("#n") for row in found]
    assert orders == sorted(set(orders))
    return found


@pytest.mark.parametrize("clauses", [(), (("copy",),)])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_folder_is_its_files(tmp_path: Path, clauses: tuple[tuple[str, ...], ...], threads: int) -> None:
    chance = random.Random(7)
    paths: list[Path] = []
    for number in range(150):
        lines = [
            f"<189>Mar  3 11:{at % 60:02}:00 r{number}: %SYS-5-X: {chance.choice(('copy', 'other'))} {at}"
            for at in range(chance.choice((0, 1, 3, 40)))
        ]
        text = "".join(line + "\n" for line in lines).encode()
        path = tmp_path / f"{number:03}.log"
        if number % 10 == 3:
            path = path.with_suffix(".log.gz")
            text = gzip.compress(text)
        elif number % 10 == 4:
            path = path.with_suffix(".jsonl")
            text = f'{{"_raw":"copy {number}","host":"j{number}"}}\n'.encode()
        path.write_bytes(text)
        paths.append(path)
    paths.insert(75, tmp_path / "missing.log")
    alone: list[dict[str, object]] = []
    lines_read = 0
    for path in paths:
        if path.exists() and path.stat().st_size:
            source = FileSource([path], clock=CLOCK, block_bytes=512)
            alone += events(source, clauses)
            lines_read += source.report.lines
    whole = FileSource(paths, clock=CLOCK, block_bytes=512, threads=threads)
    assert events(whole, clauses) == alone
    assert whole.report.lines == lines_read
    assert [Path(path).name for path, _ in whole.report.unreadable if "missing" in path] == ["missing.log"]


def test_the_first_events_do_not_wait_for_all_files(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"{number:03}.log").write_text(f"<189>Mar  3 11:00:00 r{number}: %SYS-5-X: copy\n")
    source = FileSource([tmp_path], clock=CLOCK, threads=1)
    batches = source.batches(ScanRequest(fields=FIELDS))
    assert next(batches).num_rows > 0
    assert source.report.events < 400
