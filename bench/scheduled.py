"""A registered detection as a running service runs it: again and again in one process, from the tags of the store.

``python -m bench.scheduled HOME ROUNDS`` prints a JSON object: ``rows``, ``findings``, and the median seconds of the
detection's search (``search``: run over the store as it then is, its rows read) and of the whole scan with its findings
(``scan``). As in the service, plans are kept from round to round. The first rounds of each, which plan and load what is
kept, do not count.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import contenders, generate
from bootwatch import app
from bootwatch.detect.planned import Plans
from bootwatch.events.clock import Clock


def measure(home: Path, rounds: int) -> dict[str, float]:
    """Seconds and counts, as the module says."""
    scope = app.Scope(clock=Clock.of(generate.NOW), home=home)
    text = contenders.PAGE.read_text(encoding="utf-8")

    kept = Plans(), Plans()

    def search() -> int:
        return sum(batch.num_rows for batch in app.search(text, app.store(scope), scope, plans=kept[0]).batches())

    def scan() -> int:
        return len(app.scan(app.store(scope), scope, only=[contenders.DETECTION], plans=kept[1]).findings)

    search(), scan()
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
