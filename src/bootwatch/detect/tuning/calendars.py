"""Changes kept in a calendar: iCalendar (RFC 5545) with recurrence, exceptions, moved and cancelled occurrences.

An event is a change where it says which hosts it is for: in ``X-BOOTWATCH-HOSTS``, on a line ``Hosts: …`` of its
description, else in LOCATION and CATEGORIES. Its images stand in ``X-BOOTWATCH-IMAGE``, on a line ``Image: …``, or as
file names in summary and description. Zones are those of the file (VTIMEZONE, else IANA names); times without one are
in ``--tz``. What repeats is unrolled where a story asks, so an event without an end costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

import icalendar
import recurring_ical_events

from bootwatch.detect.tuning import images, moments
from bootwatch.detect.tuning.changes import LONGEST, Change, Remarks, images_of_text, servers_of_text
from bootwatch.errors import ContentError

_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE_KEYS: Final = (
    "FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST", "BYHOUR", "BYMINUTE",
    "BYSECOND",
)  # fmt: skip
_LAST_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEARS: Final = range(1990, 2100)
_MOST: Final = 1000
_MOST_A_DAY: Final = 24
_REMEMBERED: Final = 64
_BEGIN: Final = re.compile(r"(?im)^BEGIN:VEVENT[ \t\r]*$")
_NUMBER: Final = re.compile(r"(?P<id>[A-Z]{2,8}-?[0-9]{3,})\b[ :,-]*")
_HOSTS_LINE: Final = re.compile(r"(?im)^[ \t]*(?:hosts?|devices?)[ \t]*[:=][ \t]*(?P<value>.+?)[ \t]*$")
_USERS_LINE: Final = re.compile(r"(?im)^[ \t]*(?:users?|accounts?)[ \t]*[:=][ \t]*(?P<value>.+?)[ \t]*$")
_SERVERS_LINE: Final = re.compile(r"(?im)^[ \t]*(?:(?:file )?servers?)[ \t]*[:=][ \t]*(?P<value>.+?)[ \t]*$")
_HOST: Final = re.compile(r"[A-Za-z0-9][\w.:-]*")
_SPLIT: Final = re.compile(r"[,;|\s]+")


@dataclass(frozen=True, slots=True)
class _Event:
    """One VEVENT as the file has it; all of one UID make a series."""

    component: icalendar.Event
    line: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """All events of one UID: the repeating one, and those that replace an occurrence of it."""

    query: Any  # a CalendarQuery of recurring_ical_events, which is not typed
    path: str
    lines: tuple[int, ...]
    zone: tzinfo
    longest: timedelta
    title: str
    _met: dict[tuple[date, date], tuple[Change, ...]] = field(default_factory=dict, compare=False)

    @property
    def where(self) -> str:
        return f"{self.path}:{self.lines[0]}"

    def between(self, first: datetime, last: datetime) -> tuple[Change, ...]:
        """The changes whose window touches ``[first, last]``; whole days are unrolled, once."""
        day = first.date(), last.date()
        if day not in self._met:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            self._met[day] = self._unrolled(first, last)
        return tuple(change for change in self._met[day] if change.start <= last and change.end >= first)

    def _unrolled(self, first: datetime, last: datetime) -> tuple[Change, ...]:
        try:
            found = list(self.query.between(first - self.longest, last + timedelta(days=2)))
        except Exception as exc:  # what a calendar's own zones and rules can do to the library has no common class
            raise ContentError(f"cannot be unrolled: {_why(exc)}", path=self.path, line=self.lines[0]) from exc
        changes = (_change(event, self.where, self.zone, self.title) for event in found)
        return tuple(change for change in changes if change is not None)


def read(text: str, said: Remarks) -> tuple[tuple[Change, ...], tuple[Calendar, ...]]:
    """What happens once and what repeats in a calendar file. Raises ContentError."""
    try:
        parsed = icalendar.Calendar.from_ical(text)
    except Exception as exc:  # ValueError for most, and whatever the parsers of single values let out
        raise ContentError(f"not iCalendar: {_why(exc)}", path=said.path, line=_line_in(text, exc)) from exc
    if not isinstance(parsed, icalendar.Calendar):
        raise ContentError("not iCalendar: it should begin with BEGIN:VCALENDAR", path=said.path, line=1)
    lines = [text.count("\n", 0, found.start()) + 1 for found in _BEGIN.finditer(text)]
    components = [part for part in parsed.walk("VEVENT") if isinstance(part, icalendar.Event)]
    if len(lines) != len(components):  # a line that only looks like one, inside of another property
        lines = (lines + [1] * len(components))[: len(components)]
    series: dict[str, list[_Event]] = {}
    for at, (component, line) in enumerate(zip(components, lines, strict=True)):
        _check(component, line, said)
        series.setdefault(_text(component, "UID") or f"event {at + 1}", []).append(_Event(component, line))
    zones = list(parsed.walk("VTIMEZONE"))
    found = [held for events in series.values() if (held := _series(events, zones, said)) is not None]
    return (
        tuple(each for each in found if isinstance(each, Change)),
        tuple(each for each in found if isinstance(each, Calendar)),
    )


def _series(events: list[_Event], zones: list[Any], said: Remarks) -> Change | Calendar | None:
    masters = [event for event in events if "RECURRENCE-ID" not in event.component]
    if len(masters) > 1:
        uid = _text(masters[0].component, "UID")
        message = f"two events have the UID {uid} (first on line {masters[0].line}) and neither replaces an occurrence"
        raise ContentError(message, path=said.path, line=masters[1].line)
    for event in events:
        if _cancelled(event.component):
            said.leave(event.line, _title(event.component), f"is {_status(event.component)}")
        elif not _hosts(event.component):
            said.leave(event.line, _title(event.component), "names no host")
    if masters and _cancelled(masters[0].component):
        return None
    first = events[0]
    if len(events) == 1 and not any(name in first.component for name in ("RRULE", "RDATE", "EXRULE")):
        return _change(first.component, f"{said.path}:{first.line}", said.zone, None)
    calendar = icalendar.Calendar()
    for part in (*zones, *(event.component for event in events)):
        calendar.add_component(part)
    longest = max(end - start for start, end in (_span(event.component, said.zone) for event in events))
    try:
        query = recurring_ical_events.of(calendar)
    except Exception as exc:  # see Calendar.between
        raise ContentError(f"cannot be unrolled: {_why(exc)}", path=said.path, line=events[0].line) from exc
    lines = tuple(event.line for event in events)
    title = _title(first.component)
    found = Calendar(query, said.path, lines, said.zone, longest + timedelta(days=2), title)
    start, _ = _span(first.component, said.zone)
    found.between(start, start + timedelta(days=1))  # what cannot be unrolled shows now, not when a story asks
    return found


def _change(event: icalendar.Event, where: str, zone: tzinfo, series: str | None) -> Change | None:
    """The change that an occurrence is; None where it names no host or is cancelled."""
    start, end = _span(event, zone)
    hosts = _hosts(event)
    if not hosts or _cancelled(event) or end <= start:
        return None
    words = "\n".join(text for name in ("SUMMARY", "DESCRIPTION") if (text := _text(event, name)))
    told = _plain(event, "X-BOOTWATCH-IMAGE")
    summary = " ".join(_text(event, "SUMMARY").split())
    numbered = _NUMBER.match(summary)
    told_id = _text(event, "X-BOOTWATCH-ID") or (numbered and numbered["id"]) or _text(event, "UID") or summary
    return Change(
        id=" ".join(told_id.split()),
        start=start,
        end=end,
        hosts=hosts,
        summary=summary[numbered.end() :] if numbered else summary,
        images=tuple(images.listed((told,))) if told else images_of_text(words),
        where=where,
        series=series,
        servers=_after(_SERVERS_LINE, words) or servers_of_text(words),
        users=_after(_USERS_LINE, words),
    )


def _check(event: icalendar.Event, line: int, said: Remarks) -> None:
    """Refuses an event that says something wrong."""

    def wrong(message: str) -> ContentError:
        return ContentError(f"{_title(event)}: {message}", path=said.path, line=line)

    if event.errors:
        name, reason = event.errors[0]
        raise wrong(f"{name} cannot be read: {reason}")
    if not isinstance(_when(event, "DTSTART"), date):
        raise wrong("missing DTSTART (a date or a time)")
    for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SUMMARY", "UID", "STATUS"):
        if isinstance(event.get(name), list):
            raise wrong(f"{name} stands twice")
    if "DTEND" in event and "DURATION" in event:
        raise wrong("has both DTEND and DURATION; accepted: one of them")
    if "DTEND" in event and not isinstance(_when(event, "DTEND"), date):
        raise wrong("DTEND should be a date or a time")
    if "DTEND" in event and isinstance(_when(event, "DTEND"), datetime) != isinstance(
        _when(event, "DTSTART"), datetime
    ):
        raise wrong("DTSTART and DTEND should both be dates or both be times")
    if "DURATION" in event and not isinstance(_when(event, "DURATION"), timedelta):
        raise wrong("DURATION should be a span such as PT2H")
    start_of = _when(event, "DTSTART")
    if start_of.year not in _YEARS:
        raise wrong(f"DTSTART is in the year {start_of.year}; accepted: {_YEARS.start} to {_YEARS.stop - 1}")
    for rule in _rules(event):
        try:
            _check_rule(rule, wrong, all_day=not isinstance(start_of, datetime))
        except (TypeError, ValueError, IndexError, AttributeError) as exc:
            raise wrong(f"RRULE cannot be read: {_why(exc)}") from exc
    try:
        start, end = _span(event, said.zone)
    except (ValueError, OverflowError, TypeError) as exc:
        raise wrong(f"a time cannot be read: {exc}") from exc
    if end <= start:
        raise wrong(f"its end ({moments.shown(end)}) is not after its start ({moments.shown(start)})")
    if end - start > LONGEST:
        raise wrong(f"is {(end - start).days} days long; accepted: up to {LONGEST.days}")
    for name in ("DTSTART", "DTEND"):
        told = _when(event, name)
        if isinstance(told, datetime) and told.tzinfo is None:
            parameters = getattr(event.get(name), "params", {})
            if "TZID" in parameters:
                raise wrong(f"{name} is in the zone {parameters['TZID']}, which nobody knows; accepted: an IANA name")
            said.zoneless += 1


def _check_rule(rule: Any, wrong: Callable[[str], ContentError], *, all_day: bool) -> None:
    for key in rule:
        if str(key).upper() not in _RULE_KEYS:
            raise wrong(f"RRULE holds '{key}'; accepted: {', '.join(_RULE_KEYS)}")
    frequency = str(next(iter(rule.get("FREQ", ["nothing"])), "nothing")).upper()
    if frequency not in _FREQUENCIES:
        raise wrong(f"RRULE repeats {frequency}; accepted: {', '.join(_FREQUENCIES)}")
    for key in ("INTERVAL", "COUNT"):
        for value in rule.get(key, []):
            if not isinstance(value, int) or not 1 <= value <= _MOST:
                raise wrong(f"RRULE has {key}={value}; accepted: 1 to {_MOST}")
    often = 1
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        often *= max(1, len(rule.get(key, [])))
    if often > _MOST_A_DAY:
        raise wrong(f"RRULE repeats {often} times a day; accepted: up to {_MOST_A_DAY}")
    months, days = rule.get("BYMONTH", range(1, 13)), rule.get("BYMONTHDAY", [1])
    if not any(abs(int(day)) <= _LAST_DAYS[int(month) - 1] for month in months for day in days):
        raise wrong("RRULE names days that none of its months has")
    if frequency == "DAILY" and "BYSETPOS" in rule:
        raise wrong("RRULE counts days of a day (BYSETPOS with DAILY)")
    if "UNTIL" not in rule and "COUNT" not in rule:  # what never comes would be looked for up to the year 9999
        rule["UNTIL"] = [date(_YEARS.stop, 1, 1) if all_day else datetime(_YEARS.stop, 1, 1, tzinfo=UTC)]


def _rules(event: icalendar.Event) -> Iterator[Any]:
    for name in ("RRULE", "EXRULE"):
        found = event.get(name)
        if found is not None:
            yield from found if isinstance(found, list) else (found,)


def _span(event: icalendar.Event, zone: tzinfo) -> tuple[datetime, datetime]:
    """Start and end, aware UTC; a date is its whole day (RFC 5545, 3.6.1)."""
    start, end, length = _when(event, "DTSTART"), _when(event, "DTEND"), _when(event, "DURATION")
    if end is None:
        end = start + length if length is not None else start if isinstance(start, datetime) else start + timedelta(1)
    return _aware(start, zone, last=False), _aware(end, zone, last=True)


def _aware(moment: date, zone: tzinfo, *, last: bool) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - its zone is put to it below
    return moments.localised(moment, zone, last=last).time if moment.tzinfo is None else moment.astimezone(UTC)


def _hosts(event: icalendar.Event) -> tuple[str, ...]:
    if told := _plain(event, "X-BOOTWATCH-HOSTS"):
        return _names(told)
    if lines := _after(_HOSTS_LINE, _text(event, "DESCRIPTION")):
        return lines
    return (*_names(_text(event, "LOCATION")), *(name for text in _categories(event) for name in _names(text)))


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in _SPLIT.split(text) if _HOST.fullmatch(part)))


def _after(line: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for found in line.finditer(text) for name in _names(found["value"])))


def _categories(event: icalendar.Event) -> Iterator[str]:
    found = event.get("CATEGORIES")
    for part in found if isinstance(found, list) else (found,):
        yield from (str(category) for category in getattr(part, "cats", ()))


def _cancelled(event: icalendar.Event) -> bool:
    return _status(event) in ("cancelled", "tentative")


def _status(event: icalendar.Event) -> str:
    return _text(event, "STATUS").strip().lower()


def _title(event: icalendar.Event) -> str:
    return f"event '{' '.join((_text(event, 'SUMMARY') or _text(event, 'UID') or 'without a name').split())[:80]}'"


def _text(event: icalendar.Event, name: str) -> str:
    found = event.get(name)
    text = "\n".join(map(str, found)) if isinstance(found, list) else "" if found is None else str(found)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ", text)


def _plain(event: icalendar.Event, name: str) -> str:
    """The text of a property the library does not know, whose escapes (RFC 5545, 3.3.11) it leaves."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], _text(event, name))


def _when(event: icalendar.Event, name: str) -> Any:
    found = event.get(name)
    return getattr(found, "dt", found)


def _line_in(text: str, exc: Exception) -> int:
    """The line an error quotes, else the first."""
    quoted = re.search(r"'([^'\n]{4,})'", str(exc))
    at = text.find(quoted[1]) if quoted else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _why(exc: Exception) -> str:
    return " ".join(str(exc).split())[:200] or type(exc).__name__
