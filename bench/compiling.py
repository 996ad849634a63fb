"""How long searches take to compile: ``python -m bench.compiling`` prints milliseconds as JSON.

The searches are those of the measuring data (``BOOTWATCH_SHARED``, else ``../shared`` beside the repository): the
median of Splunk's published detections, each compiled once in one process, and the longest one converted from Sigma.
"""

import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bootwatch import app
from bootwatch.knowledge.objects import Knowledge


def corpus() -> Path | None:
    """The folder of published searches, where there is one."""
    named = os.environ.get("BOOTWATCH_SHARED")
    folder = (Path(named) if named else Path(__file__).resolve().parents[2] / "shared") / "corpus"
    return folder if folder.is_dir() else None


def measure(folder: Path) -> dict[str, float]:
    """Milliseconds: the median of detections, and the longest search with its characters."""
    detections = [record for record in _records(folder / "escu.jsonl.gz") if record["kind"] == "detections"]
    longest = max((str(record["spl"]) for record in _records(folder / "sigma_spl.jsonl.gz")), key=len)
    with tempfile.TemporaryDirectory() as scratch:
        macros = Path(scratch) / "macros.jsonl"
        found = _records(folder / "escu_macros.jsonl.gz")
        macros.write_text("".join(json.dumps(record) + "\n" for record in found), encoding="utf-8")
        scope = app.Scope(knowledge=Knowledge(macros))
        app.check("index=* | stats count", scope)  # what is imported once is no search's cost
        median = statistics.median(_milliseconds(str(record["search"]), scope) for record in detections)
        return {"detections": len(detections), "median_ms": median, "longest": len(longest),
                "longest_ms": _milliseconds(longest, scope)}  # fmt: skip


def _milliseconds(spl: str, scope: app.Scope) -> float:
    start = time.perf_counter()
    app.check(spl, scope)
    return (time.perf_counter() - start) * 1000


def _records(path: Path) -> list[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    found = corpus()
    if found is None:
        sys.exit("no measuring data: set BOOTWATCH_SHARED or put it in ../shared")
    print(json.dumps(measure(found)))
