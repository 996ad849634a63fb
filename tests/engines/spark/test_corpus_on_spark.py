"""Published searches, and random ones, give the rows of the embedded engine.

``BOOTWATCH_SPARK_EVERY`` says which of the published searches are tried: 1 all of them (an hour on two cores),
else every so many (60 unless said).
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines.spark.comparing import alike, differences, store, told
from tests.reference.generate import random_events, random_search
from tests.spl import corpus

import bootwatch
from bootwatch import app
from bootwatch.events.clock import Clock

EVERY = int(os.environ.get("BOOTWATCH_SPARK_EVERY", "60"))
SEEDS = range(9000, 9040)
SEARCHES = (
    "index=* | stats count, dc(host), values(sourcetype), avg(_time), range(_time) by index",
    "index=* | eventstats count AS n, max(_time) AS last | where _time=last | table host n",
    "index=* | streamstats count AS n | where n%100=0 | table _time n",
    "index=* | streamstats count AS n by sourcetype | where n=2 | table sourcetype n",
    "index=* | dedup host sortby -_time | table host _time",
    "index=* | sort 5 host, -_time | table host _time",
    "index=* | head 7 | reverse | table _time host",
    "index=* | stats count by host | join type=left host [search index=* | stats max(_time) AS last by host]",
    "index=* | eval x=_time%97 | stats first(host), last(host), list(host), median(x), mode(host), stdev(x)",
    "index=* | timechart span=1d count by sourcetype",
    "index=* | transaction host maxpause=1h | table host eventcount duration",
    "index=* | chart count over host by sourcetype | addtotals | sort - Total | head 5",
    "index=* | stats count by host | append [search index=* | head 3 | table host]",
)


@pytest.fixture(scope="module")
def scope(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> app.Scope:
    return store(shared_dir, tmp_path_factory.mktemp("spark"))


def test_published_searches(scope: app.Scope, session: object, shared_dir: Path) -> None:
    searches = corpus.published(shared_dir)[::EVERY]
    found, _ = differences(searches, scope, replace(scope, engine=session))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("spl", SEARCHES)
def test_searches_over_many_events(spl: str, scope: app.Scope, session: object) -> None:
    here, there = told(spl, scope), told(spl, replace(scope, engine=session))
    assert here.rows
    assert not there.error
    assert there.fields == here.fields
    assert alike(here.rows, there.rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_searches(seed: int, session: object, tmp_path: Path) -> None:
    rng = random.Random(seed)
    spl, events = random_search(rng), random_events(rng, 25)
    for number in range(3):  # three files are three shares
        lines = "".join(json.dumps(event) + "\n" for event in events[number::3])
        (tmp_path / f"{number}.jsonl").write_text(lines, encoding="utf-8")
    clock = Clock.of("2025-01-17T07:46:40Z")
    here = app.Scope(clock=clock)
    there = app.Scope(clock=clock, engine=session)
    one = app.search(spl, app.files([tmp_path], here), here)
    other = app.search(spl, app.files([tmp_path], there), there)
    assert alike(list(one.rows()), list(other.rows())), spl
    assert list(one.fields) == list(other.fields), spl


def test_a_session_answers_with_its_own_data_frame(session: object) -> None:
    folder = Path(bootwatch.__file__).parent / "content" / "samples"
    spl = "indicator=* | table _time host indicator"
    frame = bootwatch.search(spl, [folder], engine=session)
    rows = [{name: value for name, value in row.asDict().items() if value is not None} for row in frame.collect()]
    here = list(bootwatch.search(spl, [folder]).rows())
    assert [(row["host"], row["_time"]) for row in rows] == [(row["host"], row["_time"]) for row in here]
