"""Splunk's HTTP Event Collector without a socket: bodies become events or one of its documented answers.

A body is taken as a whole or not at all, so that a sender that mends one event and sends the batch again doubles
nothing. Answers follow Splunk's table (Troubleshoot HTTP Event Collector, "Possible error codes").
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import msgspec

from bootwatch.events.text import encode_lossless, text_of
from bootwatch.ingest.chunk import HIDDEN
from bootwatch.ingest.jsonlines import without_surrogates

LARGEST_BODY: Final = 64 << 20
"""Of a request, unpacked."""

_RESERVED: Final = frozenset({"_raw", "_time", "_indextime", "host", "source", "sourcetype", "index", *HIDDEN})
_MOST_CHANNELS: Final = 10_000
_MOST_ACKS: Final = 100_000


class Answer(Enum):
    """HTTP status, code and text, as Splunk gives them."""

    SUCCESS = (200, 0, "Success")
    TOKEN_DISABLED = (403, 1, "Token disabled")
    TOKEN_REQUIRED = (401, 2, "Token is required")
    INVALID_AUTHORIZATION = (401, 3, "Invalid authorization")
    INVALID_TOKEN = (403, 4, "Invalid token")
    NO_DATA = (400, 5, "No data")
    INVALID_FORMAT = (400, 6, "Invalid data format")
    INCORRECT_INDEX = (400, 7, "Incorrect index")
    BUSY = (503, 9, "Server is busy")
    CHANNEL_MISSING = (400, 10, "Data channel is missing")
    CHANNEL_INVALID = (400, 11, "Invalid data channel")
    EVENT_REQUIRED = (400, 12, "Event field is required")
    EVENT_BLANK = (400, 13, "Event field cannot be blank")
    ACK_DISABLED = (400, 14, "ACK is disabled")
    FIELDS_WRONG = (400, 15, "Error in handling indexed fields")
    QUERY_TOKEN = (400, 16, "Query string authorization is not enabled")
    HEALTHY = (200, 17, "HEC is healthy")
    UNHEALTHY = (503, 18, "HEC is unhealthy, queues are full")
    SHUTTING_DOWN = (503, 23, "Server is shutting down")
    TOO_LARGE = (413, 27, "Request entity too large")
    NOT_FOUND = (404, 404, "The requested URL was not found on this server.")
    WRONG_METHOD = (405, 404, "The requested URL was not found on this server.")


class Refused(Exception):
    """A request that is not taken. ``number`` is the zero-based place of the event that is wrong."""

    def __init__(self, answer: Answer, number: int | None = None) -> None:
        super().__init__(answer.value[2])
        self.answer, self.number = answer, number


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what it may do. ``indexes``: empty allows all. ``channels``: an acknowledgement channel is needed."""

    value: str
    name: str
    channels: bool = False
    index: str = ""
    indexes: tuple[str, ...] = ()
    sourcetype: str = ""
    disabled: bool = False


def authorised(header: str | None, query: Mapping[str, str], tokens: Mapping[str, Token]) -> Token:
    """The token of a request: ``Splunk TOKEN``, or the password of HTTP Basic. Raises Refused."""
    if not header:
        given = query.get("token")
        if given is None:
            raise Refused(Answer.TOKEN_REQUIRED)
        _known(given, tokens)
        raise Refused(Answer.QUERY_TOKEN)
    scheme, _, value = header.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except ValueError:
            raise Refused(Answer.INVALID_AUTHORIZATION) from None
    elif scheme.lower() != "splunk":
        raise Refused(Answer.INVALID_AUTHORIZATION)
    if not value:
        raise Refused(Answer.INVALID_AUTHORIZATION)
    return _known(value, tokens)


def _known(value: str, tokens: Mapping[str, Token]) -> Token:
    token = tokens.get(value)
    if token is None:
        raise Refused(Answer.INVALID_TOKEN)
    if token.disabled:
        raise Refused(Answer.TOKEN_DISABLED)
    return token


def unpacked(body: bytes, encoding: str | None, largest: int = LARGEST_BODY) -> bytes:
    """The body without its gzip. Raises Refused where it is damaged, or larger than ``largest`` when unpacked."""
    if (encoding or "identity").lower() == "identity":
        return body
    if encoding is None or encoding.lower() not in ("gzip", "x-gzip"):
        raise Refused(Answer.INVALID_FORMAT)
    found = bytearray()
    try:
        while body:
            unpacker = zlib.decompressobj(31)
            found += unpacker.decompress(body, largest + 1 - len(found))
            if len(found) > largest:
                raise Refused(Answer.TOO_LARGE)
            if not unpacker.eof:
                raise Refused(Answer.INVALID_FORMAT)
            body = unpacker.unused_data
    except zlib.error:
        raise Refused(Answer.INVALID_FORMAT) from None
    return bytes(found)


def events(body: bytes, token: Token) -> list[bytes]:
    """The events of ``/event`` as JSON objects in the form Splunk exports. Raises Refused.

    Objects may stand one behind the other with or without blanks, or in one array.
    """
    if not body.strip():
        raise Refused(Answer.NO_DATA)
    whole = body.strip()
    found = _strict(whole)
    if found is not None:
        return [_event(envelope, number, token) for number, envelope in enumerate(found)]
    made = [_event(envelope, number, token) for number, envelope in enumerate(_concatenated(text_of(whole)))]
    return [encode_lossless(one.decode()) for one in made]  # bytes that are no UTF-8 go on as they came


def lines(body: bytes) -> list[bytes]:
    """The messages of ``/raw``: one a line. Raises Refused."""
    found = [line for line in (line.rstrip(b"\r") for line in body.split(b"\n")) if line]
    if not found:
        raise Refused(Answer.NO_DATA)
    return found


_DECODER: Final = msgspec.json.Decoder()
_SPACE: Final = re.compile(r"[\s,]*")
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _strict(whole: bytes) -> list[Any] | None:
    """The values of one text of JSON, or of one a line; None where it takes the lenient reader."""
    if b"\n" not in whole or whole[:1] == b"[":
        try:
            found = _DECODER.decode(whole)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
        else:
            return found if isinstance(found, list) else [found]
    try:
        return [_DECODER.decode(line) for line in whole.split(b"\n") if line.strip()]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _concatenated(text: str) -> Iterator[Any]:
    """Objects without anything between them, or spread over several lines."""
    decoder = json.JSONDecoder(strict=False)
    halves = _HALF.search(text) is not None
    at = number = 0
    while at < len(text):
        try:
            found, at = decoder.raw_decode(text, at)
            if halves:
                found = without_surrogates(found)
        except (ValueError, RecursionError):
            raise Refused(Answer.INVALID_FORMAT, number) from None
        yield from found if isinstance(found, list) else [found]
        number += len(found) if isinstance(found, list) else 1
        space = _SPACE.match(text, at)
        at = space.end() if space else at


def _event(envelope: Any, number: int, token: Token) -> bytes:
    if not isinstance(envelope, dict):
        raise Refused(Answer.INVALID_FORMAT, number)
    if "event" not in envelope:
        raise Refused(Answer.EVENT_REQUIRED, number)
    event = envelope["event"]
    if event is None or event == "" or (isinstance(event, str) and not event.strip()):
        raise Refused(Answer.EVENT_BLANK, number)
    made: dict[str, Any] = _indexed(envelope.get("fields"), number)
    made["_raw"] = event if isinstance(event, str) else msgspec.json.encode(event).decode()
    if (time := envelope.get("time")) is not None:
        made["_time"] = _time(time, number)
    for name in ("host", "source", "sourcetype", "index"):
        value = envelope.get(name)
        if value is not None:
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                raise Refused(Answer.INVALID_FORMAT, number)
            made[name] = str(value)
    index = made.get("index") or token.index
    if token.indexes and index not in token.indexes:
        raise Refused(Answer.INCORRECT_INDEX, number + 1)  # Splunk counts from one here alone
    return msgspec.json.encode(made)


def _time(value: Any, number: int) -> str:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,17}(?:\.\d{1,12})?(?:[eE]\+?\d{1,2})?", text):
        raise Refused(Answer.FIELDS_WRONG, number)
    return f"{float(text):.6f}" if "e" in text.lower() else text


def _indexed(fields: Any, number: int) -> dict[str, Any]:
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise Refused(Answer.FIELDS_WRONG, number)
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        if name in _RESERVED or any(isinstance(one, dict | list) for one in values):
            raise Refused(Answer.FIELDS_WRONG, number)
    return dict(fields)


_CHANNEL: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class Acks:
    """Acknowledgements by channel: an id for each request that was taken, told once when it is asked for."""

    _channels: dict[str, dict[int, bool]] = field(default_factory=dict)
    _next: dict[str, int] = field(default_factory=dict)

    def channel(self, header: str | None, query: Mapping[str, str], *, needed: bool) -> str | None:
        """The channel of a request. Raises Refused where one is needed and there is none, or it is no GUID."""
        given = header or query.get("channel")
        if not given:
            if needed:
                raise Refused(Answer.CHANNEL_MISSING)
            return None
        if not _CHANNEL.fullmatch(given):
            raise Refused(Answer.CHANNEL_INVALID)
        return given.lower()

    def taken(self, channel: str) -> int:
        """The id of a request whose events are synced."""
        if channel not in self._channels and len(self._channels) >= _MOST_CHANNELS:
            oldest = next(iter(self._channels))
            del self._channels[oldest], self._next[oldest]
        number = self._next.get(channel, 0)
        self._next[channel] = number + 1
        held = self._channels.setdefault(channel, {})
        if len(held) >= _MOST_ACKS:
            del held[next(iter(held))]
        held[number] = True
        return number

    def told(self, channel: str, body: bytes) -> dict[str, bool]:
        """The answer to ``{"acks": [...]}``; what was told is forgotten. Raises Refused."""
        try:
            asked = msgspec.json.decode(body)["acks"]
            numbers = dict.fromkeys(int(number) for number in asked)  # one asked for twice is told once
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise Refused(Answer.INVALID_FORMAT) from None
        held = self._channels.get(channel, {})
        return {str(number): held.pop(number, False) for number in numbers}
