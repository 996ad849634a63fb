"""New files as they appear in a folder: Spark's Structured Streaming finds them, and remembers which were done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bootwatch.engines.spark.telling import translated
from bootwatch.errors import Error

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Handle = Callable[[int, list[str]], None]
"""Works on the files of a batch. A batch that was cut off comes again under its number."""


def each_batch(
    session: SparkSession, folder: str, checkpoint: str, handle: Handle, *, once: bool, every_s: float = 10.0
) -> None:
    """Hand on the files of ``folder`` that no batch had so far, as they appear; with ``once`` those that are there.

    ``checkpoint`` is where Spark keeps what is done, a folder of its own. Returns at the end of ``once``, else never.
    Raises what ``handle`` raises, and EngineError.
    """
    raised: list[Error] = []

    def work(df: DataFrame, number: int) -> None:
        paths = sorted(_local(row.path) for row in df.collect())
        if not paths:
            return
        try:
            handle(number, paths)
        except Error as exc:
            raised.append(exc)
            raise

    files = session.readStream.format("binaryFile").schema(_SCHEMA).option("recursiveFileLookup", "true").load(folder)
    writer = files.select("path").writeStream.foreachBatch(work).option("checkpointLocation", checkpoint)
    writer = writer.trigger(availableNow=True) if once else writer.trigger(processingTime=f"{every_s:g} seconds")
    try:
        query = writer.start()
        query.awaitTermination()
    except Exception as exc:
        raise (raised[0] if raised else translated(exc)) from exc


_SCHEMA = "path string, modificationTime timestamp, length long, content binary"


def _local(path: str) -> str:
    """A path of this file system as such, every other as the cluster spells it (Hadoop encodes nothing)."""
    return "/" + path.removeprefix("file:").lstrip("/") if path.startswith("file:") else path
