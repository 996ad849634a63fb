"""Rows of a detection's search become findings: one per host and story.

A story is the events of one host between which no more than the detection's window passes. Its score is that of its
highest event plus the detection's corroboration points for every indicator only other events of the story show, at most
100; the trace holds each of these steps and adds up to the score. Severity is the score's band.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bootwatch.detect.findings import Evidence, Finding, Plane, ScoreTrace, identify, iso, worst_first
from bootwatch.detect.rows import EventKey, Hit, Origin, Row, read
from bootwatch.detect.wording import listed, some, steps, titled
from bootwatch.detections.detection import Detection, Indicator, Score, ScoreStep, Subject
from bootwatch.detections.severity import Severity
from bootwatch.errors import ContentError

HIGHEST = 100


def findings(
    detection: Detection, rows: Iterable[Row], *, origins: Mapping[EventKey, Origin] | None = None
) -> list[Finding]:
    """Findings of one detection, worst first.

    ``rows`` come in any order and hold ``_time`` (epoch seconds), ``host``, ``_raw`` and the detection's own fields; a
    row below the detection's first score step is no evidence. ``origins`` says where events were read, as far as known.
    Raises ContentError where the search drops what a finding needs.
    """
    score = _steps(detection)
    by_host: dict[str, list[tuple[Hit, ScoreStep]]] = {}
    for hit in read(detection, rows, origins or {}):
        step = score.step(hit.number(score.field))
        if step is not None:
            by_host.setdefault(hit.host, []).append((hit, step))
    found: list[Finding] = []
    for hits in by_host.values():
        hits.sort(key=lambda item: (item[0].time_us, item[0].origin.line or 0, item[0].raw))
        found.extend(_finding(detection, story) for story in _stories(detection, hits))
    return worst_first(found)


def _steps(detection: Detection) -> Score:
    if not isinstance(detection.score, Score):
        raise ContentError("its score has no steps", path=f"{detection.path}/detection.yaml")
    return detection.score


def _stories(detection: Detection, hits: list[tuple[Hit, ScoreStep]]) -> list[list[tuple[Hit, ScoreStep]]]:
    stories = [hits[:1]]
    for (before, _), (hit, step) in pairwise(hits):
        if hit.time - before.time > detection.correlation.window:
            stories.append([])
        stories[-1].append((hit, step))
    return stories


def _finding(detection: Detection, story: Sequence[tuple[Hit, ScoreStep]]) -> Finding:
    hits = [hit for hit, _ in story]
    shown = [_shown(detection, hit) for hit in hits]
    score, trace = _score(detection, story, shown)
    first, last = hits[0], hits[-1]
    users, sources, images = (
        _distinct(hits, subject)
        for subject in (detection.subjects.user, detection.subjects.source, detection.subjects.image)
    )
    met = [indicator.name for indicator in detection.indicators if any(indicator in some for some in shown)]
    values = {
        "host": first.host,
        "what": listed(met) or detection.name,
        "images": some(images),
        "users": some(users),
        "sources": some(sources),
        "first_time": iso(first.time),
        "last_time": iso(last.time),
    }
    return Finding(
        id=identify(detection.id, first.host, ((hit.time_us, hit.raw) for hit in hits)),
        detection=detection.id,
        title=titled(detection.title, detection.name, values),
        severity=Severity.of_score(score),
        score=score,
        confidence=detection.confidence,
        plane=Plane.LOGS,
        host=first.host,
        os_family=next((hit.origin.os_family for hit in hits if hit.origin.os_family), None),
        first_time=first.time,
        last_time=last.time,
        techniques=tuple(technique.id for technique in detection.techniques),
        tactics=tuple(dict.fromkeys(tactic.shortname for t in detection.techniques for tactic in t.tactics)),
        users=users,
        sources=sources,
        images=images,
        evidence=tuple(_evidence(detection, hit, step, some) for (hit, step), some in zip(story, shown, strict=True)),
        score_trace=trace,
        not_tested=detection.not_tested,
        next_steps=steps(detection.next_steps, values),
        playbook=detection.playbook,
    )


def _shown(detection: Detection, hit: Hit) -> list[Indicator]:
    return [indicator for indicator in detection.indicators if hit.number(indicator.field) > 0]


def _score(
    detection: Detection, story: Sequence[tuple[Hit, ScoreStep]], shown: Sequence[list[Indicator]]
) -> tuple[int, tuple[ScoreTrace, ...]]:
    top = max(range(len(story)), key=lambda at: (story[at][1].points, -at))
    hit, step = story[top]
    what = listed([indicator.name for indicator in shown[top]]) or "an event"
    rule = _steps(detection)
    own = f"{rule.field} {hit.number(rule.field):g}"
    trace = [ScoreTrace(f"{what} in the event of {iso(hit.time)} ({own})", f"+{step.points}")]
    score, bonus = step.points, rule.corroboration
    for indicator in detection.indicators:
        if indicator in shown[top]:
            continue
        when = next((other.time for (other, _), some in zip(story, shown, strict=True) if indicator in some), None)
        if when is None or bonus == 0:
            continue
        gain = min(bonus, HIGHEST - score)
        cut = "" if gain == bonus else f" (+{bonus}, cut at {HIGHEST})"
        trace.append(ScoreTrace(f"{indicator.name} as well, at {iso(when)}{cut}", f"+{gain}"))
        score += gain
    return score, tuple(trace)


def _evidence(detection: Detection, hit: Hit, step: ScoreStep, shown: Sequence[Indicator]) -> Evidence:
    spans = sorted(span for indicator in shown for span in indicator.pattern.spans(hit.raw))
    return Evidence(
        time=hit.time,
        source=hit.origin.source,
        line=hit.origin.line,
        sourcetype=hit.origin.sourcetype,
        indicator=shown[0].field if shown else None,
        evidence_class=shown[0].evidence_class.value if shown else None,
        weight=step.points,
        why=" ".join(indicator.why for indicator in shown) or detection.name,
        fields=hit.fields,
        spans=_merged(spans),
        raw=hit.raw,
    )


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _distinct(hits: Iterable[Hit], subject: Subject) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for hit in hits for name in hit.names(subject)))
