"""The clock of a run: what 'now' is, which zone stamps without one are in, and the year of stamps without a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bootwatch.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Clock:
    """``now`` is an aware UTC datetime fixed for the whole run; ``zone`` is the user's time zone."""

    now: datetime
    zone: tzinfo = UTC

    @classmethod
    def of(cls, now: str | None = None, zone: str | None = None) -> Clock:
        """From ``--now`` (ISO 8601; None: the wall clock) and ``--tz`` (an IANA name; None: UTC)."""
        tz: tzinfo = UTC
        if zone:
            try:
                tz = ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError) as exc:
                raise SettingsError(
                    f"no time zone {zone!r}; use an IANA name such as Europe/Berlin", key="--tz"
                ) from exc
        if now is None:
            return cls(datetime.now(UTC), tz)
        try:
            moment = datetime.fromisoformat(now)
        except ValueError as exc:
            raise SettingsError(f"{now!r} is not an ISO 8601 time such as 2026-01-31T12:00:00Z", key="--now") from exc
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=tz)
        return cls(moment.astimezone(UTC), tz)


def year_of(month: int, day: int, arrived: datetime) -> int:
    """Year for a stamp without one: the latest that puts it at most a day after ``arrived``.

    RFC 3164 (4.1.2) sends no year; a December line read in January is last year's, and device clocks run ahead. A
    29 February takes the latest leap year that fits.
    """
    limit = arrived + timedelta(days=1)
    for year in range(limit.year, limit.year - 9, -1):
        try:
            candidate = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if candidate <= limit:
            return year
    return arrived.year
