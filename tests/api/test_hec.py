"""The HTTP Event Collector: every documented answer, and that what is answered with success was taken first."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.api.hec import Collector, NoRoom
from bootwatch.errors import StoreError
from bootwatch.ingest.hec import Refused, Token, events
from bootwatch.store.wal import Block

CHANNEL = "FE0ECFAD-13D5-401B-847D-77833BD77131"
TOKENS = {
    "good": Token("good", "main"),
    "off": Token("off", "off", disabled=True),
    "acked": Token("acked", "acked", channels=True),
    "narrow": Token("narrow", "narrow", index="net", indexes=("net", "lab")),
}
AUTH = {"authorization": "Splunk good"}


class Server:
    """The application without a network. ``fails``: what taking raises."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.fails: Exception | None = None
        self.app = Collector(TOKENS, self._take, has_room=lambda: self.fails is None, largest=100_000)

    async def _take(self, blocks: Sequence[Block]) -> None:
        if self.fails is not None:
            raise self.fails
        self.blocks += blocks

    def ask(
        self,
        body: bytes = b"",
        path: str = "/services/collector/event",
        headers: Mapping[str, str] = AUTH,
        method: str = "POST",
    ) -> tuple[int, dict[str, Any]]:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.9", 1),
        }
        halves = [body[: len(body) // 2], body[len(body) // 2 :]]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            part = halves.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(halves)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        answer: dict[str, Any] = json.loads(sent[1]["body"])
        return sent[0]["status"], answer

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(message) for block in self.blocks for message in block.messages()]


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


ONE = b'{"event": "a"}'
ANSWERS: dict[str, tuple[bytes, str, dict[str, str], tuple[int, int, int | None]]] = {
    "success": (ONE, "event", AUTH, (200, 0, None)),
    "without /event": (ONE, "", AUTH, (200, 0, None)),
    "with a version": (ONE, "event/1.0", AUTH, (200, 0, None)),
    "HTTP Basic": (ONE, "event", basic("x:good"), (200, 0, None)),
    "no token": (ONE, "event", {}, (401, 2, None)),
    "another scheme": (ONE, "event", {"authorization": "Bearer good"}, (401, 3, None)),
    "Basic that is none": (ONE, "event", {"authorization": "Basic ???"}, (401, 3, None)),
    "an unknown token": (ONE, "event", {"authorization": "Splunk bad"}, (403, 4, None)),
    "a disabled token": (ONE, "event", {"authorization": "Splunk off"}, (403, 1, None)),
    "a bad token in the query": (ONE, "event?token=bad", {}, (403, 4, None)),
    "a good token in the query": (ONE, "event?token=good", {}, (400, 16, None)),
    "an empty body": (b"", "event", AUTH, (400, 5, None)),
    "blanks": (b" \n ", "event", AUTH, (400, 5, None)),
    "an empty raw body": (b"\n", "raw", AUTH, (400, 5, None)),
    "no JSON": (b"hello", "event", AUTH, (400, 6, 0)),
    "JSON cut off": (b'{"event": "a"}\n{"event": "b"', "event", AUTH, (400, 6, 1)),
    "no object": (b'{"event": "a"} 7', "event", AUTH, (400, 6, 1)),
    "no event": (b'{"event": "a"}{"host": "h"}', "event", AUTH, (400, 12, 1)),
    "a blank event": (b'{"event": ""}', "event", AUTH, (400, 13, 0)),
    "a null event": (b'{"event": null}', "event", AUTH, (400, 13, 0)),
    "a time that is none": (b'{"event": "a", "time": "soon"}', "event", AUTH, (400, 15, 0)),
    "fields that are no object": (b'{"event": "a", "fields": [1]}', "event", AUTH, (400, 15, 0)),
    "nested fields": (b'{"event": "a", "fields": {"b": {"c": 1}}}', "event", AUTH, (400, 15, 0)),
    "a field that would be the text": (b'{"event": "a", "fields": {"_raw": "b"}}', "event", AUTH, (400, 15, 0)),
    "a host that is no text": (b'{"event": "a", "host": {}}', "event", AUTH, (400, 6, 0)),
    "an index that is not allowed": (
        b'{"event": "a"}{"event": "b", "index": "main"}',
        "event",
        {"authorization": "Splunk narrow"},
        (400, 7, 2),
    ),
    "an index that is allowed": (
        b'{"event": "b", "index": "lab"}',
        "event",
        {"authorization": "Splunk narrow"},
        (200, 0, None),
    ),
    "no channel": (ONE, "event", {"authorization": "Splunk acked"}, (400, 10, None)),
    "a channel that is no GUID": (ONE, "event?channel=abc", {"authorization": "Splunk acked"}, (400, 11, None)),
    "acknowledgement that is off": (b'{"acks":[0]}', "ack", AUTH, (400, 14, None)),
    "gzip that is damaged": (gzip.compress(ONE)[:-3], "event", AUTH | {"content-encoding": "gzip"}, (400, 6, None)),
    "another encoding": (ONE, "event", AUTH | {"content-encoding": "br"}, (400, 6, None)),
    "a gzip bomb": (gzip.compress(b" " * 10**7), "event", AUTH | {"content-encoding": "gzip"}, (413, 27, None)),
    "a large body": (b" " * 200_000, "event", AUTH, (413, 27, None)),
    "a length that is too large": (b"", "event", AUTH | {"content-length": "999999999"}, (413, 27, None)),
    "another path": (ONE, "elsewhere", AUTH, (404, 404, None)),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers(case: str) -> None:
    body, place, headers, (status, code, number) = ANSWERS[case]
    server = Server()
    found, answer = server.ask(body, f"/services/collector/{place}", headers)
    assert (found, answer["code"], answer.get("invalid-event-number")) == (status, code, number)
    assert bool(server.blocks) is (code == 0)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_method(method: str) -> None:
    assert Server().ask(ONE, method=method) == (
        405,
        {"text": "The requested URL was not found on this server.", "code": 404},
    )


BATCHES = {
    "one behind the other": b'{"event":"a"}{"event":"b"}',
    "one a line": b'{"event":"a"}\n{"event":"b"}\n',
    "an array": b'[{"event":"a"},{"event":"b"}]',
    "over several lines": b'{\n "event": "a"\n}\n{\n "event": "b"\n}',
    "with commas": b'{"event":"a"},{"event":"b"}',
}


@pytest.mark.parametrize("case", BATCHES)
def test_batches(case: str) -> None:
    for headers in (AUTH, AUTH | {"content-type": "application/x-www-form-urlencoded"}):
        server = Server()
        assert server.ask(BATCHES[case], headers=headers)[0] == 200
        assert [one["_raw"] for one in server.objects()] == ["a", "b"]


def test_what_an_envelope_says_is_kept() -> None:
    server = Server()
    body = (
        b'{"time": 1773151320.5, "host": "r1", "source": "s", "sourcetype": "cisco:ios", "index": "net",'
        b' "event": {"b": 1}, "fields": {"site": "x", "many": ["1", "2"]}}'
    )
    assert server.ask(body)[0] == 200
    assert server.objects() == [
        {
            "site": "x",
            "many": ["1", "2"],
            "_raw": '{"b":1}',
            "_time": "1773151320.5",
            "host": "r1",
            "source": "s",
            "sourcetype": "cisco:ios",
            "index": "net",
        }
    ]


def test_raw_lines_and_what_the_query_says_of_them() -> None:
    server = Server()
    assert server.ask(b"one\r\ntwo\n\n", "/services/collector/raw?host=r1&sourcetype=cisco:ios&index=net")[0] == 200
    (block,) = server.blocks
    assert block.messages() == [b"one", b"two"]
    assert (block.context.host, block.context.sourcetype, block.context.index) == ("r1", "cisco:ios", "net")
    assert (block.context.source, block.context.peer) == ("http:main", "192.0.2.9")


def test_gzip() -> None:
    server = Server()
    assert server.ask(gzip.compress(ONE) + gzip.compress(ONE), headers=AUTH | {"content-encoding": "gzip"})[0] == 200
    assert len(server.objects()) == 2


def test_acknowledgements_are_told_once() -> None:
    server = Server()
    headers = {"authorization": "Splunk acked", "x-splunk-request-channel": CHANNEL}
    assert [server.ask(ONE, headers=headers)[1]["ackId"] for _ in range(3)] == [0, 1, 2]
    ask = (b'{"acks": [0, 2, 9]}', f"/services/collector/ack?channel={CHANNEL}", {"authorization": "Splunk acked"})
    assert server.ask(*ask) == (200, {"acks": {"0": True, "2": True, "9": False}})
    assert server.ask(*ask) == (200, {"acks": {"0": False, "2": False, "9": False}})
    assert server.ask(b"[]", ask[1], ask[2])[1]["code"] == 6


@pytest.mark.parametrize("trouble", [NoRoom(), StoreError("disk full")])
def test_our_own_trouble_is_never_the_senders_fault(trouble: Exception) -> None:
    server = Server()
    server.fails = trouble
    assert server.ask(ONE) == (503, {"text": "Server is busy", "code": 9})
    assert server.ask(path="/services/collector/health", method="GET")[1]["code"] == 18
    server.fails = None
    assert server.ask(path="/services/collector/health", method="GET")[1]["code"] == 17
    server.app.closing = True
    assert server.ask(ONE)[1]["code"] == 23


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:evnt0.\\ \n', max_size=80).map(str.encode))
def test_no_body_raises_anything_but_an_answer(body: bytes) -> None:
    with suppress(Refused):
        events(body, TOKENS["good"])


def test_deep_nesting_is_answered() -> None:
    assert Server().ask(b"[" * 40_000)[1]["code"] == 6
    assert Server().ask(b'{"event":' * 10_000)[1]["code"] == 6
