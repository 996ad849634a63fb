"""One Spark session for all tests of this folder, in one worker of the test runner; skipped where Spark cannot run."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootwatch.engines.spark.engine import SparkEngine

HERE = Path(__file__).parent


def missing() -> str | None:
    """Why Spark cannot run here."""
    for module in ("pyspark", "pandas"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: make spark"
    return None if shutil.which("java") else "there is no Java here"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("spark"))
            item.add_marker(pytest.mark.filterwarnings("default"))  # PySpark's and pandas' own


@pytest.fixture(scope="session")
def session() -> Iterator[object]:
    """A session on two threads of this machine."""
    why = missing()
    if why is not None:
        pytest.skip(why)
    from bootwatch.engines.spark.session import open_session

    found = open_session("local[2]")
    yield found
    found.stop()


@pytest.fixture(scope="session")
def scattered(session: object) -> SparkEngine:
    """An engine that gives every task two rows, so that few rows are many tasks."""
    return SparkEngine(session, partitions=2, rows_per_task=2)
