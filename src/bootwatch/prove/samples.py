"""The samples of a detection: attacks are found as expected, benign stories stay quiet; its Sigma rule agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bootwatch import app
from bootwatch.detect.findings import Finding, Status
from bootwatch.detections.detection import Detection
from bootwatch.detections.filling import EXAMPLE, fill
from bootwatch.detections.library import Parts
from bootwatch.detections.pack import Pack
from bootwatch.detections.samples import Expected, Sample
from bootwatch.detections.severity import Severity
from bootwatch.detections.sigma import SigmaFile
from bootwatch.detections.sigma_match import SigmaEvent, matches
from bootwatch.prove.outcome import Kind, Outcome
from bootwatch.prove.recorded import EVENTS, Recording, by_file, findings, recorded, rows
from bootwatch.search.rows import Row


def prove_detection(detection: Detection, parts: Parts, pack: Pack, scope: app.Scope) -> list[Outcome]:
    """Every sample through a scan with the detection alone, and through its Sigma rule. Raises what a scan raises."""
    found: list[Outcome] = []
    with recorded(Recording(s.lines, s.sourcetype, s.host) for s in detection.samples) as paths:
        more = " ".join(f'"{name}"' for name in sorted(parts.sigma.fields)) if parts.sigma is not None else ""
        events = by_file(rows(f"{EVENTS} {more}", paths, scope))
        said = findings(paths, events, pack, [detection.id], scope)
        counted = any(sample.expected and sample.expected.rows for sample in detection.samples)
        returned = rows(detection.search, paths, scope) if counted else []
        for sample, path in zip(detection.samples, paths, strict=True):
            problems = _problems(sample, said[str(path)], events.get(str(path), []), returned)
            kind = Kind.NEGATIVE if sample.expected is None else Kind.POSITIVE
            found.append(Outcome(kind, detection.id, sample.os, sample.name, tuple(problems)))
            if parts.sigma is not None:
                found.append(_sigma(detection, parts, parts.sigma, sample, events.get(str(path), [])))
    found.extend(_searches(detection, parts, scope))
    return found


def _problems(sample: Sample, found: Sequence[Finding], events: Sequence[Row], returned: Iterable[Row]) -> list[str]:
    if not events:
        return ["no line of it was read as an event"]
    told = [finding for finding in found if finding.status is Status.OPEN]
    if sample.expected is None:
        loud = [finding for finding in told if finding.severity.rank > Severity.LOW.rank]
        return [f"found '{finding.title}' on {finding.host}, {_graded(finding)}" for finding in loud]
    if len(told) != 1:
        names = "; ".join(f"'{finding.title}' on {finding.host}, {_graded(finding)}" for finding in told)
        return [f"expected one finding, found {len(told) or 'none'}" + (f": {names}" if names else "")]
    problems = _differences(sample.expected, told[0])
    if sample.expected.rows is not None:
        number = sum(row.get("_raw") in sample.lines for row in returned)
        if number != sample.expected.rows:
            problems.append(f"expected {sample.expected.rows} rows of the search, found {number}")
    return problems


def _differences(expected: Expected, finding: Finding) -> list[str]:
    problems = []
    if finding.severity is not expected.severity:
        problems.append(f"expected severity {expected.severity}, found {_graded(finding)}")
    if expected.score is not None and finding.score != expected.score:
        problems.append(f"expected score {expected.score}, found {finding.score}")
    for name in expected.techniques:
        if name not in finding.techniques:
            problems.append(f"expected technique {name}, found {', '.join(finding.techniques)}")
    pairs = (("users", expected.users, finding.users), ("sources", expected.sources, finding.sources))
    for what, wanted, got in (*pairs, ("images", expected.images, finding.images)):
        if wanted and set(wanted) != set(got):
            problems.append(f"expected {what} {', '.join(wanted)}; found {', '.join(got) or 'none'}")
    return problems


def _graded(finding: Finding) -> str:
    return f"{finding.severity} ({finding.score})"


def _sigma(detection: Detection, parts: Parts, rule: SigmaFile, sample: Sample, events: Sequence[Row]) -> Outcome:
    hit = bool(matches(rule, [sigma_event(row) for row in events]))
    differs = parts.guide.sigma_differs if parts.guide is not None else ()
    wanted = (sample.expected is not None) is not any(known.sample == sample.name for known in differs)
    problem = () if hit is wanted else (f"the Sigma rule {'matches' if hit else 'does not match'}",)
    return Outcome(Kind.SIGMA, detection.id, sample.os, sample.name, problem)


def sigma_event(row: Row) -> SigmaEvent:
    """An event as a Sigma rule sees it: bootwatch's fields under their own names."""
    time = row.get("_time")
    fields = {name: value for name, value in row.items() if not name.startswith("_")}
    return SigmaEvent(float(time) if isinstance(time, int | float) else 0.0, str(row.get("_raw", "")), fields)


def _searches(detection: Detection, parts: Parts, scope: app.Scope) -> Iterable[Outcome]:
    """That the searches of the guide compile with a story's names filled in."""
    for question in parts.guide.investigation if parts.guide is not None else ():
        spl = fill(question.spl, EXAMPLE) if question.spl is not None else None
        if spl is not None:
            yield Outcome(Kind.SEARCH, detection.id, None, question.question, _compiled(spl, scope))


def _compiled(spl: str, scope: app.Scope) -> tuple[str, ...]:
    """What stands against a search."""
    checked = app.check(spl, scope)
    return () if checked.status == "ok" else (f"{checked.status}: {checked.message}",)
