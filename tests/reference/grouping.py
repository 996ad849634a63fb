"""Commands that need all rows of a group: stats, eventstats, top and rare (semantics D)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from .aggregates import Aggregate, known, natural, write
from .clock import Clock
from .evaluate import check
from .grammar import parse_expression
from .streaming import expression_names
from .text import QUOTED, closing, field_matches, glob
from .values import ReferenceError_, Row, values_of
from .words import Command, columns, command, name, options, truth, whole, words

Groups = dict[tuple[str, ...], list[Row]]


@dataclass(frozen=True, slots=True)
class _Stats:
    aggregates: list[Aggregate]
    by: list[str]
    options: dict[str, str]

    def expanded(self, rows: list[Row]) -> list[Aggregate]:
        """Aggregates with ``func(*x)`` written out over the fields there are."""
        found = []
        for one in self.aggregates:
            if one.field is None or "*" not in one.field:
                found.append(one)
                continue
            for field in sorted(f for f in columns(rows) if field_matches(one.field, f) and f not in self.by):
                parts = re.fullmatch(glob(one.field).replace(".*", "(.*)"), field, re.DOTALL)
                output = f"{one.function}({field})"
                if (
                    parts is not None
                    and one.output.count("*") == one.field.count("*")
                    and one.output != str(one.function)
                ):
                    pieces = one.output.split("*")
                    output = "".join(p + g for p, g in zip(pieces, [*parts.groups(), ""], strict=True))
                found.append(Aggregate(one.function, field, None, output))
        return found


_FUNCTION = re.compile(r"[\s,]*([A-Za-z_]+\d*(?:\.\d+)?)\s*(\()?")
_AS = re.compile(rf"\s+AS\s+(?P<name>{QUOTED}|'[^']*'|[^\s,()]+)", re.IGNORECASE)
_BY = re.compile(r"\s+BY\s+(?P<list>.*)", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(
    r"\s*(?P<name>allnum|delim|partitions|dedup_splitvals)\s*=\s*(?P<value>\"[^\"]*\"|\S+)", re.IGNORECASE
)


def _parse(text: str) -> _Stats:
    taken: dict[str, str] = {}
    while (option := _OPTION.match(text)) is not None:
        taken[option["name"].lower()] = option["value"]
        text = text[option.end() :]
    found: list[Aggregate] = []
    by: list[str] = []
    at = 0
    while at < len(text.rstrip(", \n\t")):
        clause = _BY.match(text, at)
        if clause is not None:
            by = _by(clause["list"], taken)
            break
        form = _FUNCTION.match(text, at)
        if form is None:
            raise ReferenceError_(f"cannot read the aggregate {text[at:]!r}")
        start, at = form.start(1), form.end(1)
        inner = None
        if form[2]:
            end = closing(text, form.end() - 1)
            inner, at = text[form.end() : end].strip(), end + 1
        spelled = text[start:at]
        alias = _AS.match(text, at)
        if alias is not None:
            at = alias.end()
        found.append(_aggregate(form[1].lower(), inner, name(alias["name"]) if alias else spelled))
    if not found:
        raise ReferenceError_("stats needs an aggregate")
    pairs = [(a.function, a.field) for a in found if a.node is None]
    if len(set(pairs)) < len(pairs):
        raise ReferenceError_("the same field is aggregated twice by one function")
    return _Stats(found, by, taken)


def _by(text: str, taken: dict[str, str]) -> list[str]:
    split, rest = options(words(text), "dedup_splitvals")
    taken.update(split)
    by = [name(word) for word in rest]
    if not by or any("*" in field for field in by):
        raise ReferenceError_("BY takes field names without wildcards")
    return by


def _aggregate(function: str, inner: str | None, output: str) -> Aggregate:
    if not known(function):
        raise ReferenceError_(f"The argument '{output}' is invalid: unknown aggregate {function!r}")
    function = "count" if function == "c" else function
    if not inner:
        if function != "count":
            raise ReferenceError_(f"{function} without a field is outside this evaluator")
        return Aggregate("count", None, None, "count" if output in ("c", "c()", "count()") else output)
    if re.match(r"eval\s*\(", inner):
        node = parse_expression(inner[inner.index("(") + 1 : closing(inner, inner.index("("))])
        check(node)
        return Aggregate(function, None, node, output)
    return Aggregate(function, name(inner), None, output)


def _grouped(rows: list[Row], by: list[str], *, distinct: bool = False) -> Groups:
    """Rows per combination of BY values in natural order; a multivalue puts its row in once per value."""
    groups: Groups = {}
    for row in rows:
        for key in _combinations(row, by, distinct=distinct):
            groups.setdefault(key, []).append(row)
    return dict(sorted(groups.items(), key=lambda item: [natural(value) for value in item[0]]))


def _combinations(row: Row, by: list[str], *, distinct: bool = False) -> list[tuple[str, ...]]:
    values = [values_of(row, field) for field in by]
    return list(product(*(list(dict.fromkeys(v)) if distinct else v for v in values)))


def _names(stats: _Stats, clock: Clock) -> frozenset[str]:
    read = {a.field for a in stats.aggregates if a.field is not None} | set(stats.by)
    for aggregate in stats.aggregates:
        if aggregate.node is not None:
            read |= expression_names(aggregate.node, clock)
    return frozenset(read)


@command("stats")
def _stats(text: str, clock: Clock) -> Command:
    stats = _parse(text)
    all_numeric = truth(stats.options, "allnum", False)
    distinct = truth(stats.options, "dedup_splitvals", False)

    def run(rows: list[Row]) -> list[Row]:
        aggregates = stats.expanded(rows)
        out: list[Row] = []
        groups = _grouped(rows, stats.by, distinct=distinct) if stats.by else {(): rows}
        for key, members in groups.items():
            row: Row = dict(zip(stats.by, key, strict=True))
            write(aggregates, members, row, clock, all_numeric=all_numeric)
            if row:
                out.append(row)
        return out

    return Command(run, _names(stats, clock))


@command("eventstats")
def _eventstats(text: str, clock: Clock) -> Command:
    stats = _parse(text)
    all_numeric = truth(stats.options, "allnum", False)

    def run(rows: list[Row]) -> list[Row]:
        aggregates = stats.expanded(rows)
        groups = _grouped(rows, stats.by) if stats.by else {(): rows}
        results: dict[tuple[str, ...], Row] = {}
        for key, members in groups.items():
            results[key] = {}
            write(aggregates, members, results[key], clock, all_numeric=all_numeric)
        out = []
        for row in rows:
            keys = _combinations(row, stats.by)
            out.append({**row, **results[keys[0]]} if keys else row)
        return out

    return Command(run, _names(stats, clock))


@command("top")
def _top(text: str, clock: Clock) -> Command:
    return _frequent(text, rarest=False)


@command("rare")
def _rare(text: str, clock: Clock) -> Command:
    return _frequent(text, rarest=True)


def _frequent(text: str, *, rarest: bool) -> Command:
    """Rows by count, ties in the order of their values; percent has six decimals."""
    known_options = ("limit", "showcount", "showperc", "countfield", "percentfield", "useother", "otherstr")
    taken, rest = options(words(text), *known_options)
    limit = whole(taken.get("limit", "10"))
    if rest and rest[0].isdigit():
        limit = whole(rest.pop(0))
    cut = next((at for at, word in enumerate(rest) if word.upper() == "BY"), len(rest))
    fields, by = [name(w) for w in rest[:cut]], [name(w) for w in rest[cut + 1 :]]
    count_field, percent_field = taken.get("countfield", "count"), taken.get("percentfield", "percent")
    show_count, show_percent = truth(taken, "showcount", True), truth(taken, "showperc", True)
    use_other = truth(taken, "useother", False)
    if not fields or (cut < len(rest) and not by):
        raise ReferenceError_("top and rare need a field")

    def line(key: tuple[str, ...], values: tuple[str, ...], count: int, whole_count: int) -> Row:
        row: Row = dict(zip(by + fields, key + values, strict=True))
        if show_count:
            row[count_field] = str(count)
        if show_percent:
            row[percent_field] = f"{100 * count / whole_count:.6f}"
        return row

    def run(rows: list[Row]) -> list[Row]:
        out: list[Row] = []
        for key, members in (_grouped(rows, by) if by else {(): rows}).items():
            counts = {values: len(held) for values, held in _grouped(members, fields).items()}
            total = sum(counts.values())
            ranked = sorted(counts.items(), key=lambda item: item[1] if rarest else -item[1])
            shown = ranked[:limit] if limit else ranked
            out += [line(key, values, count, total) for values, count in shown]
            left = total - sum(count for _, count in shown)
            if use_other and left:
                out.append(line(key, (taken.get("otherstr", "OTHER"),) * len(fields), left, total))
        return out

    return Command(run, frozenset(fields + by))
