"""The page's search as plain DuckDB SQL, written by hand: the peer of a search over ingested segments.

``python -m bench.duckdb_peer search DIR OUT`` runs it over plain Parquet (``_time, host, sourcetype, _raw``) and writes
the rows as JSON lines; ``count DIR`` prints lines of the base search and lines with a score, under the substring rule.
The base search is one RE2 alternation and then the base as regular expressions, the best of the pure SQL forms
measured (``ILIKE`` or ``contains(lower(_raw), …)`` once per phrase are about ten times slower).
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.generate import Log, Spec
from bench.rules import EXTRACTIONS, PHRASES, SCORES, STORES, SUFFIXES

ROW_LIMIT = 10_000
"""What ``sort`` without a count keeps."""

SOURCETYPES = ("cisco:ios", "cisco_syslog", "syslog", "juniper:junos:syslog", "pan:log")


def write_parquet(spec: Spec, folder: Path) -> None:
    """The rows of a generated log as one Parquet file (zstd level 1) in a new ``folder``."""
    log = Log(spec)
    hosts = pa.array([message.host for message in log.messages])
    sourcetypes = pa.array([message.sourcetype for message in log.messages])
    schema = pa.schema(
        [
            ("_time", pa.timestamp("us", "UTC")),
            ("host", pa.string()),
            ("sourcetype", pa.string()),
            ("_raw", pa.string()),
        ]
    )
    folder.mkdir(parents=True)
    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd", compression_level=1) as writer:
        for block in log.blocks():
            raw = pa.array(block.data.decode().split("\n")[:-1])
            times = pa.array(np.multiply(block.time_ms, 1000), pa.timestamp("us", "UTC"))
            entry = pa.array(block.entry)
            writer.write_table(pa.table([times, hosts.take(entry), sourcetypes.take(entry), raw], schema=schema))


def base_sql(source: str) -> str:
    """Rows that pass the page's base search under the substring rule."""
    phrases, stores, suffixes = (_any_of(group) for group in (PHRASES, STORES, SUFFIXES))
    candidate = _quote("(?i)" + "|".join((*PHRASES, *STORES)))
    sourcetypes = ", ".join(_quote(name) for name in SOURCETYPES)
    return f"""
        SELECT _time, host, _raw FROM {source}
        WHERE sourcetype IN ({sourcetypes})
          AND CASE WHEN regexp_matches(_raw, {candidate})
              THEN regexp_matches(_raw, {phrases})
                OR (regexp_matches(_raw, {stores}) AND regexp_matches(_raw, {suffixes}))
              ELSE false END
    """


def search_sql(source: str) -> str:
    """The whole page: base, four scores, four extractions, twelve columns, worst and newest first."""
    names = ("IsImageTransfer", "IsBootManipulation", "IsIntegrityAlert", "IsFlashWrite")
    scores = ", ".join(
        f"CASE WHEN regexp_matches(_raw, {_quote(pattern)}) THEN 1 ELSE 0 END AS {name}"
        for name, pattern in zip(names, SCORES, strict=True)
    )
    fields = ", ".join(
        f"nullif(regexp_extract(_raw, {_quote(pattern)}, 1), '') AS {name}" for name, pattern in EXTRACTIONS
    )
    extracted = ", ".join(name for name, _ in EXTRACTIONS)
    return f"""
        SELECT epoch(_time) AS _time, host, {extracted}, {", ".join(names)}, SuspicionScore, _raw
        FROM (
            SELECT *, {" + ".join(names)} AS SuspicionScore, {fields}
            FROM (SELECT *, {scores} FROM ({base_sql(source)}))
        )
        WHERE SuspicionScore > 0
        ORDER BY SuspicionScore DESC, _time DESC
        LIMIT {ROW_LIMIT}
    """


def count(folder: Path) -> tuple[int, int]:
    """Base lines and scored lines of a folder of Parquet files."""
    any_score = "|".join(f"(?:{pattern})" for pattern in SCORES)
    counts = f"count(*), count(*) FILTER (regexp_matches(_raw, {_quote(any_score)}))"
    row = duckdb.execute(f"SELECT {counts} FROM ({base_sql(_source(folder))})").fetchall()[0]
    return int(row[0]), int(row[1])


def search(folder: Path, output: Path) -> None:
    """The page's rows of a folder of Parquet files, as JSON lines."""
    duckdb.execute(f"COPY ({search_sql(_source(folder))}) TO {_quote(str(output))} (FORMAT json)")


def _source(folder: Path) -> str:
    return f"read_parquet({_quote(str(folder / '*.parquet'))})"


def _any_of(literals: tuple[str, ...]) -> str:
    return _quote("(?i)" + "|".join(literal.replace(".", r"\.") for literal in literals))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def main() -> None:
    match sys.argv[1:]:
        case ["search", folder, output]:
            search(Path(folder), Path(output))
        case ["count", folder]:
            print(*count(Path(folder)))
        case _:
            sys.exit("usage: python -m bench.duckdb_peer search DIR OUT | count DIR")


if __name__ == "__main__":
    main()
