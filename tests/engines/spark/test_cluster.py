"""On a real cluster: a master and two workers, started and stopped here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY
from tests.engines.spark.cluster import Cluster, cluster
from tests.engines.spark.comparing import alike
from tests.engines.spark.conftest import missing
from tests.engines.spark.on_cluster import SLOW

import bootwatch
from bootwatch import app

COUNT = os.environ.get("BOOTWATCH_SPARK_CLUSTER", "40")
"""How many published searches are tried."""
SAMPLES = Path(bootwatch.__file__).parent / "content" / "samples"


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Cluster]:
    why = missing()
    if why is not None:
        pytest.skip(why)
    with cluster(tmp_path) as found:
        yield found


def program(*args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.engines.spark.on_cluster", *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def said(line: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(line)
    return found


def test_published_searches(workers: Cluster, shared_dir: Path) -> None:
    with program("compare", workers.address, str(shared_dir), COUNT) as run:
        out, _ = run.communicate()
    assert run.returncode == 0
    found = said(out.splitlines()[-1])
    assert found["differences"] == []


def test_the_bundled_logs(workers: Cluster) -> None:
    searches = ("indicator=* | stats count by host, indicator", "* | dedup host | table host source | sort host")
    with program("searched", workers.address, str(SAMPLES), *searches) as run:
        out, _ = run.communicate()
    there = [said(line)["rows"] for line in out.splitlines()]
    assert there == [list(bootwatch.search(spl, [SAMPLES]).rows()) for spl in searches]


def test_a_worker_that_is_killed_costs_no_row(workers: Cluster, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    text = "".join(path.read_text() for path in app.samples())
    for number in range(12):
        (logs / f"{number}.log").write_text(text * 4)
    with program("killed", workers.address, str(logs)) as run:
        assert run.stdout is not None
        assert said(run.stdout.readline()) == {"kill": True}
        workers.kill(0)
        end = said(run.stdout.readline())
    assert end["failed"] == []
    rows = end["rows"]
    assert isinstance(rows, list)
    assert alike(list(bootwatch.search(SLOW, [logs]).rows()), rows)
