"""The event collector over its real server: hostile requests get their documented answers, and it goes on."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path

import pytest
from tests.service.serving import TOKEN, Serving, found

from bootwatch.events.text import encode_lossless
from bootwatch.ingest.hec import Acks, Refused

CHANNEL = "FE0ECFAD-13D5-401B-847D-77833BD77131"
AUTH = {"Authorization": f"Splunk {TOKEN}"}
ACKED = {"Authorization": "Splunk with-acks"}
PACKED = AUTH | {"Content-Encoding": "gzip"}

HOSTILE: dict[str, tuple[bytes, str, dict[str, str], tuple[int, int]]] = {
    "no token": (b'{"event":"a"}', "event", {}, (401, 2)),
    "a token that is no text": (b'{"event":"a"}', "event", {"Authorization": "Basic \u00ff"}, (401, 3)),
    "a wrong token": (b'{"event":"a"}', "event", {"Authorization": "Splunk wrong"}, (403, 4)),
    "a token of a megabyte": (b'{"event":"a"}', "event", {"Authorization": "Splunk " + "x" * 30_000}, (403, 4)),
    "truncated JSON": (b'{"event":"a"}{"event":"b', "event", AUTH, (400, 6)),
    "a gzip bomb": (gzip.compress(b" " * 80_000_000), "event", PACKED, (413, 27)),
    "a gzip bomb of lines": (gzip.compress(b"a\n" * 40_000_000, 1), "raw", PACKED, (413, 27)),
    "gzip cut off": (gzip.compress(b'{"event":"a"}')[:-4], "event", PACKED, (400, 6)),
    "no gzip": (b"\x1f\x8b nothing", "event", PACKED, (400, 6)),
    "no channel": (b'{"event":"a"}', "event", ACKED, (400, 10)),
    "a channel that is none": (b'{"event":"a"}', "event?channel=mine", ACKED, (400, 11)),
    "acknowledgements that are no list": (b'{"acks":"all"}', f"ack?channel={CHANNEL}", ACKED, (400, 6)),
}


def settings(tmp_path: Path) -> Path:
    path = tmp_path / "bootwatch.toml"
    path.write_text('[[hec.token]]\nvalue = "with-acks"\nack = true\n', encoding="utf-8")
    return path


def test_hostile_requests_are_answered_and_leave_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home, "--settings", str(settings(tmp_path))) as server:
        answers = {}
        for name, (body, place, headers, _) in HOSTILE.items():
            status, answer = server.ask("hec", "POST", f"/services/collector/{place}", body, headers)
            answers[name] = (status, json.loads(answer)["code"])
        assert answers == {name: expected for name, (*_, expected) in HOSTILE.items()}

        with socket.create_connection(("127.0.0.1", server.doors["hec"])) as unfinished:
            unfinished.sendall(
                b"POST /services/collector HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n"
                + f"Authorization: Splunk {TOKEN}\r\n\r\n".encode()
                + b'{"event":"never whole"'
            )
        assert server.collect("still here") == (200, 0)
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
    assert found(home) == {"still here": 1}


def test_acknowledgements_are_told_once_and_to_their_channel_alone(tmp_path: Path) -> None:
    with Serving(tmp_path / "home", "--settings", str(settings(tmp_path))) as server:

        def ask(place: str, body: object, channel: str = CHANNEL) -> dict[str, object]:
            path = f"/services/collector/{place}?channel={channel}"
            answer: dict[str, object] = json.loads(server.ask("hec", "POST", path, json.dumps(body), ACKED)[1])
            return answer

        assert [ask("event", {"event": "a"})["ackId"] for _ in range(3)] == [0, 1, 2]
        other = CHANNEL.replace("F", "0")
        assert ask("ack", {"acks": [0, 1]}, other) == {"acks": {"0": False, "1": False}}
        assert ask("ack", {"acks": [0, 0, 7]}) == {"acks": {"0": True, "7": False}}
        assert ask("ack", {"acks": [0, 1]}) == {"acks": {"0": False, "1": True}}
    assert found(tmp_path / "home") == {"a": 3}


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (b'{"event":"half \\ud800 pair"}', b"half \xed\xa0\x80 pair"),
        (b'{"event":"caf\xe9"}', b"caf\xe9"),
        (b'{"event":"caf\xe9"}{"event":"\xf4\x8f\xbe\x80"}', b"caf\xe9"),
        (b'{"event":"\xf4\x8f\xbe\x80"}', b"\xf4\x8f\xbe\x80"),
        (b'{"event":"x"}{"event":"\xf4\x8f\xbe\x80"}', b"x"),
    ],
)
def test_bytes_that_are_no_text_come_back_as_they_were(body: bytes, raw: bytes, tmp_path: Path) -> None:
    with Serving(tmp_path / "home") as server:
        assert server.ask("hec", "POST", "/services/collector", body, AUTH)[0] == 200
        assert server.stop() == 0
    assert raw in [encode_lossless(text) for text in found(tmp_path / "home")]


@pytest.mark.parametrize(
    "body", [b'{"acks":[1e999]}', b"[" * 20_000, b'{"acks":[[]]}', b'{"acks":["' + b"9" * 5000 + b'"]}']
)
def test_a_question_for_acknowledgements_that_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        Acks().told(CHANNEL, body)
