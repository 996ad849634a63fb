"""The bundled logs and the pack's samples: what is in them, and what the page's search sees there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.detect.page import rows
from tests.detect.sampling import logs

from bootwatch.detect.findings import Finding
from bootwatch.detect.run import findings
from bootwatch.detections.detection import Detection
from bootwatch.detections.pack import load, shipped
from bootwatch.detections.samples import Sample

PAGE = load().detection("t1601-001-patch-system-image-splunk")
SAMPLES = [(PAGE, sample) for sample in PAGE.samples]


def bundled(name: str) -> str:
    return (shipped() / "samples" / name).read_bytes().decode("utf-8")


def cisco() -> list[tuple[float, str, str, str]]:
    events = []
    for line in bundled("cisco_ios.log").splitlines():
        header = re.match(
            r"<\d+>\d+: ([\w-]+): (?:\d+: )?\*?(Mar 10 2026 [\d:.]+) UTC: %[A-Z_]+-\d-[A-Z0-9_]+: \S", line
        )
        assert header, line
        time = datetime.strptime(header[2], "%b %d %Y %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
        events.append((time, header[1], "cisco:ios", line))
    return events


@pytest.mark.parametrize("name", ["cisco_ios.log", "junos.log", "panos.log"])
def test_the_bundled_logs_are_what_their_generator_writes(name: str) -> None:
    text = bundled(name)
    assert text == logs()[name]
    assert text.isascii()
    assert text.endswith("\n")
    assert 250 < text.count("\n") < 700


def test_how_many_lines_each_vendor_has() -> None:
    assert {name: text.count("\n") for name, text in logs().items()} == {
        "cisco_ios.log": 568,
        "junos.log": 384,
        "panos.log": 296,
    }
    hosts = Counter(host for _, host, _, _ in cisco())
    assert len(hosts) == 7
    assert min(hosts.values()) > 20
    assert [time for time, *_ in cisco()] == sorted(time for time, *_ in cisco())


def test_the_replacement_is_found_and_nothing_else() -> None:
    found = findings(PAGE, rows(cisco()))
    assert [(f.host, f.severity.value, f.score) for f in found] == [("br-lyon-rtr1", "critical", 90)]
    (finding,) = found
    assert finding.users == ("svc-backup",)
    assert finding.sources == ("203.0.113.45",)
    assert finding.images[0] == "c2800nm-advipservicesk9-mz.151-4.M12a.bin"
    assert [evidence.evidence_class for evidence in finding.evidence] == ["A", "B", "B", "A"]


def test_the_audit_and_the_other_vendors_show_nothing() -> None:
    audit = [line for _, host, _, line in cisco() if host == "br-porto-rtr1" and "audit.ines" in line]
    assert len(audit) == 7
    for name, sourcetype in (("junos.log", "juniper:junos:syslog"), ("panos.log", "pan:log")):
        assert rows((0.0, "host", sourcetype, line) for line in bundled(name).splitlines()) == []


def test_the_samples_have_the_forms_the_vendors_write() -> None:
    junos, panos = bundled("junos.log").splitlines(), bundled("panos.log").splitlines()
    bsd = re.compile(r"<\d+>Mar 10 \d\d:\d\d:\d\d(?:\.\d{3} 2026 )? [\w-]+ (?:RT_FLOW|[a-z0-9]+\[\d+\]): \S")
    structured = re.compile(
        r"<\d+>1 2026-03-10T\d\d:\d\d:\d\d\.\d{3}Z fw-paris-2 RT_FLOW - RT_FLOW_SESSION_CREATE \[junos@"
    )
    assert all(bsd.match(line) or structured.match(line) for line in junos)
    assert sum(1 for line in junos if structured.match(line)) > 40
    kinds = Counter(line.split(",")[3] for line in panos)
    assert set(kinds) == {"TRAFFIC", "SYSTEM", "CONFIG"}
    assert kinds["TRAFFIC"] / len(panos) > 0.88


@pytest.mark.parametrize(("detection", "sample"), SAMPLES, ids=[sample.name for _, sample in SAMPLES])
def test_the_samples_of_the_pack(detection: Detection, sample: Sample) -> None:
    assert sample.host
    assert sample.sourcetype
    host, sourcetype = sample.host, sample.sourcetype
    returned = rows((60.0 * n, host, sourcetype, line) for n, line in enumerate(sample.lines))
    found = findings(detection, returned)
    if sample.expected is None:
        assert found == []
        return
    assert len(returned) == sample.expected.rows
    (finding,) = found
    assert as_expected(finding) == (
        sample.expected.score,
        sample.expected.severity,
        sample.expected.users,
        sample.expected.sources,
        sample.expected.images,
    )


def as_expected(finding: Finding) -> tuple[object, ...]:
    return finding.score, finding.severity, finding.users, finding.sources, finding.images
