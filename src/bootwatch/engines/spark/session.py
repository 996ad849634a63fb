"""Spark sessions: opened by address, or handed in; what cannot work is said before anything runs."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bootwatch.engines.spark.telling import cause
from bootwatch.errors import EngineError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST: Final = (4, 0)
"""The first Spark whose Java side and Arrow both suit; older ones are refused by their version."""

_QUIET: Final = Path(__file__).with_name("log4j2.properties")
_ADDRESS: Final = re.compile(r"local(\[(\*|\d+)(,\s*\d+)?\])?|spark://[^\s]+|yarn|k8s://[^\s]+")


def is_address(text: str) -> bool:
    """Whether ``--engine`` names a Spark master."""
    return _ADDRESS.fullmatch(text) is not None


def open_session(address: str | None = None) -> SparkSession:
    """A session on a master (None: that of the environment, as ``spark-submit`` made it).

    Raises EngineError where PySpark or Java is missing, or Spark is too old; SettingsError for what is no address.
    """
    if address is not None and not is_address(address):
        raise SettingsError(
            f"{address!r} is no engine; use duckdb, local[2], spark://HOST:PORT, yarn, k8s://… or spark (the session "
            "of the environment)",
            key="--engine",
        )
    _importable()
    _java()
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # What Java's logging says before a session can be told to be quiet.
    os.environ.setdefault("SPARK_SUBMIT_OPTS", f"-Dlog4j2.configurationFile={_QUIET.as_uri()}")
    builder = SparkSession.builder.appName("bootwatch")
    if address is not None:
        builder = builder.master(address)
        if address.startswith("local"):
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    for key, value in _SETTINGS.items():
        if key not in os.environ.get("PYSPARK_SUBMIT_ARGS", ""):
            builder = builder.config(key, value)
    with tempfile.TemporaryFile(prefix="bootwatch-") as said:
        try:
            with _aside(said) if SparkSession.getActiveSession() is None else nullcontext():
                session = builder.getOrCreate()
        except Exception as exc:
            said.seek(0)
            why = cause(f"{exc}\n{said.read().decode(errors='replace')}")
            raise EngineError(f"no Spark session on {address or 'the environment'}: {why}") from exc
    return usable(session)


@contextmanager
def _aside(file: IO[bytes]) -> Iterator[None]:
    """What Java says from now on goes to a file: it inherits our stderr, and talks about itself."""
    sys.stderr.flush()
    before = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def given(engine: object) -> SparkSession:
    """The session somebody names: a SparkSession, a master's address, or ``spark`` for that of the environment."""
    if isinstance(engine, str):
        return open_session(None if engine == "spark" else engine)
    if hasattr(engine, "sparkContext") and hasattr(engine, "version"):
        return usable(engine)
    if type(engine).__module__.startswith("pyspark.sql.connect"):
        raise _CONNECT
    raise SettingsError(
        f"{type(engine).__name__} is no engine; give a SparkSession or a master's address", key="engine"
    )


_CONNECT: Final = EngineError(
    "this is a Spark Connect session, which cannot tell what workers met: use a classic session"
)


def usable(session: SparkSession) -> SparkSession:
    """The session, if plans can run on it. Raises EngineError."""
    found = re.match(r"(\d+)\.(\d+)", session.version)
    if found is None or (int(found.group(1)), int(found.group(2))) < OLDEST:
        raise EngineError(f"Spark {session.version} is too old: bootwatch needs {'.'.join(map(str, OLDEST))} or newer")
    if type(session).__module__.startswith("pyspark.sql.connect"):
        raise _CONNECT
    return session


_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # A stage's tasks are few and known; nothing is gained by looking at their sizes again.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def _importable() -> None:
    for module in ("pyspark", "pandas"):
        try:
            __import__(module)
        except ImportError as exc:
            raise EngineError(f"{module} is not installed: pip install 'bootwatch[spark]'") from exc


def _java() -> None:
    """Java is looked for where Spark does."""
    home = os.environ.get("JAVA_HOME")
    if home is not None:
        if not os.access(Path(home) / "bin" / "java", os.X_OK):
            raise EngineError(f"no Java at JAVA_HOME={home}: Spark needs Java 17 or newer")
        return
    if shutil.which("java") is None:
        raise EngineError("no Java here: Spark needs Java 17 or newer on the PATH, or in JAVA_HOME")
