"""A registered detection as a running service runs it: again and again in one process, from the tags of the store.

``python -m bench.scheduled HOME ROUNDS`` prints a JSON object: ``rows``, ``findings``, and the median seconds of the
detection's search (``search``: compiled, run and its rows read each time) and of the whole scan with its findings
(``scan``). The first round of each, which loads what is loaded once, does not count.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import contenders, generate
from bootwatch import app
from bootwatch.events.clock import Clock


def measure(home: Path, rounds: int) -> dict[str, float]:
    """Seconds and counts, as the module says."""
    scope = app.Scope(clock=Clock.of(generate.NOW), home=home)
    text = contenders.PAGE.read_text(encoding="utf-8")

    def search() -> int:
        return sum(batch.num_rows for batch in app.search(text, app.store(scope), scope).batches())

    def scan() -> int:
        return len(app.scan(app.store(scope), scope, only=[contenders.DETECTION]).findings)

    rows, findings = search(), scan()
    return {
        "rows": rows,
        "findings": findings,
        "search": _median(search, rounds),
        "scan": _median(scan, rounds),
    }


def _median(run: Callable[[], int], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
