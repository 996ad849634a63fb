"""A whole search: where its rows come from, then one command after the other (semantics A1, B3, B5, D makeresults)."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from zoneinfo import ZoneInfo

from . import binning, grouping, ordering, streaming  # noqa: F401  # each registers its commands
from .clock import Clock
from .terms import parse_search
from .text import field_matches, stages
from .values import ReferenceError_, Row, parse_number, show_float
from .words import COMMANDS, Command, options, truth, whole, words

Event = dict[str, object]


def run(spl: str, events: list[Event], *, now: float, tz: str = "UTC") -> list[Row]:
    """Rows a search gives over events in order of arrival.

    ``now`` is epoch seconds, ``tz`` the user's zone. An event maps names to text, a number or a list of texts; None
    is a missing field. Rows come back in order, absent fields missing, values text or lists of at least two texts;
    after ``table`` the keys of a row stand in column order. Raises ``ReferenceError_`` where the search is refused.
    """
    clock = Clock(now, ZoneInfo(tz))
    first, *rest = stages(spl)
    if not first:
        if not rest or _split(rest[0])[0] not in ("makeresults", "search"):
            raise ReferenceError_("the first command has to produce rows")
        first, *rest = rest
        generates = _split(first)[0] == "makeresults"
    else:
        generates = False
        if _split(first)[0] == "makeresults":
            raise ReferenceError_("makeresults has to stand behind a leading pipe")
    commands = [_parse(stage, clock) for stage in rest]
    if generates:
        rows = _makeresults(_split(first)[1], clock)
    else:
        word, after = _split(first)
        search = parse_search(after if word == "search" else first, clock)
        names = search.names.union(*(command.names for command in commands))
        rows = [row for row in _newest_first(events) if search.accepts(_extracted(row, names))]
    for command in commands:
        rows = command.run(rows)
    return rows


def _split(stage: str) -> tuple[str, str]:
    """The command's name in lower case, and its arguments."""
    found = re.match(r"[A-Za-z_]\w*(?=\s|$|[\"(])", stage)
    return (found.group().lower(), stage[found.end() :].strip()) if found else ("", stage)


def _parse(stage: str, clock: Clock) -> Command:
    word, arguments = _split(stage)
    if word == "makeresults":
        raise ReferenceError_("makeresults has to be the first command")
    if word not in COMMANDS:
        raise ReferenceError_(f"Unknown search command '{word or stage}'.")
    return COMMANDS[word](arguments, clock)


def _newest_first(events: list[Event]) -> list[Row]:
    """Rows by ``_time`` descending, of equal times the latest arrival first (U27)."""
    rows = [_row(event) for event in reversed(events)]
    return sorted(rows, key=lambda row: -_time(row))


def _time(row: Row) -> float:
    held = row.get("_time")
    number = parse_number(held) if isinstance(held, str) else None
    return -math.inf if number is None else number.value


def _row(event: Event) -> Row:
    row: Row = {}
    for field, held in event.items():
        if isinstance(held, list):
            if held:
                row[field] = str(held[0]) if len(held) == 1 else [str(v) for v in held]
        elif isinstance(held, bool):
            row[field] = "true" if held else "false"
        elif isinstance(held, int | float):
            row[field] = show_float(float(held))
        elif held is not None:
            row[field] = str(held)
    return row


_PAIR = re.compile(
    r"""(?<![\w.])([A-Za-z_][\w.\-]*)\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s,;|&"'<>(){}\[\]]+))""", re.ASCII
)


def pairs(raw: str) -> dict[str, str]:
    """Automatic key=value fields of an event's text (B3): the first of a name wins, an empty value is none."""
    found: dict[str, str] = {}
    for key, *values in _PAIR.findall(raw[:10_240]):
        value = "".join(values).strip(" ")
        key = re.sub(r"[^A-Za-z0-9]", "_", key)
        key = re.sub(r"^[_0-9]+", "", key)
        if key and value and len(found) < 100:
            found.setdefault(key, value)
    return found


def _extracted(row: Row, names: frozenset[str]) -> Row:
    """The row, given the key=value fields of its text that the search names and the event lacks."""
    raw = row.get("_raw")
    if isinstance(raw, str) and names - row.keys():
        for key, value in pairs(raw).items():
            if key not in row and any(field_matches(name, key) for name in names):
                row[key] = value
    return row


def _makeresults(text: str, clock: Clock) -> list[Row]:
    taken, rest = options(words(text), "count", "annotate", "format", "data")
    if len(rest) > 1 or (rest and "count" in taken):
        raise ReferenceError_("makeresults takes options only")
    truth(taken, "annotate", False)
    now = show_float(float(math.floor(clock.now)))
    if "format" not in taken and "data" not in taken:
        return [{"_time": now} for _ in range(whole(taken.get("count") or (rest[0] if rest else "1")))]
    if taken.keys() != {"format", "data"} or rest:
        raise ReferenceError_("makeresults takes format and data together, and nothing else with them")
    if taken["format"] == "csv":
        header, *lines = list(csv.reader(io.StringIO(taken["data"].strip()))) or [[]]
        return [{f: cell for f, cell in zip(header, line, strict=False) if cell} for line in lines if line]
    if taken["format"] != "json":
        raise ReferenceError_("format is csv or json")
    try:
        items = json.loads(taken["data"])
    except ValueError:
        return []
    return [_from_json(item, now) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _from_json(item: Event, now: str) -> Row:
    flat = {k: json.dumps(v, separators=(",", ":")) if isinstance(v, dict | list) else v for k, v in item.items()}
    return {"_raw": json.dumps(item, separators=(",", ":")), "_time": now, **_row(flat)}
