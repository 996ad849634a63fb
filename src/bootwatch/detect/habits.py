"""What a log shows of habits: who works on which device, and when people work at all.

Both only raise a score. That a user is new on a device is said only where the device has history enough to know its
users. Working hours are said by the person who starts the scan: no log tells where its operators live, maintenance is
done at night on purpose, and a fleet spans zones; so without a setting no hour is suspicious.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time, tzinfo
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.judgement import Multiplier
from bootwatch.detect.story import Story
from bootwatch.errors import SettingsError
from bootwatch.events.fields import HOST, TAG_FIELDS, TIME

NEW_USER: Final = 1.3
OFF_HOURS: Final = 1.2
HISTORY_US: Final = 7 * 86_400_000_000
HISTORY_ACTS: Final = 5
_HOURS: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])-([01]?[0-9]|2[0-3]):([0-5][0-9])")

Seen = dict[str, dict[str, tuple[int, int]]]
"""By host and user: when first (microseconds), and how often."""


@dataclass(slots=True)
class Habits:
    """Who was seen at work on which device."""

    seen: Seen = field(default_factory=dict)

    def learn(self, batches: Iterable[pa.RecordBatch]) -> None:
        """From held events, logins and those of former scans left out of the batches."""
        for batch in batches:
            worked = pc.or_(pc.is_valid(batch.column("command")), pc.is_valid(batch.column(TAG_FIELDS[0])))
            some = batch.filter(pc.and_(pc.is_valid(batch.column("user")), worked))
            columns = (some.column(name).to_pylist() for name in (HOST, "user", TIME))
            for host, user, seconds in zip(*columns, strict=True):
                users = self.seen.setdefault(host or "", {})
                moment = round(seconds * 1e6)
                first, count = users.get(user, (moment, 0))
                users[user] = min(first, moment), count + 1

    def new_user(self, story: Story) -> Multiplier | None:
        """Where somebody acts in a story who never did on this device, and others did for a week."""
        users = self.seen.get(story.host, {})
        start = story.acts[0].time_us
        known = [count for first, count in users.values() if first <= start - HISTORY_US]
        if sum(known) < HISTORY_ACTS:
            return None
        acting = dict.fromkeys(user for act in story.acts if (user := act.text("user")))
        new = [user for user in acting if users.get(user, (start, 0))[0] >= start]
        if not new:
            return None
        names = ", ".join(new)
        return Multiplier(NEW_USER, f"{names} was not seen on {story.host} before, where others were for a week")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """From Monday to Friday, between two times of day in a zone; the end may lie behind midnight."""

    begin: time
    end: time
    zone: tzinfo

    @classmethod
    def of(cls, text: str, zone: tzinfo) -> Self:
        """``07:00-19:00``. Raises SettingsError."""
        found = _HOURS.fullmatch(text.strip())
        if found is None:
            raise SettingsError(f"'{text}' are no hours; use 07:00-19:00", key="--working-hours")
        begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        return cls(begin, end, zone)

    def off(self, story: Story) -> Multiplier | None:
        """Where no act of a story that weighs anything was done in working hours."""
        acts = [act for act in story.acts if act.weight > 0] or list(story.acts)
        moments = [act.time.astimezone(self.zone) for act in acts]
        if any(self._within(moment.time(), moment.weekday()) for moment in moments):
            return None
        hours = f"{self.begin:%H:%M} to {self.end:%H:%M} from Monday to Friday"
        return Multiplier(OFF_HOURS, f"outside working hours, {hours}")

    def _within(self, moment: time, weekday: int) -> bool:
        if self.begin <= self.end:
            return weekday < 5 and self.begin <= moment < self.end
        return (weekday < 5 and moment >= self.begin) or (0 < weekday < 6 and moment < self.end)


def as_seen(given: Mapping[str, Mapping[str, tuple[int, int]]]) -> Seen:
    """What was kept, to go on with."""
    return {
        host: {user: (int(first), int(count)) for user, (first, count) in users.items()}
        for host, users in given.items()
    }
