"""Twenty searches over stored events, each against its answer written by hand as DuckDB SQL.

``python -m bench.queries --events 1_000_000`` stores that many generated events once and runs every pair in one
process, in alternation: bootwatch's search from text to the last batch, then SQL over the same Arrow reader (the same
segments, columns and literals that search asked its source for), with the same threads and memory. Of each the fastest
round counts. Answers are compared as well: ``rows`` has to be the same number for both.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from bench import generate
from bench.generate import Spec, ensure
from bootwatch import app
from bootwatch.engines.duckdb.session import MEMORY_LIMIT_MB
from bootwatch.events.clock import Clock
from bootwatch.events.source import ScanRequest, Wrapped

if TYPE_CHECKING:
    from bootwatch.events.source import EventSource

LINE_BYTES = 128
"""About what a generated line takes; the exact number of events is in the answer of the first search."""
THREADS = 2
RATE = 0.001

SEVERITY = "TRY_CAST(severity_id AS DOUBLE)"


@dataclass(frozen=True, slots=True)
class Query:
    """A search and its hand-written peer over the table ``events``."""

    spl: str
    sql: str


QUERIES = (
    Query("index=* | stats count", "SELECT count(*) FROM events"),
    Query("index=* | stats count by host", "SELECT host, count(*) FROM events GROUP BY host ORDER BY host"),
    Query(
        "index=* | stats count by host, mnemonic",
        "SELECT host, mnemonic, count(*) FROM events WHERE mnemonic IS NOT NULL GROUP BY ALL ORDER BY ALL",
    ),
    Query(
        "index=* | stats dc(host) AS hosts by sourcetype",
        "SELECT sourcetype, count(DISTINCT host) FROM events GROUP BY sourcetype ORDER BY sourcetype",
    ),
    Query(
        "index=* | top limit=10 mnemonic",
        "SELECT mnemonic, n, n * 100.0 / sum(n) OVER () FROM (SELECT mnemonic, count(*) AS n FROM events"
        " WHERE mnemonic IS NOT NULL GROUP BY mnemonic) ORDER BY n DESC, mnemonic LIMIT 10",
    ),
    Query(
        "index=* | bin _time span=10m | stats count by _time, facility",
        "SELECT floor(_time / 600) * 600 AS t, facility, count(*) FROM events WHERE facility IS NOT NULL"
        " GROUP BY ALL ORDER BY ALL",
    ),
    Query(
        "index=* | timechart span=1h count",
        "SELECT floor(_time / 3600) * 3600 AS t, count(*) FROM events GROUP BY t ORDER BY t",
    ),
    Query(
        "facility=SEC severity_id=6 | stats count by host",
        "SELECT host, count(*) FROM events WHERE lower(facility) = 'sec' AND lower(severity_id) = '6'"
        " GROUP BY host ORDER BY host",
    ),
    Query(
        '"changed state to down" | stats count by host',
        "SELECT host, count(*) FROM events WHERE contains(lower(_raw), 'changed state to down')"
        " AND regexp_matches(lower(_raw), '\\bdown\\b') GROUP BY host ORDER BY host",
    ),
    Query(
        "host=*edge* | stats count by host",
        "SELECT host, count(*) FROM events WHERE contains(lower(host), 'edge') GROUP BY host ORDER BY host",
    ),
    Query(
        "severity_id<=2 | stats count by host, facility",
        f"SELECT host, facility, count(*) FROM events WHERE {SEVERITY} <= 2 AND facility IS NOT NULL"
        " GROUP BY ALL ORDER BY ALL",
    ),
    Query(
        'index=* | rex "Interface (?<port>\\S+), changed state to (?<state>\\w+)" | stats count by port, state',
        "SELECT port, state, count(*) FROM (SELECT"
        " nullif(regexp_extract(_raw, 'Interface (\\S+), changed state to (\\w+)', 1), '') AS port,"
        " nullif(regexp_extract(_raw, 'Interface (\\S+), changed state to (\\w+)', 2), '') AS state FROM events)"
        " WHERE port IS NOT NULL AND state IS NOT NULL GROUP BY ALL ORDER BY ALL",
    ),
    Query(
        "index=* | eval size=len(_raw) | stats avg(size) AS mean, max(size) AS most, sum(size) AS all by sourcetype",
        "SELECT sourcetype, avg(length(_raw)), max(length(_raw)), sum(length(_raw)) FROM events"
        " GROUP BY sourcetype ORDER BY sourcetype",
    ),
    Query(
        "severity_id<=3 | sort 100 - _time | table _time, host, mnemonic",
        f"SELECT _time, host, mnemonic FROM events WHERE {SEVERITY} <= 3 ORDER BY _time DESC LIMIT 100",
    ),
    Query(
        "index=* | stats earliest(_time) AS first, latest(_time) AS last by host",
        "SELECT host, min(_time), max(_time) FROM events GROUP BY host ORDER BY host",
    ),
    Query(
        "index=* | stats values(mnemonic) AS said by facility",
        "SELECT facility, list_sort(list(DISTINCT mnemonic)) FROM events WHERE facility IS NOT NULL"
        " GROUP BY facility ORDER BY facility",
    ),
    Query(
        "index=* | eventstats count AS n by host | where n>1000 | stats count by host",
        "SELECT host, count(*) FROM (SELECT host, count(*) OVER (PARTITION BY host) AS n FROM events)"
        " WHERE n > 1000 GROUP BY host ORDER BY host",
    ),
    Query(
        "index=* | eval size=len(_raw) | stats perc95(size) AS p, median(size) AS m by sourcetype",
        "SELECT sourcetype, quantile_cont(length(_raw), 0.95), quantile_cont(length(_raw), 0.5) FROM events"
        " GROUP BY sourcetype ORDER BY sourcetype",
    ),
    Query(
        'index=* | eval level=case(severity_id<=3, "high", severity_id<=5, "middle", true(), "low")'
        " | stats count by level, sourcetype",
        f"SELECT CASE WHEN {SEVERITY} <= 3 THEN 'high' WHEN {SEVERITY} <= 5 THEN 'middle' ELSE 'low' END AS level,"
        " sourcetype, count(*) FROM events GROUP BY ALL ORDER BY ALL",
    ),
    Query(
        "index=* | stats count, dc(mnemonic) AS kinds by host | where kinds>2 | sort 20 - count",
        "SELECT host, count(*) AS n, count(DISTINCT mnemonic) AS kinds FROM events GROUP BY host HAVING kinds > 2"
        " ORDER BY n DESC LIMIT 20",
    ),
)


class Recorded(Wrapped):
    """A source that remembers what it was asked for."""

    request: ScanRequest | None = None

    def batches(self, request: ScanRequest) -> Iterator[pa.RecordBatch]:
        self.request = request
        return super().batches(request)


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of the fastest round and rows of a search and of its peer: what others do on the machine only adds."""

    spl: str
    search: float
    sql: float
    rows: int
    sql_rows: int

    @property
    def ratio(self) -> float:
        return self.search / self.sql


def measure(home: Path, rounds: int) -> list[Pair]:
    """Every pair, in alternation."""
    return [_pair(query, home, rounds) for query in QUERIES]


def _pair(query: Query, home: Path, rounds: int) -> Pair:
    scope = app.Scope(clock=Clock.of(generate.NOW), home=home, threads=THREADS)
    asked = Recorded(app.store(scope))
    rows = _search(query.spl, asked, scope)
    request = asked.request
    if request is None:
        raise RuntimeError(f"{query.spl} read no events")
    sql_rows = _sql(query.sql, app.store(scope), request)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        times[0].append(_seconds(lambda: _search(query.spl, app.store(scope), scope)))
        times[1].append(_seconds(lambda: _sql(query.sql, app.store(scope), request)))
    return Pair(query.spl, min(times[0]), min(times[1]), rows, sql_rows)


def _search(spl: str, source: "EventSource", scope: app.Scope) -> int:
    return sum(batch.num_rows for batch in app.search(spl, source, scope).batches())


def _sql(sql: str, source: "EventSource", request: ScanRequest) -> int:
    found = iter(source.batches(request))
    first = next(found)

    def batches() -> Iterator[pa.RecordBatch]:
        yield first
        yield from found

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": f"{MEMORY_LIMIT_MB}MB",
        "preserve_insertion_order": False,
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.register("events", pa.RecordBatchReader.from_batches(first.schema, batches()))
        return int(connection.sql(sql).to_arrow_table().num_rows)


def _seconds(body: Callable[[], int]) -> float:
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def stored(events: int, home: Path) -> None:
    """About so many generated events as a store."""
    scope = app.Scope(clock=Clock.of(generate.NOW), home=home)
    app.ingest(app.files([ensure(Spec(events * LINE_BYTES, RATE))], scope), scope)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.queries", description="searches against hand-written SQL")
    parser.add_argument("--events", type=lambda text: int(text.replace("_", "")), default=10**6, help="1_000_000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, help="a store to use instead of a new one")
    options = parser.parse_args(arguments)
    generate.directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="queries-", dir=generate.directory()) as folder:
        home = options.home or Path(folder)
        if options.home is None:
            stored(options.events, home)
        found = measure(home, options.rounds)
    print(json.dumps([{"spl": pair.spl, "search": pair.search, "sql": pair.sql, "rows": pair.rows,
                       "sql_rows": pair.sql_rows, "ratio": pair.ratio} for pair in found]))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
