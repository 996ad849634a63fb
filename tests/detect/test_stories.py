"""What belongs together is one finding, scored to the last point; what is forged, late or twice changes nothing."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.detect.stories import (
    BOOT,
    CHAIN,
    COPY,
    NOW,
    at,
    chain,
    essence,
    local,
    login,
    pack,
    restarted,
    scanned,
    tacacs,
)

from bootwatch import app
from bootwatch.detect.correlate import ALONE
from bootwatch.detect.findings import Finding, ScoreTrace
from bootwatch.detect.rows import Origin
from bootwatch.detect.score import rounded, scored
from bootwatch.detect.story import Act, Match, Story
from bootwatch.detections.detection import EvidenceClass
from bootwatch.detections.severity import Severity
from bootwatch.errors import InputError
from bootwatch.events.clock import Clock


def followed(trace: tuple[ScoreTrace, ...]) -> int:
    """The score a reader of the trace comes to."""
    score = 0
    for step in trace:
        score = score + int(step.effect) if step.effect[0] == "+" else rounded(score * float(step.effect[1:]))
        score = min(score, 100)
    return score


def test_a_chain_is_one_finding(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, chain())
    assert (found.host, found.detection, found.score, found.severity) == ("r1", CHAIN, 90, Severity.CRITICAL)
    assert [each.indicator for each in found.evidence] == ["IOS-A1", "IOS-B1", "IOS-H1"]
    assert found.evidence[-1].why.startswith("The device starts anew")
    assert (found.users, found.sources, found.images) == (("netadm",), ("192.0.2.9",), ("c2900.bin",))
    assert found.title == "Image replaced and armed for the next boot on r1: c2900.bin"


REPLACED = "t1601-001-image-replaced-and-armed"
OLDER = "t1601-002-older-image-started"
SHELLS = "t1059-008-network-device-shell"
NEWER = "boot system flash:c2900-universalk9-mz.SPA.158-3.M2.bin"
CALLED = {  # what was done, and the first technique of the finding
    "an image that was armed and started beside a shell": (
        ["tclsh tftp://192.0.2.9/x.tcl", BOOT, "reload"],
        "T1601.001",
    ),
    "an older one": (
        [
            "copy tftp://192.0.2.9/c2900-universalk9-mz.SPA.151-4.M8.bin flash:",
            "boot system flash:c2900-universalk9-mz.SPA.151-4.M8.bin",
            "reload",
        ],
        "T1601.002",
    ),
    "firmware that a file was brought for": (
        ["copy tftp://192.0.2.9/rommon.pkg flash:", "upgrade rom-monitor filename flash:rommon.pkg all", "reload"],
        "T1542.004",
    ),
    "the configuration register": (["config-register 0x2100", "reload"], "T1542"),
    "a start from the network": (["boot system tftp c2900.bin 192.0.2.9", "reload"], "T1542.005"),
    "a shell beside a restart": (["tclsh tftp://192.0.2.9/x.tcl", "reload"], "T1059.008"),
}


@pytest.mark.parametrize("case", CALLED)
def test_what_a_story_is_called_first(case: str, tmp_path: Path) -> None:
    commands, technique = CALLED[case]
    lines = [local(5 * number, command) for number, command in enumerate(commands)]
    ran = local(-4320, "boot system flash:c2900-universalk9-mz.SPA.157-3.M8.bin")
    found, *_ = scanned(tmp_path, [ran, *lines], only=[REPLACED, OLDER, SHELLS, ALONE])
    assert found.techniques[0] == technique


ALONE_TABLE = {  # what was done, and what it scores outside a chain
    "a copy": ([COPY], 35),
    "a copy and a boot change": ([COPY, BOOT], 63),
    "verification switched off": (["no file verify auto"], 85),
    "a copy and everything else that is no chain": (
        [COPY, "delete flash:old.bin", "clear logging", "service internal"],
        80,
    ),
    "what only reads": (["verify /md5 flash:c2900.bin", "show version", "dir flash:", "show region"], None),
    "program memory read beside a copy": ([COPY, "show region"], 35),
}


@pytest.mark.parametrize("case", ALONE_TABLE)
def test_what_acts_score_outside_a_chain(case: str, tmp_path: Path) -> None:
    commands, score = ALONE_TABLE[case]
    found = scanned(tmp_path, [local(minute, command) for minute, command in enumerate(commands)])
    assert [each.score for each in found] == ([] if score is None else [score])
    assert all(followed(each.score_trace) == each.score for each in found)


def test_an_attempt_that_failed_counts_less(tmp_path: Path) -> None:
    said = "update:192.0.2.80@pts/3:netadm:copy scp://a@192.0.2.9/x.bin bootflash:x.bin (FAILURE)"
    line = f"<189>: 2025 Nov 19 08:55:28 UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: {said}"
    (found,) = scanned(tmp_path, [line])
    assert found.score == 21


REFUSED = {  # commands of NX-OS, and what they score when every one fails
    "a copy": (["copy scp://a@192.0.2.9/x.bin bootflash:x.bin"], 21),
    "a copy and a reload": (["copy scp://a@192.0.2.9/x.bin bootflash:x.bin", "reload"], 27),
    "a copy and a boot change": (["copy scp://a@192.0.2.9/x.bin bootflash:x.bin", "boot nxos bootflash:x.bin"], 41),
    "a copy and an installation": (
        ["copy scp://a@192.0.2.9/x.bin bootflash:x.bin", "install all nxos bootflash:x.bin"],
        41,
    ),
    "all steps of a chain": (
        ["copy scp://a@192.0.2.9/x.bin bootflash:x.bin", "boot nxos bootflash:x.bin", "reload"],
        44,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_failed_altogether_is_told(case: str, tmp_path: Path) -> None:
    commands, score = REFUSED[case]
    lines = [
        f"<189>: 2025 Nov 19 08:55:{at:02} UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: "
        f"update:192.0.2.80@pts/3:netadm:{command} (FAILURE)"
        for at, command in enumerate(commands)
    ]
    (found,) = scanned(tmp_path, lines, only=(ALONE,))
    assert (found.score, followed(found.score_trace)) == (score, score)
    assert "(tried, and failed) on " in found.title
    assert all(each.why.endswith("(tried, and failed).") for each in found.evidence)
    done = scanned(tmp_path, [line.replace("FAILURE", "SUCCESS") for line in lines], only=(ALONE,), name="done.log")
    assert done[0].score > score


def test_the_evidence_of_a_story_grows_and_its_id_stays(tmp_path: Path) -> None:
    whole = chain()
    partly = scanned(tmp_path, whole[:2])
    found = scanned(tmp_path, whole)
    assert [each.id for each in partly] == [each.id for each in found]
    assert [each.score for each in partly] == [63]


def test_two_days_apart_are_two_stories(tmp_path: Path) -> None:
    found = scanned(tmp_path, [local(0, COPY), local(3 * 1440, COPY)])
    assert len({each.id for each in found}) == 2


def test_an_act_told_by_two_sources_is_corroborated_not_counted_twice(tmp_path: Path) -> None:
    header = "<190>4711: Nov 19 07:16:05 192.0.2.1 r1: "
    told = local(0, COPY).replace("<190>4712: r1: ", header)
    (found,) = scanned(tmp_path, [told, tacacs(0, COPY)])
    assert (found.host, found.score, found.confidence.value) == ("r1", 35, "medium")
    assert len(found.evidence) == 2


def test_a_relay_for_many_is_nobodys_address(tmp_path: Path) -> None:
    lines = [
        f"<190>4711: Nov 19 07:16:05 192.0.2.1 {host}: " + local(0, COPY, host=host).split(": ", 2)[2]
        for host in ("r1", "r2")
    ]
    found = scanned(tmp_path, [*lines, tacacs(0, "no file verify auto")])
    assert sorted(each.host for each in found) == ["192.0.2.1", "r1", "r2"]


def test_the_inventory_joins_name_and_address(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([{"host": "r1", "ip": "192.0.2.1", "vendor_os": "ios"}]), encoding="utf-8")
    lines = [tacacs(0, COPY), local(5, BOOT), tacacs(9, "reload")]
    beside = app.Beside(inventory=[inventory])
    (found,) = scanned(tmp_path, lines, beside=beside)
    assert (found.host, found.detection) == ("r1", CHAIN)
    assert {each.host for each in scanned(tmp_path, lines)} == {"r1", "192.0.2.1"}


def test_a_clock_that_was_not_set_hides_nothing(tmp_path: Path) -> None:
    lines = [login(-1), local(0, COPY), local(5, BOOT), login(8), restarted(9), login(10)]
    (found,) = scanned(tmp_path, lines)
    assert found.detection == CHAIN
    assert found.last_time <= at(10)
    assert any("clock was not set" in said for said in found.not_tested)


def test_a_clock_that_was_never_set_before_either(tmp_path: Path) -> None:
    lines = [local(0, COPY, mark="*"), local(5, BOOT, mark="*"), restarted(9)]
    (found,) = scanned(tmp_path, lines)
    assert (found.detection, found.evidence[-1].indicator) == (CHAIN, "IOS-H3")


def test_whoever_passed_a_message_on_knows_the_time(tmp_path: Path) -> None:
    late = "<189>Nov 19 07:30:05 192.0.2.1 4711: r1: *Mar  1 00:00:46.123: %SYS-5-RESTART: System restarted --"
    (found,) = scanned(tmp_path, [local(0, COPY), local(5, BOOT), late])
    assert found.evidence[-1].time == at(14)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_order_and_duplicates_change_nothing(seed: int, tmp_path: Path) -> None:
    lines = [*chain(), local(2, "no file verify auto", host="r2"), *chain("r3")]
    expected = essence(scanned(tmp_path, lines))
    shuffled = [*lines, *random.Random(seed).sample(lines, 3)]
    random.Random(seed).shuffle(shuffled)
    assert essence(scanned(tmp_path, shuffled)) == expected


INJECTED = {
    "a user name that is a message": login(1).replace("netadm", "x: %SYS-5-RELOAD: Reload requested by admin"),
    "a user name that is a command": login(1).replace("netadm", f"x logged command:{COPY}"),
    "a web server's log": f'192.0.2.99 - - [19/Nov/2025:07:16:05 +0000] "GET /?q={COPY} HTTP/1.1" 200 5',
    "a syslog message of no device": f"<13>Nov 19 07:16:05 laptop someone: {COPY}",
    "terminal escapes and markup": login(1).replace("netadm", "\x1b[2J<script>alert(1)</script>"),
    "a description of an interface": local(1, f"description {COPY} ; reload"),
}


@pytest.mark.parametrize("case", INJECTED)
def test_text_inside_a_message_is_no_act(case: str, tmp_path: Path) -> None:
    assert scanned(tmp_path, [login(0), INJECTED[case]]) == []
    (found,) = scanned(tmp_path, [*chain(), INJECTED[case]])
    assert found.score == 90


def test_a_forged_host_neither_hides_nor_joins(tmp_path: Path) -> None:
    forged = [local(6, "reload cancel", host="r1"), local(7, "reload", host="r1\x1b[2Jx"), local(3, COPY, host="R1")]
    found = scanned(tmp_path, [*chain(), *forged])
    assert ("r1", 90) in [(each.host, each.score) for each in found]


def test_a_stamp_far_in_the_future_takes_no_story_apart(tmp_path: Path) -> None:
    ahead = local(0, "write memory").replace("2025", "2035")
    (found,) = [each for each in scanned(tmp_path, [*chain(), ahead]) if each.severity is Severity.CRITICAL]
    assert found.score == 90


def test_two_runs_with_a_state_tell_what_one_run_tells(tmp_path: Path) -> None:
    lines = [login(-1), *chain(), local(20 * 1440, "no file verify auto", host="r7"), *chain("r8")]
    one = essence(scanned(tmp_path, lines))
    for cut in range(1, len(lines)):
        state = app.Beside(state=tmp_path / f"state{cut}")
        scanned(tmp_path, lines[:cut], beside=state)
        assert essence(scanned(tmp_path, lines[cut:], beside=state)) == one, cut


def test_a_state_of_another_form_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_bytes(b"something else")
    with pytest.raises(InputError, match=f"^{re.escape(str(file))}: not a state of bootwatch scan"):
        scanned(tmp_path, chain(), beside=app.Beside(state=file))
    assert file.read_bytes() == b"something else"


def test_who_was_never_seen_on_a_device_weighs_more(tmp_path: Path) -> None:
    usual = [local(-1440 * day, "verify /md5 flash:a.bin", user="ops") for day in range(12, 6, -1)]
    (found,) = scanned(tmp_path, [*usual, local(0, COPY, user="intruder")])
    assert (found.score, found.score_trace[-1].effect) == (46, "x1.3")
    assert followed(found.score_trace) == 46
    (known,) = scanned(tmp_path, [*usual, local(0, COPY, user="ops")])
    (little,) = scanned(tmp_path, [*usual[-1:], local(0, COPY, user="intruder")])
    assert (known.score, little.score) == (35, 35)


def test_hours_count_only_where_they_are_said(tmp_path: Path) -> None:
    def score(hours: str | None) -> int:
        (found,) = scanned(tmp_path, [local(0, COPY)], beside=app.Beside(working_hours=hours))
        return found.score

    assert (score(None), score("07:00-19:00"), score("08:00-18:00"), score("22:00-06:00")) == (35, 35, 42, 42)


def test_a_single_detection_tells_its_own_stories_only(tmp_path: Path) -> None:
    assert scanned(tmp_path, [local(0, "no file verify auto")], only=[CHAIN]) == []
    assert [each.score for each in scanned(tmp_path, chain(), only=[ALONE])] == [76]


def test_findings_name_their_lines(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, [login(-1), login(-1), *chain()])
    assert [each.line for each in found.evidence] == [3, 4, 5]
    assert all(str(each.source).endswith("network.log") for each in found.evidence)


def test_every_trace_adds_up(tmp_path: Path) -> None:
    found: list[Finding] = scanned(tmp_path, [*chain(), *chain("r2")[:2], local(0, "service internal", host="r3")])
    assert [followed(each.score_trace) for each in found] == [each.score for each in found]


def test_text_that_says_neither_when_nor_where_is_no_log(tmp_path: Path) -> None:
    assert scanned(tmp_path, ["Allow Dev Key         : yes", "Boot Loader Upgrade   : no"]) == []


def test_a_servers_record_is_read_for_the_system_it_is_about(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([{"host": "p1", "ip": "192.0.2.1", "vendor_os": "iosxr"}]), encoding="utf-8")
    (found,) = scanned(tmp_path, [tacacs(0, "install activate id 3")], beside=app.Beside(inventory=[inventory]))
    assert [each.indicator for each in found.evidence] == ["XR-A2"]
    (unknown,) = scanned(tmp_path, [tacacs(0, "install activate id 3")])
    assert [each.indicator for each in unknown.evidence] == ["XE-A8"]


def others(first: float, last: float) -> list[str]:
    """Commands elsewhere, one a minute: what the rest of a fleet says of the time."""
    return [local(first + minute, "show version", host=f"sw{minute % 3}") for minute in range(round(last - first))]


@pytest.mark.parametrize("year", ["2019", "2031"])
def test_a_clock_that_jumps_hides_nothing_where_others_know_the_time(year: str, tmp_path: Path) -> None:
    copied, armed, started = chain()
    jumped = [line.replace("2025", year, 1) for line in (armed, started)]
    lines = [*others(-12, 0), copied, *others(0, 12), *jumped, *others(12, 24)]
    (found,) = scanned(tmp_path, lines)
    assert (found.detection, found.score) == (CHAIN, 90)


def test_what_arrives_days_late_keeps_its_time(tmp_path: Path) -> None:
    copied, armed, started = chain()
    lines = [*others(0, 12), armed, *others(12, 24), started, *others(3 * 1440, 3 * 1440 + 12), copied]
    (found,) = scanned(tmp_path, [*lines, *others(3 * 1440 + 12, 3 * 1440 + 24)])
    assert (found.detection, found.first_time) == (CHAIN, at(0))


def test_a_search_is_shown_the_hosts_that_show_what_it_needs(tmp_path: Path) -> None:
    def found(*needs: str) -> list[str]:
        groups = tuple(frozenset(EvidenceClass(letter) for letter in group) for group in needs)
        chained = pack().detection(CHAIN)
        own = replace(pack(), detections=(replace(chained, correlation=replace(chained.correlation, needs=groups)),))
        file = tmp_path / "network.log"
        file.write_text("".join(f"{line}\n" for line in [*chain(), local(0, "reload", host="r2")]), encoding="utf-8")
        scope = app.Scope(clock=Clock.of(NOW))
        alone = replace(own, detections=(*own.detections, pack().detection(ALONE)))
        return [each.host for each in app.scan(app.files([file], scope), scope, pack=alone, only=[CHAIN]).findings]

    assert [found(), found("A", "BH"), found("AG"), found("G"), found("A", "E")] == [["r1"], ["r1"], ["r1"], [], []]


@pytest.mark.parametrize(("points", "score"), [(35, 35), (60, 78), (79, 80), (90, 90)])
def test_what_stands_beside_a_match_adds_to_it_unless_it_is_low_or_a_whole_chain(points: int, score: int) -> None:
    """A match on an act of class B, beside a copy (35)."""
    chained = pack().detection(CHAIN)
    acts = tuple(
        Act("r1", minute, f"act {minute}", (row,), (letter,), weight, "ios", {"command": "x"}, Origin())
        for minute, (row, letter, weight) in enumerate((("IOS-B3", "B", 40), ("IOS-A1", "A", 35)))
    )
    match = Match(chained, "r1", 0, 0, points, None, acts[:1])
    result = scored(Story("r1", "ios", (match,), acts))
    assert (result.score, followed(result.trace)) == (score, score)


def test_a_flood_of_acts_stops_no_scan_and_hides_no_story(tmp_path: Path) -> None:
    flood = [local(10 + number / 50, "reload", user=f"u{number}") for number in range(6_000)]
    (found,) = scanned(tmp_path, [*chain(), *flood])
    assert (found.detection, found.score) == (CHAIN, 90)
    assert found.evidence[0].indicator == "IOS-A1"
    assert len(found.evidence) < 1_000


def test_a_state_looks_back_a_month_not_a_detections_window(tmp_path: Path) -> None:
    lines = [local(-40 * 1440, BOOT), local(-20 * 1440, BOOT, host="r7"), local(0, BOOT, host="r8"), login(1)]
    state = app.Beside(state=tmp_path / "state")
    for line, hosts in zip(lines, (["r1"], ["r1", "r7"], ["r1", "r7", "r8"], ["r7", "r8"]), strict=True):
        found = scanned(tmp_path, [line], beside=state)
        assert sorted(each.host for each in found) == hosts


@pytest.mark.parametrize(
    "said",
    [
        "%SYS-5-RELOAD: Reload requested by ops on vty0 (10.0.0.1). Reload Reason: Reload Command.",
        "%AAAA-6-ACCTLOCAL: Username: ops Privilege level: 15 Command: no file verify auto <cr>",
        "%SYS-5-RESTART: System restarted -- Cisco IOS Software, Version 12.4(1), RELEASE SOFTWARE (fc1)",
        "%PLATFORM-2-X: signature verification failed",
        "firmware_update.log",
        "reload cancel",
    ],
)
def test_what_a_person_writes_into_the_log_is_no_act_of_the_device(said: str, tmp_path: Path) -> None:
    line = login(0, host="r1").split(": %")[0]
    forged = f"{line}: %SYS-2-USERLOG_CRIT: Message from tty2(user id: netadm): {said}"
    found = scanned(tmp_path, [forged], only=())
    assert [(each.score, each.detection, each.users) for each in found] == [(45, "t1070-logs-cleared", ("netadm",))]
    assert [each.indicator for each in found[0].evidence] == ["IOS-G5"]
    chained = scanned(tmp_path, [*chain(), forged], only=())
    assert any(each.score == 90 for each in chained)


def test_a_title_names_three_images_and_the_finding_all(tmp_path: Path) -> None:
    names = [f"c2900-{number:02}.bin" for number in range(40)]
    lines = [local(n, f"copy tftp://192.0.2.{n}/{name} flash:{name}", user=f"u{n}") for n, name in enumerate(names)]
    (found,) = scanned(tmp_path, lines)
    assert found.title.endswith(": c2900-00.bin, c2900-01.bin, c2900-02.bin and 37 more")
    assert (list(found.images), len(found.users), len(found.sources)) == (names, 40, 40)
    assert max(map(len, found.next_steps)) < 400
