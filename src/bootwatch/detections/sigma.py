"""``sigma.yml`` of a detection: Sigma rules and correlations, specification 2.1.0, read strictly.

A file is one rule, or several and the correlation of them. What we read is what our rules are made of and what can be
matched here: search identifiers that are maps, lists of maps or keywords; the modifiers of ``Modifier``; conditions of
``and``, ``or``, ``not``, ``1 of`` and ``all of``; the correlations of ``CorrelationType``. The rest is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final
from uuid import UUID

from bootwatch.detections.attack import Attack, AttackNameError
from bootwatch.detections.sigma_condition import Condition, read_condition
from bootwatch.documents.entry import Entry
from bootwatch.match.pattern import Pattern
from bootwatch.match.regex import RegexError


class Modifier(StrEnum):
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"
    RE = "re"
    IGNORE_CASE = "i"
    ALL = "all"
    EXISTS = "exists"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


class Level(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class RuleStatus(StrEnum):
    STABLE = "stable"
    TEST = "test"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    UNSUPPORTED = "unsupported"


class Relation(StrEnum):
    DERIVED = "derived"
    OBSOLETE = "obsolete"
    MERGED = "merged"
    RENAMED = "renamed"
    SIMILAR = "similar"


class CorrelationType(StrEnum):
    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a map; ``field`` is None for keywords. ``patterns`` are its values where they are expressions."""

    field: str | None
    modifiers: tuple[Modifier, ...]
    values: tuple[str, ...]
    patterns: tuple[Pattern, ...]


Search = tuple[tuple[Item, ...], ...]
"""Alternatives, each of items that must all match."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What rules and correlations both say of themselves."""

    title: str
    id: UUID
    name: str | None
    description: str | None
    level: Level | None
    tags: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    meta: Meta
    logsource: Mapping[str, str]
    searches: Mapping[str, Search]
    condition: Condition


@dataclass(frozen=True, slots=True)
class Correlation:
    """``rules`` are titles, names or ids of the file's rules; ``counts`` such as ``{"gte": 3}``."""

    meta: Meta
    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: timedelta
    counts: Mapping[str, int]
    field: str | None


@dataclass(frozen=True, slots=True)
class SigmaFile:
    """``path`` is the file; its last document is the outermost one, the verdict."""

    path: str
    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]

    @property
    def outermost(self) -> Rule | Correlation:
        """The correlation no other one refers to, else the one rule."""
        return self.correlations[-1] if self.correlations else self.rules[-1]

    @property
    def fields(self) -> frozenset[str]:
        """Every field a rule looks at or a correlation groups by."""
        searches = (search for rule in self.rules for search in rule.searches.values())
        looked_at = {item.field for search in searches for items in search for item in items if item.field}
        grouped = {field for correlation in self.correlations for field in correlation.group_by}
        return frozenset(looked_at | grouped | {each.field for each in self.correlations if each.field})


def read_sigma(file: Traversable, attack: Attack) -> SigmaFile:
    """Raises ContentError with the file, the line and what would be accepted."""
    entries = Entry.read_all(file)
    rules: list[Rule] = []
    correlations: list[Correlation] = []
    for entry in entries:
        meta = _meta(entry, attack)
        if entry.has("correlation"):
            correlations.append(_correlation(entry, meta, [*rules, *correlations]))
        else:
            rules.append(_rule(entry, meta))
        entry.done()
    found = SigmaFile(str(file), tuple(rules), tuple(correlations))
    _check(entries, found)
    return found


def _check(entries: tuple[Entry, ...], found: SigmaFile) -> None:
    """Ids and names are each their own, several rules are joined, and the verdict says what an analyst needs."""
    seen: dict[str, int] = {}
    everything: list[Rule | Correlation] = [*found.rules, *found.correlations]
    metas = [document.meta for document in everything]
    for entry, meta in zip(entries, sorted(metas, key=lambda meta: meta.line), strict=True):
        for name in (str(meta.id), meta.name):
            if name is not None and name in seen:
                raise entry.error("id" if name == str(meta.id) else "name", f"'{name}' stands on line {seen[name]} too")
            if name is not None:
                seen[name] = meta.line
    if len(found.rules) > 1 and not found.correlations:
        raise entries[-1].error("title", "several rules need a correlation that joins them, found none")
    used = {name for correlation in found.correlations for name in correlation.rules}
    for document in everything:
        meta = document.meta
        if document is not found.outermost and not used & {str(meta.id), meta.name}:
            entry = next(entry for entry in entries if entry.line == meta.line)
            raise entry.error("title", f"nothing refers to the rule '{meta.title}'")
    outermost = found.outermost.meta
    last = next(entry for entry in entries if entry.line == outermost.line)
    if outermost.level is None:
        raise last.error("title", "the outermost rule needs a 'level'")
    if not any(tag.startswith("attack.t") for tag in outermost.tags):
        raise last.error("tags", "the outermost rule needs a technique among its tags, such as attack.t1601.001")


def _meta(entry: Entry, attack: Attack) -> Meta:
    title = entry.text("title")
    if len(title) > 256:
        raise entry.error("title", "'title' is longer than 256 characters")
    ident = entry.uuid("id")
    if entry.has("status"):
        entry.choice("status", RuleStatus)
    for key in ("author", "license", "taxonomy"):
        entry.optional_text(key)
    for related in entry.entries("related") if entry.has("related") else ():
        related.uuid("id")
        related.choice("type", Relation)
        related.done()
    for key in ("date", "modified"):
        if entry.has(key):
            entry.date(key)
    for key in ("references", "fields", "scope"):
        entry.optional_texts(key)
    entry.optional_texts("falsepositives", one=True)
    tags = entry.optional_texts("tags")
    for tag in tags:
        _tag(entry, tag, attack)
    return Meta(
        title=title,
        id=ident,
        name=entry.optional_text("name"),
        description=entry.optional_text("description"),
        level=entry.choice("level", Level) if entry.has("level") else None,
        tags=tags,
        line=entry.line,
    )


def _tag(entry: Entry, tag: str, attack: Attack) -> None:
    """ATT&CK tags are written as this version of ATT&CK has them; other namespaces are let through."""
    if not re.fullmatch(r"[a-z0-9_-]+\.[a-z0-9._-]+", tag):
        raise entry.error("tags", f"'{tag}' is no tag; accepted: lower case, such as attack.t1601.001")
    kind, _, name = tag.partition(".")
    if kind != "attack":
        return
    try:
        if re.fullmatch(r"t[0-9]{4}(?:\.[0-9]{3})?", name):
            current = f"attack.{attack.technique(name).id.lower()}"
        else:
            tactics = attack.tactics_named(name)
            current = " or ".join(f"attack.{tactic.shortname}" for tactic in tactics)
    except AttackNameError as exc:
        raise entry.error("tags", str(exc)) from exc
    if tag != current:
        raise entry.error("tags", f"'{tag}' is of an earlier version; in ATT&CK v{attack.version} it is {current}")


def _rule(entry: Entry, meta: Meta) -> Rule:
    source = entry.entry("logsource")
    logsource = {key: source.text(key) for key in ("category", "product", "service", "definition") if source.has(key)}
    source.done()
    if not logsource.keys() & {"category", "product", "service"}:
        raise entry.error("logsource", "'logsource' needs 'category', 'product' or 'service'")
    detection = entry.entry("detection")
    text = detection.text("condition")
    names = [key for key in detection.names() if key != "condition"]
    for name in names:
        if not re.fullmatch(
            r"(?!and|or|not|all|them)[A-Za-z_][A-Za-z0-9_]*", name
        ):  # other readers take not_x for not x
            message = (
                f"'{name}' is no name; accepted: letters, digits and '_', not beginning as a word of a condition does"
            )
            raise detection.error(name, message)
    searches = {name: _search(detection, name) for name in names}
    condition = read_condition(text, names, detection)
    return Rule(meta, logsource, searches, condition)


def _search(detection: Entry, name: str) -> Search:
    if detection.is_entry(name):
        return (_items(detection.entry(name)),)
    if detection.is_entries(name):
        return tuple(_items(alternative) for alternative in detection.entries(name))
    return ((Item(None, (), detection.literals(name), ()),),)


def _items(entry: Entry) -> tuple[Item, ...]:
    found = []
    for key in entry.names():
        field, *written = key.split("|")
        modifiers = tuple(_modifier(entry, key, name) for name in written)
        values = entry.literals(key)
        patterns: tuple[Pattern, ...] = ()
        if Modifier.RE in modifiers:
            insensitive = "(?i)" if Modifier.IGNORE_CASE in modifiers else ""
            patterns = tuple(_pattern(entry, key, insensitive + value) for value in values)
        if Modifier.EXISTS in modifiers and values not in (("true",), ("false",)):
            raise entry.error(key, f"'{key}' is {', '.join(values)}; accepted: true, false")
        if modifiers and modifiers[0] in _NUMERIC and not all(re.fullmatch(r"-?\d+(?:\.\d+)?", v) for v in values):
            raise entry.error(key, f"'{key}' should be a number")
        found.append(Item(field or None, modifiers, values, patterns))
    if not found:
        raise entry.error("", "a search identifier should hold fields, found none")
    return tuple(found)


_NUMERIC: Final = (Modifier.GT, Modifier.GTE, Modifier.LT, Modifier.LTE)


def _modifier(entry: Entry, key: str, name: str) -> Modifier:
    try:
        return Modifier(name)
    except ValueError:
        raise entry.error(key, f"modifier '{name}' is not read; accepted: {', '.join(Modifier)}") from None


def _pattern(entry: Entry, key: str, text: str) -> Pattern:
    try:
        return Pattern.of(text)
    except RegexError as exc:
        raise entry.error(key, f"'{key}' has a wrong expression: {exc}: {text}") from exc


def _correlation(entry: Entry, meta: Meta, before: list[Rule | Correlation]) -> Correlation:
    known = {name for document in before for name in (str(document.meta.id), document.meta.name) if name}
    inner = entry.entry("correlation")
    kind = inner.choice("type", CorrelationType)
    rules = inner.texts("rules")
    for name in rules:
        if name not in known:
            raise inner.error("rules", f"no rule '{name}' above; accepted: the name or id of a rule of this file")
    span = inner.text("timespan")
    written = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", span)
    if written is None:
        raise inner.error("timespan", f"'timespan' is '{span}'; accepted: a whole number of s, m, h or d, such as 24h")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[written[2]]
    counts, field = _counts(inner, kind)
    if entry.has("generate"):
        entry.boolean("generate")
    correlation = Correlation(
        meta, kind, rules, inner.texts("group-by"), timedelta(**{unit: int(written[1])}), counts, field
    )
    inner.done()
    return correlation


def _counts(inner: Entry, kind: CorrelationType) -> tuple[dict[str, int], str | None]:
    counted = kind in (CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT)
    if not counted and not inner.has("condition"):
        return {}, None
    condition = inner.entry("condition")
    counts = {key: condition.integer(key, 0, 1_000_000) for key in _COMPARISONS if condition.has(key)}
    field = condition.text("field") if kind is CorrelationType.VALUE_COUNT else None
    condition.done()
    if not counts:
        raise inner.error("condition", f"'condition' needs one of {', '.join(_COMPARISONS)}")
    return counts, field


_COMPARISONS: Final = ("gt", "gte", "lt", "lte", "eq")
