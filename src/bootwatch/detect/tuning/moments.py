"""Times as change tools write them, and what to make of clock times that a zone has twice or never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from bootwatch.events.zones import minutes_of

ACCEPTED: Final = (
    "a date and a time of day such as 2026-03-29T01:30:00Z, 2026-03-29 01:30:00+01:00 or 29.03.2026 01:30 "
    "(without a zone: that of --tz)"
)

_ISO: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,6})[0-9]*)?)? ?(?P<zone>Z|[A-Z]{3,5}|[+-][0-9]{2}:?[0-9]{2})?"
)
_COMPACT: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})"
    r"(?P<second>[0-9]{2})(?P<fraction>\b)(?P<zone>Z)?"
)
_DOTS: Final = re.compile(
    r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4}),? (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2}))?(?P<fraction>\b)(?P<zone>\b)"
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1990, 2200)


@dataclass(frozen=True, slots=True)
class Moment:
    """``time`` is aware UTC. ``zoneless``: the text named no zone. ``doubt`` says what its zone made of it, if odd."""

    time: datetime
    zoneless: bool = False
    doubt: str | None = None


def read(text: str, zone: tzinfo, *, last: bool) -> Moment | None:
    """A time from a text; None where it is none. ``last``: of two equal clock times of a night, the second is meant.

    The night that has an hour twice is read so that a window is as long as it can be: from the first of the two to
    the second. A clock time that a night leaves out is read as if the clocks had not been put forward (RFC 5545,
    3.3.5).
    """
    found = next((m for form in (_ISO, _COMPACT, _DOTS) if (m := form.fullmatch(text.strip())) is not None), None)
    if found is None or int(found["year"]) not in _YEARS:
        return None
    fraction = (found["fraction"] or "").ljust(6, "0")
    try:
        naive = datetime.fromisoformat(
            f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}T{found['hour']:0>2}:{found['minute']}"
            f":{found['second'] or '00'}.{fraction}"
        )
    except ValueError:
        return None
    if found["zone"]:
        offset = _offset(found["zone"])
        return None if offset is None else Moment((naive - offset).replace(tzinfo=UTC))
    return localised(naive, zone, last=last)


def localised(naive: datetime, zone: tzinfo, *, last: bool) -> Moment:
    """A clock time of a zone as a moment; see :func:`read`."""
    local = naive.replace(tzinfo=zone, fold=int(last))
    first, second = (local.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if first == second:
        return Moment(local.astimezone(UTC), zoneless=True)
    shown = f"{naive:%H:%M} of {naive:%Y-%m-%d}"
    if first > second:
        which = "second" if last else "first"
        return Moment(local.astimezone(UTC), True, f"{shown} is there twice in {zone}: read as the {which}")
    meant = local.replace(fold=0).astimezone(UTC)
    return Moment(meant, True, f"{shown} does not exist in {zone}: read as {meant.astimezone(zone):%H:%M}")


def shown(moment: datetime) -> str:
    """A time for a sentence."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def _offset(zone: str) -> timedelta | None:
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        return None if minutes > 24 * 60 else timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    named = minutes_of(zone)
    return None if named is None else timedelta(minutes=named)
