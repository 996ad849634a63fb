"""Files by the cluster's own connectors: listed, and brought to the workers that read them."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bootwatch.engines.spark import tasks
from bootwatch.engines.spark.pieces import Files
from bootwatch.engines.spark.telling import Telling, cause
from bootwatch.errors import InputError
from bootwatch.events.source import Fetched, Opener, RemoteFile, ScanRequest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MOST_BYTES: Final = 2**31 - 1
"""The largest file that Spark brings to a task."""

UNPACKED: Final = 4096
"""Ordinals a byte of a file has: packed logs become larger, a thousandfold and more."""

_PATTERN: Final = re.compile(r"([\\\[\]{}*?])")


def listing(session: SparkSession, paths: list[str], skipped: list[str]) -> list[RemoteFile]:
    """The files under paths, in the order of the paths and of their names; a path may be a pattern of the file system.

    Hidden files (a leading dot, in any part below a path) are left out as on one machine. What begins with ``_``, and
    holds anything, goes to ``skipped``: Spark does not read it. Raises InputError, naming the path.
    """
    found: list[RemoteFile] = []
    for path in paths:
        try:
            files = sorted(_under(session, path))
        except Exception as exc:
            raise InputError(_plainly(exc), path=path) from exc
        if not files:
            raise InputError("no files here", path=path)
        for base, name, size in files:
            parts = name[len(base) :].split("/")
            if any(part.startswith(".") for part in parts):
                continue
            if any(part.startswith("_") for part in parts) or name.rsplit("/", 1)[-1].startswith("_"):
                skipped.extend([name] if size else [])
            elif size > MOST_BYTES:
                raise InputError("larger than 2 GB, which no task can be brought: cut it", path=name)
            else:
                found.append(RemoteFile(name, size))
    return found


def local(path: Path) -> str:
    """A path of this machine as the cluster spells it, which encodes nothing."""
    return f"file://{path.absolute()}"


def _under(session: SparkSession, path: str) -> list[tuple[str, str, int]]:
    """Files under a path or a pattern: the path they were found by, their own, and their bytes."""
    java: Any = session.sparkContext._jvm
    place = java.org.apache.hadoop.fs.Path(path)
    system = place.getFileSystem(session.sparkContext._jsc.hadoopConfiguration())
    roots = [place] if system.exists(place) else [one.getPath() for one in system.globStatus(place) or ()]
    if not roots:
        raise FileNotFoundError(path)
    found = []
    for root in roots:
        files = system.listFiles(root, True)
        while files.hasNext():
            one = files.next()
            base = root.makeQualified(system.getUri(), system.getWorkingDirectory()).toString()
            found.append((base, one.getPath().toString(), int(one.getLen())))
    return found


def found(session: SparkSession, source: Fetched, request: ScanRequest, width: int) -> Files:
    """The files a scan has to read."""
    return Files(*fetched(session, source.files(request), width), source.opener())


def fetched(session: SparkSession, files: list[RemoteFile], width: int) -> tuple[DataFrame, int]:
    """Where the ordinals of each file begin, its path and its bytes; neighbours in one partition, in their order."""
    from pyspark.sql import functions as sf

    places: dict[str, list[int]] = {}
    begin = 0
    for file in files:
        places.setdefault(file.path, []).append(begin)
        begin += (file.size + 1) * UNPACKED
    width = min(max(width, 1), max(len(files), 1))
    named = session.createDataFrame(list(places.items()), "path string, places array<long>")
    read = session.read.format("binaryFile").load([_PATTERN.sub(r"\\\1", path) for path in places])
    joined = read.select("path", "content").join(sf.broadcast(named), "path")
    each = joined.select(sf.explode("places").alias("n"), "path", "content")
    return each.repartitionByRange(width, "n").sortWithinPartitions("n"), width


def own_fields(session: SparkSession, files: list[RemoteFile], opener: Opener) -> dict[str, bool]:
    """Which fields files carry themselves, each with whether it ever has several values."""
    df, _ = fetched(session, files, session.sparkContext.defaultParallelism)
    found: dict[str, bool] = {}
    for row in Telling.on(session).run(df.mapInArrow(tasks.own_fields(opener), tasks.PACKED).collect):
        for name, several in pickle.loads(row.bytes).items():  # noqa: S301 - of a worker of ours
            found[name] = found.get(name, False) or several
    return found


def _plainly(exc: Exception) -> str:
    if isinstance(exc, FileNotFoundError) or "FileNotFoundException" in str(exc):
        return "no such file or folder"
    return f"the cluster cannot read it: {cause(str(exc)) or type(exc).__name__}"
