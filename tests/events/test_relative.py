"""Relative time: offsets, then snaps, in the user's zone (Search Reference, "Time modifiers")."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, sampled_from, text

from bootwatch.events.relative import RelativeTimeError, relative_time

PACIFIC = ZoneInfo("America/Los_Angeles")
BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def moved(start: str, spec: str, zone: tzinfo = UTC) -> str:
    epoch = datetime.fromisoformat(start).replace(tzinfo=zone).timestamp()
    return datetime.fromtimestamp(relative_time(epoch, spec, zone), zone).replace(tzinfo=None).isoformat(" ")


@pytest.mark.parametrize(
    ("start", "spec", "expected"),
    [
        ("2025-04-28 14:05:06", "-30s", "2025-04-28 14:04:36"),
        ("2025-04-28 14:05:06", "+90m", "2025-04-28 15:35:06"),
        ("2025-04-28 14:05:06", "2h", "2025-04-28 16:05:06"),
        ("2025-04-28 14:05:06", "-d", "2025-04-27 14:05:06"),
        ("2025-04-28 14:05:06", "-1week", "2025-04-21 14:05:06"),
        ("2025-03-31 14:05:06", "-1mon", "2025-02-28 14:05:06"),
        ("2024-02-29 14:05:06", "-1y", "2023-02-28 14:05:06"),
        ("2024-11-30 14:05:06", "+1q", "2025-02-28 14:05:06"),
        ("2025-04-28 14:05:06", "@m", "2025-04-28 14:05:00"),
        ("2025-04-28 14:05:06", "@h", "2025-04-28 14:00:00"),
        ("2025-04-28 14:05:06", "@d", "2025-04-28 00:00:00"),
        ("2025-04-28 14:05:06", "@w", "2025-04-27 00:00:00"),
        ("2025-04-28 14:05:06", "@w0", "2025-04-27 00:00:00"),
        ("2025-04-28 14:05:06", "@w7", "2025-04-27 00:00:00"),
        ("2025-04-28 14:05:06", "@w1", "2025-04-28 00:00:00"),
        ("2025-04-28 14:05:06", "@w5", "2025-04-25 00:00:00"),
        ("2025-04-28 14:05:06", "@mon", "2025-04-01 00:00:00"),
        ("2025-05-28 14:05:06", "@q", "2025-04-01 00:00:00"),
        ("2025-04-28 14:05:06", "@y", "2025-01-01 00:00:00"),
        ("2025-04-28 14:05:06", "-1d@d", "2025-04-27 00:00:00"),
        ("2025-04-28 14:05:06", "-mon@mon+7d", "2025-03-08 00:00:00"),
        ("2025-04-28 14:05:06", "@d-2h", "2025-04-27 22:00:00"),
        ("2025-04-28 14:05:06", "-1h+5m", "2025-04-28 13:10:06"),
        ("2025-04-28 14:05:06", "now", "2025-04-28 14:05:06"),
    ],
)
def test_an_offset_comes_before_the_snap(start: str, spec: str, expected: str) -> None:
    assert moved(start, spec) == expected


@pytest.mark.parametrize(
    ("start", "spec", "zone", "expected"),
    [
        ("2025-03-09 12:00:00", "-1d", PACIFIC, "2025-03-08 12:00:00"),
        ("2025-03-09 12:00:00", "-24h", PACIFIC, "2025-03-08 11:00:00"),
        ("2025-03-09 12:00:00", "@d", PACIFIC, "2025-03-09 00:00:00"),
        ("2025-10-27 06:00:00", "-1d@d", BERLIN, "2025-10-26 00:00:00"),
        ("2025-04-28 14:05:06", "@h", KATHMANDU, "2025-04-28 14:00:00"),
    ],
)
def test_days_are_the_calendars_of_the_zone(start: str, spec: str, zone: tzinfo, expected: str) -> None:
    assert moved(start, spec, zone) == expected


def test_a_fraction_of_a_second_survives_an_offset_and_not_a_snap() -> None:
    assert relative_time(1745849106.25, "-1d", UTC) == 1745762706.25
    assert relative_time(1745849106.25, "@s", UTC) == 1745849106.0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("yesterday", "'yesterday' in 'yesterday' is not a unit; use s, m, h, d, w, mon, q or y"),
        ("-1x", "'x' in '-1x' is not a unit; use s, m, h, d, w, mon, q or y"),
        ("@d3", "'@d3' in '@d3' is not a snap; only @w0 to @w7 carry a digit"),
        ("@w8", "'@w8' in '@w8' is not a snap; only @w0 to @w7 carry a digit"),
        ("-1d 2h", "'-1d 2h' is not a relative time such as -24h@h"),
        ("12", "'12' is not a relative time such as -24h@h"),
        ("-99999999999s", "'-99999999999s' moves too far"),
        ("-9999y", "'-9999y' leaves the calendar"),
    ],
)
def test_what_is_no_relative_time_is_said(spec: str, message: str) -> None:
    with pytest.raises(RelativeTimeError) as raised:
        relative_time(1745849106.0, spec, UTC)
    assert str(raised.value) == message


@given(
    epoch=integers(0, 4_000_000_000),
    unit=sampled_from(["s", "m", "h", "d", "w", "w3", "mon", "q", "y"]),
    zone=sampled_from([UTC, PACIFIC, BERLIN, KATHMANDU]),
)
def test_a_snap_rounds_down_and_rests(epoch: int, unit: str, zone: tzinfo) -> None:
    snapped = relative_time(float(epoch), f"@{unit}", zone)
    assert snapped <= epoch
    assert relative_time(snapped, f"@{unit}", zone) == snapped


@given(epoch=floats(-1e15, 1e15), spec=text("+-0123456789@smhdwonqy ", max_size=12) | text(max_size=8))
def test_no_text_makes_it_fail_otherwise(epoch: float, spec: str) -> None:
    with suppress(RelativeTimeError):
        relative_time(epoch, spec, BERLIN)
