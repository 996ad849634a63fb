"""Searches on Spark against plain Spark SQL and the embedded engine, and how their cost grows, in one process.

``python -m bench.spark flagship HOME PLAIN ROUNDS`` prints a JSON object: seconds of the page's search over a store on
``local[2]``, by the embedded engine, and as Spark SQL over plain Parquet of the same rows (:func:`peer`), the three in
turn. ``grow HOME HOME… MASTER`` prints seconds of searches with none, one and two exchanges over stores of several
sizes; ``fit`` reads such lines and prints the cost model. ``many HOME EVENTS`` aggregates that many events with
``spark.driver.maxResultSize=16m``.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench import contenders, generate
from bench.duckdb_peer import ROW_LIMIT, SOURCETYPES
from bench.rules import EXTRACTIONS, PHRASES, SCORES, STORES, SUFFIXES
from bootwatch import app
from bootwatch.engines.spark.session import open_session
from bootwatch.events.clock import Clock

GROWING = {
    "no exchange": "index=* zzz_nothing_has_this | table _time host",
    "one exchange": "index=* | stats count by host",
    "two exchanges": "index=* | stats count by host, sourcetype | eventstats sum(count) AS all by sourcetype "
    "| streamstats count AS n by host",
}
"""Searches with as many exchanges as their name says; the last begins with an aggregate in two steps."""


def peer(session: Any, plain: Path) -> int:
    """The page's search as plain Spark SQL, written by hand; how many rows it has."""
    from pyspark.sql import functions as sf

    lower = sf.lower("_raw")

    def any_of(literals: tuple[str, ...]) -> Any:
        found = lower.contains(literals[0].lower())
        for literal in literals[1:]:
            found = found | lower.contains(literal.lower())
        return found

    rows = session.read.parquet(str(plain)).where(sf.col("sourcetype").isin(list(SOURCETYPES)))
    rows = rows.where(any_of(PHRASES) | (any_of(STORES) & any_of(SUFFIXES)))
    names = ("IsImageTransfer", "IsBootManipulation", "IsIntegrityAlert", "IsFlashWrite")
    for name, pattern in zip(names, SCORES, strict=True):
        rows = rows.withColumn(name, sf.when(sf.col("_raw").rlike(pattern), 1).otherwise(0))
    rows = rows.withColumn("SuspicionScore", sum((sf.col(name) for name in names[1:]), sf.col(names[0])))
    rows = rows.where("SuspicionScore > 0")
    for name, pattern in EXTRACTIONS:
        rows = rows.withColumn(name, sf.nullif(sf.regexp_extract("_raw", pattern, 1), sf.lit("")))
    rows = rows.orderBy(sf.desc("SuspicionScore"), sf.desc("_time")).limit(ROW_LIMIT)
    return len(rows.collect())


def flagship(home: Path, plain: Path, rounds: int) -> dict[str, float]:
    """Median seconds of each contender, taken in turn after one round that does not count."""
    start = time.perf_counter()
    session = open_session("local[2]")
    session.range(1).count()
    opened = time.perf_counter() - start
    text = contenders.PAGE.read_text(encoding="utf-8")
    here = app.Scope(clock=Clock.of(generate.NOW), home=home)
    there = app.Scope(clock=Clock.of(generate.NOW), home=home, engine=session)

    def rows(scope: app.Scope) -> int:
        return sum(batch.num_rows for batch in app.search(text, app.store(scope), scope).batches())

    ways: dict[str, Callable[[], int]] = {
        "spark": lambda: rows(there),
        "embedded": lambda: rows(here),
        "sql": lambda: peer(session, plain),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    counts: dict[str, int] = {}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            counts[name] = way()
            if number:
                times[name].append(time.perf_counter() - began)
    found = {name: statistics.median(took) for name, took in times.items()}
    return found | {"session": opened, **{f"{name} rows": float(count) for name, count in counts.items()}}


def grow(homes: list[Path], master: str) -> list[dict[str, float | str]]:
    """Seconds of the growing searches on one master."""
    session = open_session(master)
    found: list[dict[str, float | str]] = []
    for home in homes:
        scope = app.Scope(clock=Clock.of(generate.NOW), home=home, engine=session)
        size = sum(file.stat().st_size for file in home.rglob("*.parquet"))
        raw = _raw_bytes(home)
        for exchanges, spl in enumerate(GROWING.values()):
            took = []
            for _ in range(3):
                began = time.perf_counter()
                for _ in app.search(spl, app.store(scope), scope).batches():
                    pass
                took.append(time.perf_counter() - began)
            found.append(
                {"master": master, "stored": size, "raw": raw, "exchanges": exchanges, "seconds": min(took[1:])}
            )
    return found


def fit(measured: list[dict[str, Any]], cores: int) -> dict[str, float]:
    """Seconds as ``start + gigabytes of raw log * per_gb_core / cores at work + exchanges * per_exchange``."""
    used = [min(int(one["master"].removeprefix("local[").removesuffix("]")), cores) for one in measured]
    gigabytes = [one["raw"] / 1e9 for one in measured]
    table = np.array(
        [[1.0, gb / width, one["exchanges"]] for one, gb, width in zip(measured, gigabytes, used, strict=True)]
    )
    seconds = np.array([one["seconds"] for one in measured])
    (start, per_gb, per_exchange), *_ = np.linalg.lstsq(table, seconds, rcond=None)
    off = np.abs(table @ np.array([start, per_gb, per_exchange]) - seconds)
    return {
        "start": float(start),
        "per_gb_core": float(per_gb),
        "per_exchange": float(per_exchange),
        "median_error": float(np.median(off / seconds)),
    }


def many(home: Path, events: int) -> dict[str, float]:
    """Aggregate many events where tasks may send the driver 16 MB in all."""
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--conf spark.driver.maxResultSize=16m pyspark-shell"
    session = open_session("local[2]")
    scope = app.Scope(clock=Clock.of(generate.NOW), home=home, engine=session)
    began = time.perf_counter()
    result = app.search(
        "index=* | stats count, dc(host) AS hosts, max(_time) AS last by sourcetype", app.store(scope), scope
    )
    counted = sum(int(str(row["count"])) for row in result.rows())
    took = time.perf_counter() - began
    if counted != events:
        sys.exit(f"{counted:,} events counted, {events:,} stored")
    limit = session.conf.get("spark.driver.maxResultSize")
    return {"seconds": took, "events": counted, "read by workers": result.report.events, "limit": limit}


def _raw_bytes(home: Path) -> int:
    from bootwatch.store import manifest

    found = manifest.load(home)
    return 0 if found is None else sum(segment.raw_bytes for segment in found.segments)


def main() -> None:
    match sys.argv[1:]:
        case ["flagship", home, plain, rounds]:
            print(json.dumps(flagship(Path(home), Path(plain), int(rounds))))
        case ["grow", *homes, master]:
            for line in grow([Path(home) for home in homes], master):
                print(json.dumps(line))
        case ["fit", cores]:
            print(json.dumps(fit([json.loads(line) for line in sys.stdin], int(cores))))
        case ["many", home, events]:
            print(json.dumps(many(Path(home), int(events))))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
