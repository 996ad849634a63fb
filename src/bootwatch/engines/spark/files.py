"""Files by the cluster's own connectors: listed, and brought to the workers that read them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from bootwatch.engines.spark import tasks
from bootwatch.engines.spark.pieces import Files
from bootwatch.engines.spark.telling import Telling
from bootwatch.errors import Error, InputError
from bootwatch.events.source import Fetched, Opener, ScanRequest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def listing(session: SparkSession, paths: list[str]) -> list[str]:
    """The files under paths, in the order of the paths and of their names. Raises InputError, naming the path."""
    found: list[str] = []
    for path in paths:
        try:
            rows = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(path)
            names = sorted(row.path for row in rows.select("path").collect())
        except Exception as exc:
            raise InputError(_plainly(exc), path=path) from exc
        if not names:
            raise InputError("no files here", path=path)
        found += (name for name in names if not name.rsplit("/", 1)[-1].startswith("."))
    return found


def fetched(session: SparkSession, paths: list[str], opener: Opener, width: int) -> Files:
    """Files as the rows a stage begins with; neighbours in one task, so that the order is kept."""
    from pyspark.sql import functions as sf

    places = session.createDataFrame([(path, number) for number, path in enumerate(paths)], "path string, n long")
    files = session.read.format("binaryFile").load(paths).select("path", "content")
    width = min(max(width, 1), max(len(paths), 1))
    df = files.join(sf.broadcast(places), "path").repartitionByRange(width, "n").sortWithinPartitions("n")
    return Files(df.select("n", "path", "content"), width, opener)


def found(session: SparkSession, source: Fetched, request: ScanRequest, width: int) -> Files:
    """The files a scan has to read."""
    return fetched(session, source.paths(request), source.opener(), width)


def own_fields(session: SparkSession, paths: list[str], opener: Opener) -> dict[str, bool]:
    """Which fields files carry themselves, each with whether it ever has several values."""
    files = fetched(session, paths, opener, session.sparkContext.defaultParallelism)
    found: dict[str, bool] = {}
    for row in Telling.on(session).run(files.df.mapInArrow(tasks.own_fields(opener), tasks.PACKED).collect):
        for name, several in pickle.loads(row.bytes).items():  # noqa: S301 - of a worker of ours
            found[name] = found.get(name, False) or several
    return found


def _plainly(exc: Exception) -> str:
    if isinstance(exc, Error):
        return str(exc)
    text = str(exc)
    if "PATH_NOT_FOUND" in text:
        return "no such file or folder"
    return f"the cluster cannot read it: {next(iter(text.splitlines()), type(exc).__name__)}"
