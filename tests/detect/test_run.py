"""Rows of the page's search become findings: one per host and story, explained to the last point."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.detect.page import rows

from bootwatch.detect.findings import Finding, at_least, worst_first
from bootwatch.detect.narrative import moments
from bootwatch.detect.rows import Origin
from bootwatch.detect.run import findings
from bootwatch.detections.detection import Score
from bootwatch.detections.pack import load
from bootwatch.detections.severity import Severity
from bootwatch.errors import ContentError

HERE = Path(__file__).parent
PAGE = load().detection("t1601-001-patch-system-image-splunk")
CATEGORIES = tuple(indicator.field for indicator in PAGE.indicators)
HOUR = 3600.0

Row = dict[str, str | float | None]


def sixteen() -> list[Row]:
    """The ten rows the page's search returns for sixteen known events."""
    events = [json.loads(line) for line in (HERE / "sixteen.jsonl").read_text(encoding="utf-8").splitlines()]
    return rows((e["_time"], e["host"], e["sourcetype"], e["_raw"]) for e in events)


def row(time: float, *shown: str, host: str = "r1", raw: str | None = None) -> Row:
    flags: Row = {name: float(name in shown) for name in CATEGORIES}
    text = f"{host} at {time} {' '.join(shown)}" if raw is None else raw
    return {"_time": time, "host": host, **flags, "SuspicionScore": float(len(shown)), "_raw": text}


def points(finding: Finding) -> int:
    return sum(int(step.effect) for step in finding.score_trace)


def test_the_rows_of_the_sixteen_events() -> None:
    assert [(r["host"], r["SuspicionScore"]) for r in sixteen()] == [
        ("rtr-dr-1", 2),
        ("10.1.1.7", 2),
        ("rtr-edge-1", 2),
        ("rtr-edge-1", 2),
        ("sw-acc-3", 1),
        ("rtr-edge-1", 1),
        ("asa-fw-1", 1),
        ("sw-acc-3", 1),
        ("PA-VM", 1),
        ("srx-core", 1),
    ]


def test_the_findings_of_the_sixteen_events() -> None:
    origins = {
        (str(r["host"]), float(r["_time"] or 0), str(r["_raw"])): Origin("sixteen.jsonl", number, "cisco:ios", "ios")
        for number, r in enumerate(sixteen(), 1)
        if r["host"] == "rtr-edge-1"
    }
    got = [finding.to_dict() for finding in findings(PAGE, sixteen(), origins=origins)]
    golden = HERE / "sixteen.findings.json"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(json.dumps(got, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert got == json.loads(golden.read_text(encoding="utf-8"))


def test_the_keys_are_the_contract() -> None:
    finding = findings(PAGE, sixteen())[0].to_dict()
    assert list(finding) == [
        *("id", "detection", "title", "status", "suppression", "severity", "score", "confidence", "plane", "host"),
        *("os_family", "first_time", "last_time", "techniques", "tactics", "users", "sources", "images", "evidence"),
        *("score_trace", "not_tested", "next_steps", "playbook"),
    ]
    evidence = finding["evidence"]
    assert isinstance(evidence, list)
    assert isinstance(evidence[0], dict)
    assert list(evidence[0]) == [
        *("time", "source", "line", "sourcetype", "indicator", "class", "weight", "why", "fields", "spans", "_raw")
    ]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sets(st.sampled_from(CATEGORIES), min_size=1)), min_size=1, max_size=8)
)
def test_every_score_is_explained_to_the_last_point(events: list[tuple[int, set[str]]]) -> None:
    found = findings(PAGE, [row(hour * HOUR, *sorted(shown)) for hour, shown in events])
    assert sum(len(finding.evidence) for finding in found) == len({(hour, *sorted(shown)) for hour, shown in events})
    for finding in found:
        assert points(finding) == finding.score <= 100
        assert finding.score >= max(evidence.weight for evidence in finding.evidence)
        assert finding.severity is Severity.of_score(finding.score)
        assert finding.first_time == finding.evidence[0].time <= finding.last_time == finding.evidence[-1].time


@pytest.mark.parametrize(
    ("shown", "score", "severity"),
    [(1, 50, "medium"), (2, 85, "critical"), (3, 93, "critical"), (4, 100, "critical")],
)
def test_the_page_decides_the_severity_of_one_event(shown: int, score: int, severity: str) -> None:
    (finding,) = findings(PAGE, [row(0, *CATEGORIES[:shown])])
    assert (finding.score, finding.severity.value) == (score, severity)
    assert len(finding.score_trace) == 1


def test_further_categories_corroborate_up_to_a_hundred() -> None:
    (finding,) = findings(PAGE, [row(0, *CATEGORIES[:3]), row(60, CATEGORIES[3])])
    assert finding.score == 98
    assert isinstance(PAGE.score, Score)
    (finding,) = findings(
        replace(PAGE, score=replace(PAGE.score, corroboration=10)),
        [
            row(0, *CATEGORIES[:3]),
            row(60, CATEGORIES[3]),
        ],
    )
    assert [(step.what, step.effect) for step in finding.score_trace] == [
        (
            "image transfer, boot change and integrity alert in the event of 1970-01-01T00:00:00Z (SuspicionScore 3)",
            "+93",
        ),
        ("image file on flash as well, at 1970-01-01T00:01:00Z (+10, cut at 100)", "+7"),
    ]


def test_a_story_ends_where_more_than_the_window_passes() -> None:
    times = [0.0, 24 * HOUR, 48 * HOUR, 72 * HOUR + 1]
    found = findings(PAGE, [row(time, "IsFlashWrite") for time in times])
    assert sorted(len(finding.evidence) for finding in found) == [1, 3]
    short = replace(PAGE, correlation=replace(PAGE.correlation, window=timedelta(hours=1)))
    assert len(findings(short, [row(time, "IsFlashWrite") for time in times])) == 4


def test_hosts_are_kept_apart() -> None:
    found = findings(PAGE, [row(0, "IsFlashWrite", host="a"), row(1, "IsFlashWrite", host="b")])
    assert {finding.host for finding in found} == {"a", "b"}
    assert findings(PAGE, [row(0, "IsFlashWrite", host="")])[0].host == "unknown"


def test_the_id_is_that_of_the_evidence() -> None:
    story = [row(0, "IsFlashWrite"), row(60, "IsImageTransfer")]
    ident = findings(PAGE, story)[0].id
    again = findings(
        PAGE,
        [story[1], story[0], story[1]],
        origins={("r1", 0.0, str(story[0]["_raw"])): Origin(source="elsewhere.log", line=7)},
    )
    assert [finding.id for finding in again] == [ident]
    assert len(again[0].evidence) == 2, "one event delivered twice is one event"
    assert again[0].evidence[0].source == "elsewhere.log"
    others = [
        findings(PAGE, story[:1])[0].id,
        findings(PAGE, [row(0, "IsFlashWrite", host="r2"), row(60, "IsImageTransfer", host="r2")])[0].id,
        findings(replace(PAGE, id="other"), story)[0].id,
    ]
    assert len({ident, *others}) == 4


def test_spans_mark_what_matched() -> None:
    raw = "Ünïcode copy tftp://192.0.2.1/a.bin flash:a.bin <cr>"
    (finding,) = findings(PAGE, [row(0, "IsImageTransfer", "IsFlashWrite", raw=raw)])
    (evidence,) = finding.evidence
    assert [raw[start:end] for start, end in evidence.spans] == ["copy tftp:", "flash:a.bin"]
    assert (evidence.indicator, evidence.evidence_class) == ("IsImageTransfer", "A")


def test_what_the_row_does_not_name_is_read_from_its_text() -> None:
    raw = (
        "%AAAA-6-ACCTLOCAL: Username: netops Privilege level: 15 Command: copy scp://bk@10.0.0.5/c2900.bin flash: <cr>"
    )
    (finding,) = findings(PAGE, [row(0, "IsImageTransfer", raw=raw)])
    assert (finding.users, finding.sources, finding.images) == (("netops",), ("10.0.0.5",), ("c2900.bin",))
    (moment,) = moments(finding, PAGE)
    assert (moment.what, moment.by) == ("copy scp://bk@10.0.0.5/c2900.bin flash:", ("netops",))


def test_steps_are_filled_in_or_worded_without() -> None:
    known, unknown = (
        findings(PAGE, sixteen())[0],
        findings(PAGE, [row(0, "IsImageTransfer", raw="copy tftp: flash:")])[0],
    )
    assert not any("$" in step for step in (*known.next_steps, *unknown.next_steps))
    assert any("argus-test-image.bin" in step for step in known.next_steps)
    assert any("192.168.1.50" in step for step in known.next_steps)
    assert len(unknown.next_steps) == len(known.next_steps) - 1
    assert unknown.title == "Image transfer on r1"


def test_a_value_is_never_read_as_a_placeholder() -> None:
    (finding,) = findings(PAGE, [row(0, "IsImageTransfer", host="$users$")])
    assert finding.title == "Image transfer on $users$"


def test_worst_first_and_a_floor() -> None:
    found = findings(PAGE, sixteen())
    assert [finding.score for finding in found] == [90, 85, 85, 55, 50, 50, 50]
    assert worst_first(reversed(found)) == found
    assert [finding.host for finding in at_least(found, Severity.HIGH)] == ["rtr-edge-1", "rtr-dr-1", "10.1.1.7"]


def test_a_row_without_score_is_no_evidence() -> None:
    assert findings(PAGE, []) == []
    assert findings(PAGE, [row(0)]) == []
    assert findings(PAGE, [{**row(0, "IsFlashWrite"), "SuspicionScore": None}]) == []
    assert findings(PAGE, [{**row(0, "IsFlashWrite"), "SuspicionScore": "1"}])[0].score == 50


@pytest.mark.parametrize("dropped", ["_time", "host", "_raw"])
def test_a_search_that_drops_what_a_finding_needs_is_a_mistake(dropped: str) -> None:
    broken = {name: value for name, value in row(0, "IsFlashWrite").items() if name != dropped}
    with pytest.raises(ContentError) as caught:
        findings(PAGE, [broken])
    expected = f"{PAGE.path}/search.spl: the search drops {dropped}; keep _time, host and _raw in its table"
    assert str(caught.value) == expected


def test_a_time_that_is_text_is_a_mistake() -> None:
    with pytest.raises(ContentError, match=r"the search gives _time as '09:10'; it should be epoch seconds$"):
        findings(PAGE, [{**row(0, "IsFlashWrite"), "_time": "09:10"}])
