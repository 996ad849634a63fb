"""The life of an alert, and that a story keeps one while it grows."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bootwatch.detect import alerts
from bootwatch.detect.alerts import Alert, AlertError, Stage, Verdict
from bootwatch.detect.alertstore import FILE, AlertStore
from bootwatch.detect.findings import Evidence, Finding, Plane, ScoreTrace, Status, identify
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.errors import StoreError

START = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
AT = "2026-03-10T15:00:00Z"


def finding(*minutes: int, host: str = "r1", score: int = 90, suppression: str | None = None) -> Finding:
    evidence = tuple(
        Evidence(START + timedelta(minutes=m), "a.log", m, "cisco:ios", "IOS-A1", "A", 35, "why", {}, (), f"raw {m}")
        for m in minutes
    )
    return Finding(
        id=identify("d", host, ((m, f"raw {m}") for m in minutes)),
        detection="d",
        title=f"Image replaced on {host}",
        severity=Severity.of_score(score),
        score=score,
        confidence=Confidence.MEDIUM,
        plane=Plane.LOGS,
        host=host,
        os_family="ios",
        first_time=evidence[0].time,
        last_time=evidence[-1].time,
        techniques=("T1601.001",),
        tactics=(),
        users=(),
        sources=(),
        images=(),
        evidence=evidence,
        score_trace=(ScoreTrace("chain", f"+{score}"),),
        not_tested=(),
        next_steps=(),
        playbook=None,
        status=Status.SUPPRESSED if suppression else Status.OPEN,
        suppression=suppression,
    )


@pytest.fixture
def store(tmp_path: Path) -> AlertStore:
    return AlertStore(tmp_path)


def events(store: AlertStore) -> list[str]:
    return [message.event for message in store.due(1e12)]


def test_a_story_keeps_one_alert_while_it_grows(store: AlertStore) -> None:
    assert [c.event for c in store.merge([finding(1, 2, score=60)], AT, sinks=["s"])] == ["created"]
    assert store.merge([finding(1, 2, score=60)], AT, sinks=["s"]) == []
    assert [c.event for c in store.merge([finding(1, 2, 3)], AT, sinks=["s"])] == ["extended"]
    assert [c.event for c in store.merge([finding(1, host="r2")], AT, sinks=["s"])] == ["created"]
    (first, second) = store.every()
    assert (first.id, first.score, second.finding["host"]) == (finding(1, 2).id, 90, "r2")
    assert [one.what for one in store.one(first.id).history] == ["created", "extended"]
    assert events(store) == ["created", "extended", "created"]


def test_suppressed_ones_are_kept_and_not_sent_until_they_are_no_longer_explained(store: AlertStore) -> None:
    store.merge([finding(1, score=18, suppression="change CHG1")], AT, sinks=["s"])
    (alert,) = store.every()
    assert alert.suppressed
    assert events(store) == []
    store.merge([finding(1, 2)], AT, sinks=["s"])
    assert not store.every()[0].suppressed
    assert events(store) == ["created"]


STEPS: dict[str, tuple[list[tuple[Stage, Verdict | None]], str | None]] = {
    "all the way": ([(Stage.ACKNOWLEDGED, None), (Stage.IN_PROGRESS, None), (Stage.CLOSED, Verdict.BENIGN)], None),
    "at once": ([(Stage.CLOSED, Verdict.TRUE_POSITIVE)], None),
    "opened again": ([(Stage.CLOSED, Verdict.BENIGN), (Stage.NEW, None)], None),
    "twice": ([(Stage.ACKNOWLEDGED, None), (Stage.ACKNOWLEDGED, None)], "is acknowledged already"),
    "without a verdict": ([(Stage.CLOSED, None)], "closing needs a verdict: true_positive, benign, false_positive"),
    "a step there is not": (
        [(Stage.CLOSED, Verdict.BENIGN), (Stage.ACKNOWLEDGED, None)],
        "is closed; from there it goes to in_progress, new, not to acknowledged",
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_the_life_of_an_alert(case: str, store: AlertStore) -> None:
    steps, error = STEPS[case]
    store.merge([finding(1)], AT)

    def walk() -> Alert:
        alert = store.every()[0]
        for stage, verdict in steps:
            alert = alerts.moved(alert, stage, "ann", AT, verdict=verdict)
        return alert

    if error is not None:
        with pytest.raises(AlertError, match=error):
            walk()
        return
    alert = walk()
    store.change(alert, "stage")
    assert store.every()[0].stage is steps[-1][0]
    assert store.every()[0].verdict is steps[-1][1]


@pytest.mark.parametrize(
    ("verdict", "score", "stage"),
    [
        (Verdict.BENIGN, 90, Stage.CLOSED),  # no worse than what was explained
        (Verdict.BENIGN, 95, Stage.NEW),
        (Verdict.TRUE_POSITIVE, 90, Stage.NEW),
    ],
)
def test_new_evidence_opens_a_closed_alert_again(verdict: Verdict, score: int, stage: Stage, store: AlertStore) -> None:
    store.merge([finding(1)], AT)
    store.change(alerts.moved(store.every()[0], Stage.CLOSED, "ann", AT, verdict=verdict), "stage")
    store.merge([finding(1, 2, score=score)], AT)
    assert store.every()[0].stage is stage


def test_comments_and_assignment_are_history(store: AlertStore) -> None:
    store.merge([finding(1)], AT)
    alert = store.one(finding(1).id[:8])
    alert = alerts.commented(alerts.assigned(alert, "bob", "ann", AT), " looked at it ", "bob", AT)
    store.change(alert, "comment")
    again = store.one(alert.id)
    assert again.assignee == "bob"
    assert [(one.who, one.what, one.detail) for one in again.history[1:]] == [
        ("ann", "assigned", "bob"),
        ("bob", "comment", "looked at it"),
    ]
    with pytest.raises(AlertError, match="a comment needs text"):
        alerts.commented(alert, "  ", "bob", AT)


def test_an_alert_there_is_not_and_one_that_is_not_clear(store: AlertStore) -> None:
    store.merge([finding(1), finding(1, host="r2")], AT)
    with pytest.raises(AlertError, match="no alert 'zz'"):
        store.one("zz")
    with pytest.raises(AlertError, match="no alert ''"):
        store.one("")


def test_a_step_holds_as_a_whole_or_not_at_all(store: AlertStore, tmp_path: Path) -> None:
    store.merge([finding(1)], AT, marks={"place": "7"}, sinks=["s"])
    broken = replace(finding(1, host="r3"), title=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        store.merge([finding(1, host="r2"), broken], AT, marks={"place": "8"}, sinks=["s"])
    assert store.mark("place") == "7"
    assert len(store.every()) == 1
    assert len(events(store)) == 1


def test_messages_wait_for_their_turn_in_order_and_die(store: AlertStore) -> None:
    store.merge([finding(1), finding(1, host="r2")], AT, sinks=["a", "b"])
    first = store.due(0)
    assert [(m.sink, m.event) for m in first] == [("a", "created"), ("b", "created")] * 2
    store.failed(first[0], "503", 100.0)
    assert [m.sink for m in store.due(50)] == ["b", "b"]  # the second to 'a' waits behind the first
    assert [m.attempts for m in store.due(100) if m.sink == "a"] == [1, 0]
    store.sent(first[1])
    store.failed(first[0], "gone", None)
    assert [m.sink for m in store.due(100)] == ["a", "b"]
    assert store.waiting() == 2
    assert first[0].key == f"{first[0].alert}-{first[0].id}"


def test_another_version_is_refused_by_name(tmp_path: Path) -> None:
    AlertStore(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("PRAGMA user_version=9")
    with pytest.raises(StoreError, match="has version 9; this bootwatch reads version 1"):
        AlertStore(tmp_path)
