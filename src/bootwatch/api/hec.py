"""The HTTP Event Collector as an ASGI application: the door in front of :mod:`bootwatch.ingest.hec`.

Bodies are never read as forms, whatever their Content-Type says: curl and syslog-ng label JSON as a form. An answer of
success is given once the events are synced.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from bootwatch.errors import StoreError
from bootwatch.ingest import hec
from bootwatch.ingest.hec import Acks, Answer, Refused, Token
from bootwatch.store.wal import Block, Context

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Take = Callable[[Sequence[Block]], Awaitable[None]]

_ROOT: Final = "/services/collector"
_PLACES: Final = {
    "": "event",
    "/event": "event",
    "/event/1.0": "event",
    "/raw": "raw",
    "/raw/1.0": "raw",
    "/ack": "ack",
    "/ack/1.0": "ack",
    "/health": "health",
    "/health/1.0": "health",
}


class NoRoom(Exception):
    """The intake takes nothing more now."""


@dataclass(slots=True)
class Counts:
    """Since the start: requests by the code they were answered with, and events and bytes that are synced."""

    committed: int = 0
    bytes: int = 0
    codes: Counter[int] = field(default_factory=Counter)


class Collector:
    """``take`` returns once blocks are synced, and raises NoRoom or StoreError. ``has_room`` is what health reports."""

    def __init__(
        self, tokens: Mapping[str, Token], take: Take, *, has_room: Callable[[], bool], largest: int = hec.LARGEST_BODY
    ) -> None:
        self.counts = Counts()
        self.closing = False
        self._tokens, self._take, self._has_room, self._largest = dict(tokens), take, has_room, largest
        self._acks = Acks()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            status, content = await self._answer(scope, receive)
        except Refused as refused:
            status, content = _said(refused.answer, refused.number)
        self.counts.codes[content.get("code", 0)] += 1
        body = msgspec.json.encode(content)
        headers = [(b"content-type", b"application/json; charset=UTF-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        path = str(scope["path"]).rstrip("/")
        if not path.startswith(_ROOT) or (place := _PLACES.get(path[len(_ROOT) :])) is None:
            raise Refused(Answer.NOT_FOUND)
        method = scope["method"]
        if place == "health":
            if method != "GET":
                raise Refused(Answer.WRONG_METHOD)
            return _said(Answer.SHUTTING_DOWN if self.closing else self._health())
        if method != "POST":
            raise Refused(Answer.WRONG_METHOD)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        token = hec.authorised(headers.get("authorization"), query, self._tokens)
        if self.closing:
            raise Refused(Answer.SHUTTING_DOWN)
        if (
            place == "ack"
            and not token.channels
            and "x-splunk-request-channel" not in headers
            and "channel" not in query
        ):
            raise Refused(Answer.ACK_DISABLED)
        given = headers.get("x-splunk-request-channel")
        channel = self._acks.channel(given, query, needed=token.channels or place == "ack")
        body = await self._body(headers, receive)
        if place == "ack":
            return 200, {"acks": self._acks.told(channel or "", body)}
        body = hec.unpacked(body, headers.get("content-encoding"), self._largest)
        client = scope.get("client")
        peer = client[0] if client else ""
        block = _block(place, body, token, query, peer)
        try:
            await self._take([block])
        except (NoRoom, StoreError):
            raise Refused(Answer.BUSY) from None
        self.counts.committed += block.count
        self.counts.bytes += len(block.data)
        status, content = _said(Answer.SUCCESS)
        if channel is not None:
            content["ackId"] = self._acks.taken(channel)
        return status, content

    def _health(self) -> Answer:
        return Answer.HEALTHY if self._has_room() else Answer.UNHEALTHY

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._largest:
            raise Refused(Answer.TOO_LARGE)
        found = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(Answer.INVALID_FORMAT)
            found += message.get("body", b"")
            if len(found) > self._largest:
                raise Refused(Answer.TOO_LARGE)
            if not message.get("more_body"):
                return bytes(found)


def _said(answer: Answer, number: int | None = None) -> tuple[int, dict[str, Any]]:
    status, code, text = answer.value
    content: dict[str, Any] = {"text": text, "code": code}
    if number is not None:
        content["invalid-event-number"] = number
    return status, content


def _block(place: str, body: bytes, token: Token, query: Mapping[str, str], peer: str) -> Block:
    messages = hec.events(body, token) if place == "event" else hec.lines(body)
    index = query.get("index", token.index)
    if place == "raw" and token.indexes and index not in token.indexes:
        raise Refused(Answer.INCORRECT_INDEX, 1)
    context = Context(
        arrived_us=time.time_ns() // 1000,
        source=query.get("source", f"http:{token.name}"),
        index=index,
        sourcetype=query.get("sourcetype", token.sourcetype),
        host=query.get("host", ""),
        peer=peer,
        form="json" if place == "event" else "text",
    )
    return Block.of(context, messages)
