"""Plans that are kept from scan to scan say what planning anew would say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bootwatch import app
from bootwatch.algebra.types import FieldType
from bootwatch.detect.planned import Plans
from bootwatch.detections.detection import Reads
from bootwatch.detections.pack import load
from bootwatch.events.clock import Clock
from bootwatch.search import job
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse

NOW = Clock.of("2026-01-15T12:00:00Z")
LATER = Clock(NOW.now + timedelta(days=40, hours=3, seconds=7))


def context(clock: Clock) -> Context:
    return app.Scope(clock=clock).context()


@pytest.mark.parametrize("detection", [each for each in load().detections if each.correlation.reads is Reads.MATCHES])
def test_the_pack_is_planned_once(detection: object) -> None:
    text = str(getattr(detection, "search"))  # noqa: B009
    plans = Plans()
    for clock in (NOW, NOW, LATER):
        here = context(clock)
        plans.on(here)
        assert plans.plan(text, here) == job.planned(parse(text, here.knowledge), here)


@pytest.mark.parametrize(
    "stage", ["where _time > now()-60", "eval age=now()-_time", 'where _time > relative_time(now(), "-1h@h")']
)
def test_what_depends_on_the_time_is_planned_each_time(stage: str) -> None:
    text = f"index=network boot | {stage} | table _time"
    plans = Plans()
    first = [plans.plan(text, context(NOW)) for _ in range(2)]
    assert plans.plan(text, context(LATER)) not in first


def test_what_a_search_stands_on_is_looked_at() -> None:
    text = "index=network boot | table host"
    plans = Plans()
    here = context(NOW)
    plans.on(here)
    plans.plan(text, here)
    first = plans.plan(text, here)
    later = context(LATER)
    plans.on(replace(later, knowledge=here.knowledge))
    assert plans.plan(text, later) is first
    other = replace(here, own={"host": FieldType.MULTI})
    plans.on(other)
    assert plans.plan(text, other) is not first


def test_what_a_search_begins_with_is_asked_once() -> None:
    text = "index=network (boot OR copy) | stats count by host"
    plans = Plans()
    here = context(NOW)
    plans.on(here)
    before = [plans.asked(text, here) for _ in range(2)]
    later = context(LATER)
    plans.on(replace(later, knowledge=here.knowledge))
    assert plans.asked(text, later) is before[1]
    assert before[0] == before[1]
    moving = "index=network boot _time > 5 earliest=-1h | stats count by host"
    assert [plans.asked(moving, here) for _ in range(2)][1] != plans.asked(moving, later)
