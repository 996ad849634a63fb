"""Which of some events a Sigma file names: rules event by event, correlations by group and time.

For samples, a handful of events each; logs are searched in SPL. Values are compared without case and may hold ``*`` and
``?``, expressions keep their case, as the specification says. A field of several values matches where one of them does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from bootwatch.detections.sigma import Correlation, CorrelationType, Item, Modifier, Rule, Search, SigmaFile
from bootwatch.detections.sigma_condition import All, AnyOf, Condition, Named, Not

Value = str | int | float | Sequence[str | int | float]


@dataclass(frozen=True, slots=True)
class SigmaEvent:
    """``time`` is epoch seconds; ``fields`` without what is null; keywords are looked for in ``raw``."""

    time: float
    raw: str
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Hit:
    """One match of a rule or a correlation, at the event that completed it."""

    time: float
    event: SigmaEvent


def matches(file: SigmaFile, events: Iterable[SigmaEvent]) -> list[SigmaEvent]:
    """The events at which the file's outermost rule is complete, in the order of time."""
    ordered = sorted(events, key=lambda event: event.time)
    hits: dict[str, list[_Hit]] = {}
    for rule in file.rules:
        found = [_Hit(event.time, event) for event in ordered if rule_matches(rule, event)]
        _keep(hits, rule, found)
    for correlation in file.correlations:
        _keep(hits, correlation, _correlated(correlation, hits))
    return [hit.event for hit in hits[str(file.outermost.meta.id)]]


def rule_matches(rule: Rule, event: SigmaEvent) -> bool:
    """Whether a single event is what the rule looks for."""
    return _holds(rule.condition, rule.searches, event)


def _keep(hits: dict[str, list[_Hit]], document: Rule | Correlation, found: list[_Hit]) -> None:
    hits[str(document.meta.id)] = found
    if document.meta.name is not None:
        hits[document.meta.name] = found


def _holds(condition: Condition, searches: Mapping[str, Search], event: SigmaEvent) -> bool:
    match condition:
        case Named(name):
            return any(all(_item(item, event) for item in alternative) for alternative in searches[name])
        case Not(of):
            return not _holds(of, searches, event)
        case All(of):
            return all(_holds(part, searches, event) for part in of)
        case AnyOf(of):
            return any(_holds(part, searches, event) for part in of)
        case _:
            assert_never(condition)


def _item(item: Item, event: SigmaEvent) -> bool:
    values = [event.raw] if item.field is None else _values(event, item.field)
    if Modifier.EXISTS in item.modifiers:
        return bool(values) is (item.values == ("true",))
    if item.patterns:
        tests = [any(pattern.finds(value) for value in values) for pattern in item.patterns]
    else:
        tests = [any(_value(item, wanted, value) for value in values) for wanted in item.values]
    return all(tests) if Modifier.ALL in item.modifiers else any(tests)


def _values(event: SigmaEvent, field: str) -> list[str]:
    value = event.raw if field == "_raw" else event.fields.get(field)
    if value is None:
        return []
    return (
        [value] if isinstance(value, str) else [str(value)] if isinstance(value, int | float) else list(map(str, value))
    )


def _value(item: Item, wanted: str, value: str) -> bool:
    for modifier in item.modifiers:
        if modifier in (Modifier.GT, Modifier.GTE, Modifier.LT, Modifier.LTE):
            return _compared(modifier, value, float(wanted))
    before = "*" if item.field is None or {Modifier.CONTAINS, Modifier.ENDSWITH} & {*item.modifiers} else ""
    after = "*" if item.field is None or {Modifier.CONTAINS, Modifier.STARTSWITH} & {*item.modifiers} else ""
    return _like(before + wanted.lower() + after, value.lower())


def _compared(modifier: Modifier, value: str, wanted: float) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    if modifier is Modifier.GT:
        return number > wanted
    if modifier is Modifier.GTE:
        return number >= wanted
    return number < wanted if modifier is Modifier.LT else number <= wanted


def _like(pattern: str, text: str) -> bool:
    """``*`` any text, ``?`` one character, a backslash before either or before a backslash takes its meaning away."""
    parts = _parts(pattern)
    at, start, retry = 0, 0, None  # a position in the parts and in the text, and where the last * may be taken longer
    while start < len(text):
        part = parts[at] if at < len(parts) else None
        if part == "*":
            retry, at = (at, start), at + 1
        elif part is not None and (part == "?" or part == (text[start],)):
            at, start = at + 1, start + 1
        elif retry is not None:
            retry = (retry[0], retry[1] + 1)
            at, start = retry[0] + 1, retry[1]
        else:
            return False
    return all(part == "*" for part in parts[at:])


def _parts(pattern: str) -> list[str | tuple[str]]:
    """Wildcards as texts, characters in tuples."""
    parts: list[str | tuple[str]] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            parts.append((pattern[at + 1],))
            at += 2
            continue
        parts.append(character if character in "*?" else (character,))
        at += 1
    return parts


def _correlated(correlation: Correlation, hits: Mapping[str, list[_Hit]]) -> list[_Hit]:
    """Where, group by group, the correlation is complete: at every hit that completes it looking back."""
    groups: dict[tuple[str, ...], list[tuple[_Hit, str]]] = {}
    for name in correlation.rules:
        for hit in hits[name]:
            key = tuple("\0".join(_values(hit.event, field)) for field in correlation.group_by)
            if all(key):
                groups.setdefault(key, []).append((hit, name))
    found = []
    for members in groups.values():
        members.sort(key=lambda member: member[0].time)
        for at, (hit, _) in enumerate(members):
            earliest = hit.time - correlation.timespan.total_seconds()
            within = [member for member in members[: at + 1] if member[0].time >= earliest]
            if _complete(correlation, within):
                found.append(hit)
    return sorted(found, key=lambda hit: hit.time)


def _complete(correlation: Correlation, within: Sequence[tuple[_Hit, str]]) -> bool:
    match correlation.type:
        case CorrelationType.EVENT_COUNT:
            return _counted(correlation, len(within))
        case CorrelationType.VALUE_COUNT:
            field = correlation.field or ""
            return _counted(correlation, len({value for hit, _ in within for value in _values(hit.event, field)}))
        case CorrelationType.TEMPORAL:
            return {name for _, name in within} == {*correlation.rules}
        case CorrelationType.TEMPORAL_ORDERED:
            wanted = iter(within)  # the rules as a subsequence of the hits, and the last hit the last rule's
            return within[-1][1] == correlation.rules[-1] and all(
                any(name == rule for _, name in wanted) for rule in correlation.rules
            )
        case _:
            assert_never(correlation.type)


def _counted(correlation: Correlation, number: int) -> bool:
    tests = {
        "gt": number.__gt__,
        "gte": number.__ge__,
        "lt": number.__lt__,
        "lte": number.__le__,
        "eq": number.__eq__,
    }
    return all(tests[name](wanted) for name, wanted in correlation.counts.items())
