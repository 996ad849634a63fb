"""The report page: what it says, that nothing from a log becomes markup, and that a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bootwatch.export.report import Moment, Piece, Question, Story, Tactic, Technique, page, pieces

MADE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
START = datetime(2026, 3, 10, 14, 1, 37, tzinfo=UTC)
TACTICS = [Tactic("persistence", "Persistence"), Tactic("defense-impairment", "Defense Impairment")]
PATCH = Technique("T1601.001", "Patch System Image", "https://attack.mitre.org/x", ("defense-impairment",))
NETBOOT = Technique("T1542.005", "TFTP Boot", "https://attack.mitre.org/y", ("persistence", "defense-impairment"))
EVIL = "</code><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> \" ' & <b>"


def story(host: str = "br-lyon-rtr1", severity: str = "critical", at: datetime = START) -> Story:
    return Story(
        id=f"{host}-{severity}",
        title=f"Image replaced on {host}",
        severity=severity,
        score=90,
        confidence="medium",
        host=host,
        first=at,
        last=at + timedelta(minutes=21),
        facts=(("Who", "svc-backup"), ("Image", "c2800nm.bin")),
        techniques=(PATCH, NETBOOT),
        moments=(
            Moment(at, "copy tftp: flash:", "svc-backup", "An image is fetched.", "IOS-A1 A", "a.log, line 3", ()),
            Moment(at + timedelta(minutes=21), "reload", "", "It starts anew.", "IOS-H1 H", "", (Piece("raw", True),)),
        ),
        trace=(("chain", "+90"),),
        disproof=("An approved change.",),
        next_steps=("Do not reboot.",),
        questions=(Question("Who came?", "It matters.", "index=* host=br-lyon-rtr1"),),
        not_tested=("Memory.",),
        suppression=None,
    )


class Tags(HTMLParser):
    """Counts elements, collects what they refer to, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Story:
    return replace(
        story(),
        title=EVIL,
        host=EVIL,
        facts=(("Who", EVIL),),
        moments=(Moment(START, EVIL, EVIL, EVIL, EVIL, EVIL, pieces(EVIL, ((2, 9),))),),
        trace=((EVIL, "+1"),),
        disproof=(EVIL,),
        next_steps=(EVIL,),
        questions=(Question(EVIL, EVIL, EVIL),),
        not_tested=(EVIL,),
    )


def test_the_page_holds_every_part_of_a_story() -> None:
    found = Tags(page([story()], TACTICS, made=MADE, version="1.0"))
    for text in (
        *(
            "1 finding on 1 device",
            "Image replaced on br-lyon-rtr1",
            "svc-backup",
            "2026-03-10 14:01:37",
            "a.log, line 3",
        ),
        *("T1601.001 Patch System Image", "90 of 100, confidence medium", "An approved change.", "Do not reboot."),
        *("Who came?", "index=* host=br-lyon-rtr1"),
        *("Memory.", "+90", "copy tftp: flash:"),
    ):
        assert text in found.text


def test_nothing_from_a_log_becomes_markup_and_nothing_is_fetched() -> None:
    plain = Tags(page([story()], TACTICS, made=MADE, version="1.0"))
    evil = Tags(page([hostile(), replace(hostile(), suppression=EVIL)], TACTICS, made=MADE, version="1.0"))
    assert not {"script", "img", "iframe", "link", "object", "embed", "form"} & set(evil.names)
    assert set(evil.names) - {"mark", "pre", "details"} <= set(plain.names) | {"p", "b"}
    assert EVIL in evil.text
    outward = {value for name, value in evil.values if name in {"src", "href", "data", "action", "style"}}
    assert all(value.startswith(("https://attack.mitre.org/", "#f-")) for value in outward)
    assert not [name for name, _ in evil.values if name.startswith("on")]
    assert any(name == "content" and "default-src 'none'" in value for name, value in evil.values)


def test_the_strip_holds_the_tactics_that_were_met_in_the_order_of_the_matrix() -> None:
    text = page([story(), story("sw1", "medium")], TACTICS, made=MADE, version="1.0")
    strip = text[text.index("<h2>ATT") : text.index("<h2>Fleet")]
    assert re.findall(r'class="tactic"><b>([^<]+)', strip) == ["Persistence", "Defense Impairment"]
    assert re.findall(r'class="cell (\w+)".*?<span class="soft">(\d)</span>(T[\d.]+)', strip) == [
        ("critical", "2", "T1542.005"),
        ("critical", "2", "T1542.005"),
        ("critical", "2", "T1601.001"),
    ]


def test_the_timeline_has_a_row_for_each_host_and_few_round_ticks() -> None:
    for days in (0, 1, 9, 45, 400):
        later = story("sw1", "low", START + timedelta(days=days))
        text = page([story(), later, story("sw1", "high")], TACTICS, made=MADE, version="1.0")
        drawn = text[text.index("<svg") : text.index("</svg>")]
        assert drawn.count('class="bar"') == 3
        assert [drawn.count(f"<title>{host}</title>") for host in ("br-lyon-rtr1", "sw1")] == [1, 1]
        assert 1 <= drawn.count('text-anchor="middle"') <= 9
        assert all(0 <= float(x) <= 1000 for x in re.findall(r'\bc?x1?="([\d.]+)"', drawn))


def test_no_findings_and_only_suppressed_ones_are_said() -> None:
    assert "No findings" in page([], TACTICS, made=MADE, version="1.0")
    hidden = page([replace(story(), suppression="change CHG1")], TACTICS, made=MADE, version="1.0")
    assert "No findings" in hidden
    assert "1 more suppressed" in hidden
    assert "change CHG1" in hidden


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), [("copy tftp:", False)]),
        (((0, 4),), [("copy", True), (" tftp:", False)]),
        (((0, 4), (5, 10)), [("copy", True), (" ", False), ("tftp:", True)]),
    ],
)
def test_a_line_is_cut_at_its_spans(spans: tuple[tuple[int, int], ...], expected: list[tuple[str, bool]]) -> None:
    assert [(piece.text, piece.marked) for piece in pieces("copy tftp:", spans)] == expected


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_shows_it_and_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page([hostile(), story()], TACTICS, made=MADE, version="1.0"), encoding="utf-8")
    shown = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    dom = Tags(shown)
    assert "<title>bootwatch: 2 findings</title>" in shown
    assert not {"script", "img"} & set(dom.names)
    assert EVIL in dom.text
