"""JSON lines: events as Splunk exports them, and objects of any other kind.

An object with ``_raw``, or ``{"result": {…}}`` around one, is an event as Splunk exports it: ``_time host source
sourcetype index`` are taken as given, an array is a multivalue field. Any other object is an event whose ``_raw`` is
the line; its scalars are fields, nested objects have dotted names, arrays are ``name{}`` as Splunk's own extraction
calls them, and the usual time keys give its ``_time``. Numbers keep the digits they were written with; null is absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.errors import InputError
from bootwatch.events.fields import EVENT_FIELDS, HOST, INDEX, INDEXTIME, RAW, SOURCE, SOURCETYPE, TIME
from bootwatch.events.source import ScanReport
from bootwatch.events.text import text_of
from bootwatch.ingest.blocks import Block, Cutter
from bootwatch.ingest.chunk import HIDDEN, Chunk
from bootwatch.ingest.inputs import Content
from bootwatch.ingest.sniff import BOM
from bootwatch.ingest.textlog import BLANK, OVERSIZED
from bootwatch.ingest.values import epoch_of
from bootwatch.match.scan import Scanner

PLAIN_SOURCETYPE: Final = "_json"
"""The sourcetype of an object that is no exported event, as Splunk names it."""

NOT_JSON: Final = "line that is not JSON"
NOT_AN_OBJECT: Final = "JSON line that is not an object"
NO_RAW: Final = "event with an empty _raw"

_TIME_KEYS: Final = (TIME, "@timestamp", "timestamp", "time", "eventTime", "ts")
_GIVEN: Final = (HOST, SOURCE, SOURCETYPE, INDEX)
_WRAPPER: Final = frozenset({"preview", "offset", "lastrow", "result"})
_CHUNK_ROWS: Final = 8192
_DEEPEST: Final = 64

_EXPORT_KEYS: Final = frozenset({*EVENT_FIELDS, *HIDDEN})
_CUTTER: Final = Cutter()
_DECODER: Final = msgspec.json.Decoder(float_hook=str)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPE_LEAD: Final = b"\xf4\x8f"


@dataclass(frozen=True, slots=True)
class _Event:
    """``is_message``: the text is the sender's message. ``exported``: the fields are Splunk's own, not raw JSON."""

    raw: str
    fields: Mapping[str, Any]
    is_message: bool
    exported: bool
    line: int
    start: int


def read(
    content: Content, own: Mapping[str, bool], extra: frozenset[str], zone: tzinfo, scanner: Scanner, report: ScanReport
) -> Iterator[Chunk]:
    """The surviving events, in order. What was read before an InputError comes before it.

    ``own`` are the fields to bring along (true: multivalue), ``extra`` header fields an event may give itself.
    """
    first_line = 1
    for block in _CUTTER.of(content.reader):
        report.bytes += block.end - block.begin
        if block.oversized:
            report.reject(OVERSIZED, block.oversized)
        events, count = _events(block, first_line, report)
        first_line += count
        report.lines += count
        report.events += len(events)
        for at in range(0, len(events), _CHUNK_ROWS):
            chunk = _chunk(events[at : at + _CHUNK_ROWS], own, extra, zone).candidates(scanner)
            report.candidates += len(chunk)
            if len(chunk):
                yield chunk


def own_fields(content: Content) -> dict[str, bool]:
    """Every further field of the file, and whether it ever holds several values. Damage is left to :func:`read`."""
    found: dict[str, bool] = {}
    try:
        for block in _CUTTER.of(content.reader):
            for event in _events(block, 1, ScanReport())[0]:
                for name, values in _flat(event).items():
                    found[name] = found.get(name, False) or len(values) > 1
    except InputError:
        pass
    return {name: several for name, several in found.items() if name not in _EXPORT_KEYS}


def objects(
    lines: Sequence[bytes], own: Mapping[str, bool], extra: frozenset[str], zone: tzinfo
) -> tuple[Chunk, list[str]]:
    """Objects that are already apart, numbered from 0 in ``order``, and why those are missing that are no event."""
    events: list[_Event] = []
    reasons: list[str] = []
    for number, line in enumerate(lines):
        event = _event(line, number, number)
        if isinstance(event, str):
            reasons.append(event)
        else:
            events.append(event)
    return _chunk(events, own, extra, zone), reasons


def fields_of(lines: Iterable[bytes]) -> dict[str, bool]:
    """Every further field of these objects, and whether it ever holds several values."""
    found: dict[str, bool] = {}
    for line in lines:
        event = _event(line, 1, 0)
        if isinstance(event, _Event):
            for name, values in _flat(event).items():
                found[name] = found.get(name, False) or len(values) > 1
    return {name: several for name, several in found.items() if name not in _EXPORT_KEYS}


def _events(block: Block, first_line: int, report: ScanReport) -> tuple[list[_Event], int]:
    """The events of a block, and how many lines it had."""
    data = bytes(block.data[block.begin : block.end])
    start = block.offset + block.begin
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    events: list[_Event] = []
    number = first_line
    for line in lines:
        text = line.rstrip(b"\r")
        if start == 0:
            text = text.removeprefix(BOM)
        event = _event(text, number, start) if text.strip() else BLANK
        if isinstance(event, str):
            report.reject(event)
        else:
            events.append(event)
        start += len(line) + 1
        number += 1
    return events, len(lines) + block.skipped_lines


def _event(line: bytes, number: int, start: int) -> _Event | str:
    """The event of a line, or why it is none."""
    try:
        found = _decoded(line)
    except (ValueError, RecursionError):
        return NOT_JSON
    if not isinstance(found, dict):
        return NOT_AN_OBJECT
    inner = found.get("result")
    fields: dict[str, Any] = found
    exported = False
    if isinstance(inner, dict) and found.keys() <= _WRAPPER:
        fields, exported = inner, True
    raw = _raw(fields.get(RAW))
    if raw is None:
        return _Event(text_of(line), fields, is_message=False, exported=exported, line=number, start=start)
    return _Event(raw, fields, is_message=True, exported=True, line=number, start=start) if raw else NO_RAW


def _decoded(line: bytes) -> Any:
    """The value of a line. Raises ValueError or RecursionError.

    The strict decoder refuses what devices and scripts do send: control characters, bytes that are not UTF-8, halves of
    surrogate pairs, NaN. The lenient one takes them.
    """
    if _ESCAPE_LEAD not in line:
        try:
            return _DECODER.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    return without_surrogates(json.loads(text_of(line), strict=False, parse_float=str, parse_constant=str))


def without_surrogates(value: Any) -> Any:
    """A value of JSON whose halves of surrogate pairs, which are no text, became what :func:`text_of` makes of them."""
    match value:
        case str():
            return _SURROGATE.sub(lambda half: text_of(half[0].encode("utf-8", "surrogatepass")), value)
        case list():
            return [without_surrogates(item) for item in value]
        case dict():
            return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
        case _:
            return value


def _raw(value: Any) -> str | None:
    match value:
        case None:
            return None
        case list() if all(isinstance(item, str) for item in value):
            return "\n".join(value)
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _flat(event: _Event) -> dict[str, list[str]]:
    """The fields of an event by their dotted names, each with its values; a null gives none."""
    flat: dict[str, list[str]] = {}
    _flatten(event.fields, "", "" if event.exported else "{}", flat, _DEEPEST)
    return flat


def _flatten(fields: Mapping[str, Any], prefix: str, mark: str, flat: dict[str, list[str]], depth: int) -> None:
    """``mark`` follows the name of an array. Below ``depth`` levels the rest is kept as JSON text."""
    for key, value in fields.items():
        name = prefix + key
        items = value if isinstance(value, list) else [value]
        if isinstance(value, list):
            name += mark
        for item in items:
            if isinstance(item, dict) and depth:
                _flatten(item, f"{name}.", mark, flat, depth - 1)
            elif isinstance(item, list | dict):
                flat.setdefault(name, []).append(json.dumps(item, ensure_ascii=False))
            elif item is not None:
                flat.setdefault(name, []).append(_scalar(item))


def _chunk(events: list[_Event], own: Mapping[str, bool], extra: frozenset[str], zone: tzinfo) -> Chunk:
    given: dict[str, pa.Array] = {}
    for name in _GIVEN:
        given[name] = pa.array([_first(event.fields.get(name)) for event in events], type=pa.string())
    given[TIME] = epoch_of(pa.array([_time_text(event) for event in events], type=pa.string()), zone)
    stamps = pa.array([_first(event.fields.get(INDEXTIME)) for event in events], type=pa.string())
    given[INDEXTIME] = epoch_of(stamps, zone)
    if own or extra:
        flat = [_flat(event) for event in events]
        for name, several in own.items():
            if several:
                given[name] = pa.array([fields.get(name) for fields in flat], type=pa.list_(pa.string()))
            else:
                given[name] = pa.array([fields.get(name, _ABSENT)[0] for fields in flat], type=pa.string())
        for name in extra:
            given[name] = pa.array([fields.get(name, _ABSENT)[0] for fields in flat], type=pa.string())
    is_message = pa.array([event.is_message for event in events])
    plain = pc.if_else(is_message, pa.scalar(None, pa.string()), pa.scalar(PLAIN_SOURCETYPE))
    return Chunk(
        raw=pa.array([event.raw for event in events], type=pa.string()),
        order=np.array([event.start for event in events], dtype=np.int64),
        line=pa.array([event.line for event in events], type=pa.int64()),
        given=given,
        is_message=is_message,
        otherwise={SOURCETYPE: plain},
    )


_ABSENT: Final[list[str | None]] = [None]


def _first(value: Any) -> str | None:
    """A given value as text; of several the first; an object is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None or isinstance(value, list | dict) else _scalar(value)


def _time_text(event: _Event) -> str | None:
    if event.is_message:
        return _first(event.fields.get(TIME))
    return next((text for key in _TIME_KEYS if (text := _first(event.fields.get(key))) is not None), None)
