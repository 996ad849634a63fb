"""Run as a program against a cluster, as a process has one Spark session: what it finds is printed as JSON lines.

``compare`` tries published searches on a store, ``searched`` runs searches over a folder, ``killed`` runs one during
which it asks for a worker to be killed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.engines.spark.comparing import differences, store
from tests.spl import corpus

from bootwatch import app
from bootwatch.engines.spark.session import open_session
from bootwatch.errors import Error

SLOW = r'* | rex "(?<=\w)(?<word>[a-z]+)(?!\w)" | stats count by word, host | sort word, host'


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def compare(address: str, shared: str, count: str) -> None:
    scope = store(Path(shared), Path(tempfile.mkdtemp(prefix="bootwatch-")))
    every = corpus.published(Path(shared))
    searches = every[:: max(1, len(every) // int(count))]
    found, with_rows = differences(searches, scope, replace(scope, engine=open_session(address)))
    say(searches=len(searches), with_rows=with_rows, differences=found)


def searched(address: str, folder: str, *searches: str) -> None:
    """Rows of searches on the cluster."""
    scope = app.Scope(engine=open_session(address))
    for spl in searches:
        say(rows=list(app.search(spl, app.files([folder], scope), scope).rows()))


def killed(address: str, folder: str) -> None:
    session = open_session(address)
    scope = app.Scope(engine=session)
    rows: list[object] = []
    failed: list[str] = []

    def run() -> None:
        try:
            rows.extend(app.search(SLOW, app.files([folder], scope), scope).rows())
        except Error as exc:
            failed.append(str(exc))

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive() and not _some_done(session):
        time.sleep(0.02)
    say(kill=thread.is_alive())
    thread.join()
    say(rows=rows, failed=failed)


def _some_done(session: Any) -> bool:
    tracker = session.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    return any(stage is not None and stage.numCompletedTasks > 0 for stage in stages)


if __name__ == "__main__":
    verbs: dict[str, Callable[..., None]] = {"compare": compare, "searched": searched, "killed": killed}
    verbs[sys.argv[1]](*sys.argv[2:])
