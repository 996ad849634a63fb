"""The afternoon of the bundled sample logs: when it is, and when in it things happen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 3, 10, 13, tzinfo=UTC)
HOURS = 5

Line = tuple[datetime, str, str]
"""When a device wrote it, which device, and the message without its header."""


def at(clock: str) -> datetime:
    """A time of that afternoon, ``HH:MM:SS.mmm``."""
    return datetime.fromisoformat(f"2026-03-10T{clock}+00:00")


def moments(random: Random, count: int) -> Iterator[datetime]:
    """``count`` times of the afternoon, in bursts: after half of them the next follows within seconds."""
    when = START
    while count:
        when = START + timedelta(seconds=random.uniform(0, HOURS * 3600 - 60))
        burst = min(count, 1 + int(random.expovariate(0.6)))
        for _ in range(burst):
            yield when
            when += timedelta(seconds=random.uniform(0.4, 6))
        count -= burst
