"""Findings as the stories of the report page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bootwatch.cli.visible import visible
from bootwatch.detect.findings import Evidence, Finding, Status
from bootwatch.detect.narrative import Moment, disproof, moments
from bootwatch.detections.filling import Facts, fill
from bootwatch.export import report
from bootwatch.version import __version__

if TYPE_CHECKING:
    from datetime import datetime

    from bootwatch.detections.library import Library
    from bootwatch.detections.pack import Pack


def page(found: Iterable[Finding], pack: Pack, library: Library, *, made: datetime) -> str:
    """The report as one HTML page."""
    tactics = [report.Tactic(tactic.shortname, tactic.name) for tactic in pack.attack.tactics]
    stories = [_story(finding, pack, library) for finding in found]
    return report.page(stories, tactics, made=made, version=__version__)


def _story(finding: Finding, pack: Pack, library: Library) -> report.Story:
    detection = pack.detection(finding.detection)
    known = (
        ("System", finding.os_family or ""),
        ("Who", ", ".join(finding.users)),
        ("From", ", ".join(finding.sources)),
        ("Image", ", ".join(finding.images)),
        ("Detection", f"{detection.name} ({detection.id})"),
        ("Playbook", finding.playbook or ""),
    )
    return report.Story(
        id=finding.id,
        title=visible(finding.title),
        severity=finding.severity.value,
        score=finding.score,
        confidence=finding.confidence.value,
        host=visible(finding.host),
        first=finding.first_time,
        last=finding.last_time,
        facts=tuple((name, visible(value)) for name, value in known if value),
        techniques=tuple(_technique(name, pack) for name in finding.techniques),
        moments=tuple(
            _moment(moment, evidence)
            for moment, evidence in zip(moments(finding, detection), finding.evidence, strict=True)
        ),
        trace=tuple((visible(step.what), step.effect) for step in finding.score_trace),
        disproof=tuple(visible(item) for item in disproof(finding)),
        next_steps=tuple(visible(step) for step in finding.next_steps),
        questions=tuple(_questions(finding, library)),
        not_tested=tuple(visible(item) for item in finding.not_tested),
        suppression=visible(finding.suppression or "no reason is given")
        if finding.status is Status.SUPPRESSED
        else None,
    )


def _questions(finding: Finding, library: Library) -> Iterator[report.Question]:
    """The questions of the detection's guide, their searches filled in; one that cannot be filled is left out."""
    guide = library.parts[finding.detection].guide if finding.detection in library.parts else None
    facts = Facts(finding.host, finding.users, finding.sources, finding.images, finding.first_time, finding.last_time)
    for question in guide.investigation if guide is not None else ():
        search = "" if question.spl is None else fill(question.spl, facts)
        if search is not None:
            yield report.Question(question.question, question.why, visible(search.strip()))


def _technique(name: str, pack: Pack) -> report.Technique:
    technique = pack.attack.technique(name)
    return report.Technique(technique.id, technique.name, technique.url, tuple(t.shortname for t in technique.tactics))


def _moment(moment: Moment, evidence: Evidence) -> report.Moment:
    badge = " ".join(part for part in (evidence.indicator, evidence.evidence_class) if part)
    place = "" if evidence.source is None else evidence.source + (f", line {evidence.line}" if evidence.line else "")
    return report.Moment(
        time=moment.time,
        what=visible(" ".join(moment.what.split())),
        by=visible(", ".join(moment.by)),
        why=visible(moment.why),
        badge=visible(badge),
        place=visible(place),
        raw=tuple(
            report.Piece(visible(piece.text), piece.marked) for piece in report.pieces(evidence.raw, evidence.spans)
        ),
    )
