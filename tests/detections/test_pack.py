"""The shipped pack, and how a wrong one is refused."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bootwatch.detections.detection import Score
from bootwatch.detections.pack import load, shipped
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.errors import ContentError

PAGE = "t1601-001-patch-system-image-splunk"
SEARCH_SHA256 = "56e8b2698526707616c6046d2ab94926d3a369d1aba1817cdd06b1b0ab42e6bb"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of one's own: the page's detection under another name."""
    source = shipped() / "detections" / PAGE
    assert isinstance(source, Path)
    folder = tmp_path / "pack"
    shutil.copytree(source, folder / "detections" / "ours")
    edit(folder / "detections/ours/detection.yaml", "6f0c9a52", "6f0c9a53")
    return folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_page_is_carried() -> None:
    detection = load().detection(PAGE)
    assert hashlib.sha256(detection.search.encode()).hexdigest() == SEARCH_SHA256
    assert detection.search.startswith("index=network (")
    assert detection.search.endswith("| sort - SuspicionScore, - _time\n")
    assert (detection.severity, detection.confidence) == (Severity.CRITICAL, Confidence.MEDIUM)
    assert [technique.id for technique in detection.techniques] == ["T1601.001"]
    assert detection.required_sourcetypes == ("cisco:ios", "cisco_syslog", "syslog", "juniper:junos:syslog")
    assert len(detection.data_source) == 3
    assert len(detection.known_false_positives) == 5
    assert isinstance(detection.score, Score)
    assert [(step.at_least, step.severity.value) for step in detection.score.steps[:2]] == [
        (1, "medium"),
        (2, "critical"),
    ]
    assert detection.correlation.window == timedelta(hours=24)


def test_every_pattern_and_field_of_the_page_is_that_of_its_search() -> None:
    detection = load().detection(PAGE)
    for indicator in detection.indicators:
        assert f'eval {indicator.field}=if(match(_raw, "{indicator.pattern.text}"), 1, 0)' in detection.search
    subjects = (
        detection.subjects.user,
        detection.subjects.source,
        detection.subjects.image,
        detection.subjects.command,
    )
    assert isinstance(detection.score, Score)
    for field in (detection.score.field, *(field for subject in subjects for field in subject.fields)):
        assert field in detection.search


def test_every_detection_has_samples_that_should_and_should_not_fire() -> None:
    for detection in load().detections:
        assert any(sample.expected for sample in detection.samples), detection.id
        assert any(not sample.expected for sample in detection.samples), detection.id


def test_further_packs_are_found_by_looking(pack: Path) -> None:
    assert "ours" in [detection.id for detection in load([pack]).detections]


def test_a_detection_is_asked_for_by_its_id() -> None:
    with pytest.raises(LookupError, match=r"no detection 't1601-001'; (did you mean|known: )"):
        load().detection("t1601-001")


WRONG: dict[str, tuple[str, str, str]] = {  # old text, new text (``@@`` on the line that is refused), message
    "a wrong severity": (
        "severity: critical\nconfidence",
        "severity: @@severe\nconfidence",
        "'severity' is 'severe'; accepted: info, low, medium, high, critical",
    ),
    "a misspelt key": (
        "not_tested:",
        "not_testd:@@",
        "unknown key 'not_testd'; did you mean not_tested?",
    ),
    "a misspelt key that is needed, beside the right one": (
        "security_domain: network",
        "security_domain: network\nseverty: high@@",
        "unknown key 'severty'; did you mean severity?",
    ),
    "an id that is no UUID": (
        "id: 6f0c9a53-0d3b-5c1e-9b7a-1f601001c5b1",
        "id: 17a@@",
        "'id' is '17a'; accepted: a UUID",
    ),
    "a technique that does not exist": (
        "[T1601.001]",
        "[T1601.003]@@",
        "no technique 'T1601.003' in ATT&CK v19; did you mean T1601.002 or T1601.001 or T1602.002?",
    ),
    "points that contradict their severity": (
        "points: 50, severity: medium",
        "points: 50, severity: critical@@",
        "50 points are medium, not critical",
    ),
    "score steps that fall": (
        "points: 85",
        "points: 45@@",
        "score steps should rise, in at_least and in points",
    ),
    "needs that are no classes": (
        "opens: false, window: 24h}",
        "opens: false, window: 24h, needs: [AZ]}@@",
        "'needs' holds 'AZ'; accepted: letters from A to H, such as A or BH, or words",
    ),
    "neither yes nor no": (
        "opens: false, window: 24h}",
        "opens: maybe, window: 24h}@@",
        "'opens' should be true or false, found the text 'maybe'",
    ),
    "points outside their range": (
        "score:\n  field: SuspicionScore\n",
        "score:\n  points: 101@@\n",
        "'points' is 101; accepted: a whole number from 1 to 100",
    ),
    "a window without a unit": (
        "window: 24h",
        'window: "24"@@',
        "'window' is '24'; accepted: a whole number of m, h or d, such as 24h",
    ),
    "grouping by something else": ("by: host", "by: user@@", "'by' is 'user'; accepted: host"),
    "a placeholder nobody fills": (
        "reboot $host$",
        "reboot $device$@@",
        "no placeholder '$device$'; accepted: $host$, $what$, $images$, $users$, $sources$, $first_time$, $last_time$",
    ),
    "a class that does not exist": (
        "class: D",
        "class: Z@@",
        "'class' is 'Z'; accepted: A, B, C, D, E, F, G, H",
    ),
    "a name pattern without a group": (
        r"""patterns:
      - 'Username: ([^\s,]+)'""",
        "patterns:@@\n      - 'Username'",
        "a pattern needs one group, the name it finds: Username",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pack_is_refused(case: str, pack: Path) -> None:
    old, new, expected = WRONG[case]
    file = pack / "detections/ours/detection.yaml"
    edit(file, old, new)
    before, _, after = file.read_text(encoding="utf-8").partition("@@")
    file.write_text(before + after, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load([pack])
    assert str(caught.value) == f"{file}:{before.count(chr(10)) + 1}: {expected}"


def test_a_wrong_pattern_is_refused(pack: Path) -> None:
    edit(pack / "detections/ours/detection.yaml", "'copy (tftp|", "'copy ((tftp|")
    with pytest.raises(
        ContentError, match=r"'pattern' has a wrong pattern: .*missing closing parenthesis: copy \(\(tftp"
    ):
        load([pack])


@pytest.mark.parametrize("name", ["detection.yaml", "search.spl", "tests.yaml"])
def test_a_file_that_is_missing_is_named(name: str, pack: Path) -> None:
    (pack / "detections/ours" / name).unlink()
    with pytest.raises(ContentError) as caught:
        load([pack])
    assert str(caught.value) == f"{pack}/detections/ours/{name}: cannot be read: No such file or directory"


def test_a_file_that_is_not_text_is_named(pack: Path) -> None:
    (pack / "detections/ours/search.spl").write_bytes(b"index=\xff")
    with pytest.raises(ContentError, match=r"search\.spl: not UTF-8: invalid start byte at byte 6$"):
        load([pack])


def test_an_empty_search_is_refused(pack: Path) -> None:
    (pack / "detections/ours/search.spl").write_text("\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"search\.spl:1: should hold a search, found nothing$"):
        load([pack])


def test_a_sample_is_read_as_strictly(pack: Path) -> None:
    edit(pack / "detections/ours/tests.yaml", "rows: 2", "row: 2")
    with pytest.raises(ContentError, match=r"tests\.yaml:\d+: unknown key 'row'; did you mean rows\?$"):
        load([pack])


def test_a_folder_that_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        load([tmp_path])
    assert str(caught.value) == f"{tmp_path}: not a content pack: it has no folder 'detections'"


def test_one_id_in_two_packs_is_refused(pack: Path) -> None:
    edit(pack / "detections/ours/detection.yaml", "6f0c9a53", "6f0c9a52")
    with pytest.raises(ContentError, match=rf"ours/detection\.yaml: 'id' is that of {PAGE}; give it its own$"):
        load([pack])
    (pack / "detections/ours").rename(pack / "detections" / PAGE)
    with pytest.raises(ContentError, match=rf"detection '{PAGE}' stands already in .*content/detections/{PAGE}$"):
        load([pack])
