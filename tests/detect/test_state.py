"""A story that takes weeks is told by the scan that sees its end, and by every scan after it as no less than before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.detect.stories import BOOT, COPY, NOW, at, essence, local, login

from bootwatch import app
from bootwatch.detect.findings import Finding
from bootwatch.events.clock import Clock

_DAY = 24 * 60
_SLOW = (local(0, COPY), local(11 * _DAY, BOOT), local(28 * _DAY, "reload"))
_FLAPS = "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1/0/7, changed state to up"

Tell = Callable[..., list[Finding]]


@pytest.fixture
def told(tmp_path: Path) -> Tell:
    def tell(*lines: str, state: bool = True, whole_log: bool = True) -> list[Finding]:
        log = tmp_path / "network.log"
        log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        scope = app.Scope(clock=Clock.of("2026-03-01T00:00:00Z" if state else NOW))
        around = app.Beside(state=tmp_path / "state" if state else None, whole_log=whole_log)
        return app.scan(app.files([log], scope), scope, pack=app.pack([]), beside=around).findings

    return tell


def weight(found: list[Finding]) -> dict[str, tuple[int, str, int]]:
    return {each.id: (each.score, each.detection, len(each.evidence)) for each in found}


def quiet(day: int) -> str:
    """An act that weighs nothing, of another device."""
    return local(day * _DAY, "verify /md5 flash:c2900.bin", host="r9")


def up(minutes: float) -> str:
    when = at(minutes).strftime("%b %e %Y %H:%M:%S.000")
    return f"<189>9: r1: {when} UTC: {_FLAPS}"


def restarted(minutes: float, version: str, host: str = "r1") -> str:
    when = at(minutes).strftime("%b %e %Y %H:%M:%S.000")
    return f"<189>9: {host}: {when} UTC: %SYS-5-RESTART: System restarted -- Cisco IOS Software, Version {version}, x"


def silent() -> list[str]:
    """A router that says something every five minutes, is worked on, and comes back seven hours later."""
    return [
        *(up(5 * n) for n in range(-40, 0)),
        local(0, COPY),
        restarted(420, "15.7(3)M8"),
        *(up(420 + 5 * n) for n in range(1, 6)),
    ]


def test_a_slow_chain_goes_on_where_the_scan_before_ended(told: Tell) -> None:
    (one,) = told(*_SLOW, state=False)
    assert one.detection == "t1601-001-image-replaced-and-armed"
    parts = [told(line) for line in _SLOW]
    assert essence(parts[-1]) == essence([one])


@pytest.mark.parametrize("whole_log", [True, False])
def test_what_the_whole_log_showed_is_told_again(whole_log: bool, told: Tell) -> None:
    (first,) = told(*silent())
    assert (first.detection, first.score) == ("t1601-001-silence-around-acts", 90)
    again = told(login(3 * _DAY), whole_log=whole_log)
    third = told(login(4 * _DAY), whole_log=whole_log)
    assert weight(again) == weight(third) == weight([first])


def test_what_the_whole_log_shows_anew_is_told_once(told: Tell) -> None:
    first = told(*silent())
    again = told(*silent(), up(480))
    assert essence(again) == essence(first)


def test_more_evidence_adds_to_what_is_told_again(told: Tell) -> None:
    (first,) = told(*silent())
    (again,) = told(local(460, "no logging 10.0.0.5"))
    assert again.id == first.id
    assert again.score >= first.score
    assert len(again.evidence) == len(first.evidence) + 1


def test_a_story_that_reaches_into_the_window_stays_whole(told: Tell) -> None:
    told(_SLOW[0], _SLOW[1])
    (before,) = told(_SLOW[2])
    for day in (40, 45, 50, 55, 60):
        (again,) = told(quiet(day))
        assert weight([again]) == weight([before]), day
    assert [told(quiet(65)), told(quiet(66))][1] == []


def test_what_a_version_was_compared_with_is_remembered(told: Tell) -> None:
    told(restarted(-29 * _DAY, "15.7(3)M8"))
    before = weight([each for each in told(restarted(0, "15.2(4)M6")) if "older-image" in each.detection])
    assert len(before) == 1
    for day in (10, 20, 30):
        assert weight(told(quiet(day))).items() >= before.items(), day


def test_what_a_later_log_explains_is_no_longer_told(told: Tell) -> None:
    (unexplained,) = told(local(-3 * _DAY, "write memory"), restarted(0, "15.7(3)M8"))
    assert unexplained.detection == "t1601-001-restart-without-cause"
    assert {each.detection for each in told(local(-2, "reload"))}.isdisjoint({unexplained.detection})


def test_a_repaired_time_stays(told: Tell) -> None:
    year = 2026
    early = f"<190>1: r1: Jan  2 {year} 07:16:05.000 UTC: %AAAA-6-ACCTLOCAL: Username: a Privilege level: 15 Command: "
    unset = "<190>2: r1: *Mar  1 00:00:46.123 UTC: %AAAA-6-ACCTLOCAL: Username: a Privilege level: 15 Command: "
    first = told(f"{early}{COPY} <cr>", f"{unset}no file verify auto <cr>")
    later = f"<190>3: r1: Jan 30 {year} 07:16:05.000 UTC: %AAAA-6-ACCTLOCAL: Username: a Privilege level: 15 Command: "
    again = told(f"{later}show version <cr>", quiet(60))
    assert weight(again) == weight(first)
