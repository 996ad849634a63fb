"""An alert: a finding that somebody works on, and its life from new to closed.

A story keeps one alert while it grows: a finding that shares evidence with an alert's is the same story. New evidence
opens a closed alert again, unless it was closed as benign and the finding is no worse than then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bootwatch.detect.findings import Finding, Status
from bootwatch.errors import Error


class AlertError(Error):
    """A step of an alert's life that cannot be taken, or an alert there is not."""


class Stage(StrEnum):
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Verdict(StrEnum):
    TRUE_POSITIVE = "true_positive"
    BENIGN = "benign"
    FALSE_POSITIVE = "false_positive"


_STEPS: Final = {
    Stage.NEW: {Stage.ACKNOWLEDGED, Stage.IN_PROGRESS, Stage.CLOSED},
    Stage.ACKNOWLEDGED: {Stage.IN_PROGRESS, Stage.CLOSED, Stage.NEW},
    Stage.IN_PROGRESS: {Stage.CLOSED, Stage.ACKNOWLEDGED},
    Stage.CLOSED: {Stage.NEW, Stage.IN_PROGRESS},
}
_EXPLAINED: Final = frozenset({Verdict.BENIGN, Verdict.FALSE_POSITIVE})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an alert: ``what`` is created, extended, reopened, stage, assigned, comment, …"""

    at: str
    who: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Alert:
    """``id`` is that of the story's first finding and stays; ``finding`` is the latest, as its JSON object."""

    id: str
    stage: Stage
    verdict: Verdict | None
    assignee: str | None
    suppressed: bool
    created: str
    updated: str
    finding: Mapping[str, Any]
    history: tuple[Event, ...] = ()

    @property
    def score(self) -> int:
        return int(self.finding["score"])


def evidence_keys(finding: Finding) -> frozenset[str]:
    """What identifies the events of a finding: two findings that share one are the same story."""
    return frozenset(
        hashlib.sha256(
            f"{finding.host}\0{one.time.isoformat()}\0{one.raw}".encode("utf-8", "surrogatepass")
        ).hexdigest()[:32]
        for one in finding.evidence
    )


def begun(finding: Finding, at: str) -> Alert:
    """The alert of a story nobody has seen yet."""
    suppressed = finding.status is Status.SUPPRESSED
    event = Event(at, "bootwatch", "created", finding.suppression or finding.title)
    return Alert(finding.id, Stage.NEW, None, None, suppressed, at, at, finding.to_dict(), (event,))


def grown(alert: Alert, finding: Finding, at: str) -> Alert | None:
    """The alert with a later finding of its story; None where that says nothing new."""
    now = finding.to_dict()
    before = alert.finding
    suppressed = finding.status is Status.SUPPRESSED
    same = ("evidence", "score", "severity", "status", "suppression", "title")
    if all(now[name] == before[name] for name in same):
        return None
    more = len(finding.evidence) - len(before["evidence"])
    detail = f"{more:+d} events, score {before['score']} to {finding.score}"
    events = [Event(at, "bootwatch", "extended", detail)]
    stage, verdict = alert.stage, alert.verdict
    if stage is Stage.CLOSED and not suppressed and not (verdict in _EXPLAINED and finding.score <= alert.score):
        stage, verdict = Stage.NEW, None
        events.append(Event(at, "bootwatch", "reopened", "new evidence for a closed story"))
    if alert.suppressed and not suppressed:
        events.append(Event(at, "bootwatch", "unsuppressed", "no longer explained"))
    elif suppressed and not alert.suppressed:
        events.append(Event(at, "bootwatch", "suppressed", finding.suppression or ""))
    return replace(
        alert,
        stage=stage,
        verdict=verdict,
        suppressed=suppressed,
        updated=at,
        finding=now,
        history=(*alert.history, *events),
    )


def moved(alert: Alert, stage: Stage, who: str, at: str, *, verdict: Verdict | None = None, note: str = "") -> Alert:
    """The alert in another stage. Raises AlertError for a step there is not, or a close without a verdict."""
    if stage is alert.stage:
        raise AlertError(f"alert {alert.id} is {stage} already")
    if stage not in _STEPS[alert.stage]:
        allowed = ", ".join(sorted(_STEPS[alert.stage]))
        raise AlertError(f"alert {alert.id} is {alert.stage}; from there it goes to {allowed}, not to {stage}")
    if stage is Stage.CLOSED and verdict is None:
        raise AlertError(f"closing needs a verdict: {', '.join(Verdict)}")
    detail = stage.value + (f" as {verdict}" if verdict else "") + (f": {note}" if note else "")
    return replace(
        alert,
        stage=stage,
        verdict=verdict if stage is Stage.CLOSED else None,
        updated=at,
        history=(*alert.history, Event(at, who, "stage", detail)),
    )


def assigned(alert: Alert, assignee: str | None, who: str, at: str) -> Alert:
    """The alert in somebody's hands, or in nobody's."""
    detail = assignee or "nobody"
    return replace(alert, assignee=assignee, updated=at, history=(*alert.history, Event(at, who, "assigned", detail)))


def commented(alert: Alert, text: str, who: str, at: str) -> Alert:
    """The alert with a comment. Raises AlertError for a blank one."""
    if not text.strip():
        raise AlertError("a comment needs text")
    return replace(alert, updated=at, history=(*alert.history, Event(at, who, "comment", text.strip())))


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Open before closed, then by score, then the latest."""
    return sorted(alerts, key=lambda one: (one.stage is Stage.CLOSED, one.suppressed, -one.score, one.id))
