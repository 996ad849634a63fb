"""Sinks over real sockets: an outage loses and doubles nothing, a refusal is kept, one that hangs holds up no other."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.detect.test_alerts import AT, finding

from bootwatch.detect.alertstore import AlertStore
from bootwatch.detect.sinks import sink
from bootwatch.detect.sinks.webhook import signature
from bootwatch.errors import ContentError
from bootwatch.service.sending import DEAD_LETTERS, Sender


class Receiver:
    """An HTTP server that answers with these statuses, then with 200; ``got`` are the requests it took."""

    def __init__(self, *statuses: int) -> None:
        self.tried: list[tuple[int, dict[str, str], Any]] = []
        waiting = list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = waiting.pop(0) if waiting else 200
                receiver.tried.append((status, dict(self.headers), body))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"said")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def got(self) -> list[Any]:
        return [json.loads(body) for status, _, body in self.tried if status == 200]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlertStore]:
    made = AlertStore(tmp_path)
    yield made
    made.close()


def sinks(tmp_path: Path, text: str) -> dict[str, sink.Outlet]:
    file = tmp_path / "sinks.yaml"
    file.write_text(text, encoding="utf-8")
    return sink.read(file)


def until(done: Callable[[], bool]) -> None:
    for _ in range(1000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def test_a_receiver_that_fails_twice_gets_each_alert_once_and_signed(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver(503, 500)
    outlets = sinks(tmp_path, f"sinks:\n  - {{name: soc, kind: webhook, url: '{receiver.url}', secret: shared}}\n")
    sender = Sender(tmp_path, outlets, first_s=0.01, look_s=0.02)
    sender.start()
    store.merge([finding(1)], AT, sinks=sender.names)
    store.merge([finding(1, 2)], AT, sinks=sender.names)  # extended: not among what is told
    store.merge([finding(1, host="r2")], AT, sinks=sender.names)
    until(lambda: store.waiting() == 0)
    sender.close()
    receiver.close()
    assert [one["alert"]["finding"]["host"] for one in receiver.got] == ["r1", "r2"]
    assert [status for status, _, _ in receiver.tried] == [503, 500, 200, 200]
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.tried[:3]}) == 1
    _, headers, body = receiver.tried[-1]
    at, _, signed = headers["X-Bootwatch-Signature"].partition(",v1=")
    assert signed == signature("shared", int(at.removeprefix("t=")), body)
    assert sender.troubles == {}


def test_an_outage_across_a_restart_loses_and_doubles_nothing(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver(*[503] * 5)
    text = f"sinks:\n  - {{name: soc, kind: webhook, url: '{receiver.url}'}}\n"
    for _ in range(3):
        sender = Sender(tmp_path, sinks(tmp_path, text), first_s=0.01, look_s=0.02)
        store.merge([finding(1), finding(1, host="r2"), finding(1, host="r3")], AT, sinks=sender.names)
        sender.start()
        time.sleep(0.1)
        sender.close()
    sender = Sender(tmp_path, sinks(tmp_path, text), first_s=0.01, look_s=0.02)
    sender.start()
    until(lambda: store.waiting() == 0)
    sender.close()
    receiver.close()
    assert [one["alert"]["finding"]["host"] for one in receiver.got] == ["r1", "r2", "r3"]


def test_what_is_refused_or_given_up_is_kept_in_a_file(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver(400, 503, 503, 503)
    outlets = sinks(tmp_path, f"sinks:\n  - {{name: soc, kind: webhook, url: '{receiver.url}'}}\n")
    sender = Sender(tmp_path, outlets, first_s=0.01, look_s=0.02, most=3)
    store.merge([finding(1), finding(1, host="r2"), finding(1, host="r3")], AT, sinks=sender.names)
    sender.start()
    until(lambda: store.waiting() == 0)
    sender.close()
    receiver.close()
    letters = [json.loads(line) for line in (tmp_path / DEAD_LETTERS).read_text().splitlines()]
    assert [(one["alert"]["finding"]["host"], one["why"]) for one in letters] == [
        ("r1", "HTTP 400: said"),
        ("r2", "given up after 3 tries: HTTP 503: said"),
    ]
    assert [one["alert"]["finding"]["host"] for one in receiver.got] == ["r3"]


def test_a_sink_that_hangs_or_is_not_there_holds_up_no_other(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver()
    with socket.create_server(("127.0.0.1", 0)) as hanging, socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
        gone.close()
        text = (
            "sinks:\n"
            f"  - {{name: hangs, kind: webhook, url: 'http://127.0.0.1:{hanging.getsockname()[1]}'}}\n"
            f"  - {{name: gone, kind: webhook, url: 'http://127.0.0.1:{port}'}}\n"
            f"  - {{name: works, kind: webhook, url: '{receiver.url}'}}\n"
        )
        sender = Sender(tmp_path, sinks(tmp_path, text), first_s=0.05, look_s=0.02)
        store.merge([finding(1)], AT, sinks=sender.names)
        sender.start()
        until(lambda: len(receiver.got) == 1)
        until(lambda: "gone" in sender.troubles)
        began = time.monotonic()
        sender.close(0.2)
        assert time.monotonic() - began < 5
        assert sender.troubles == {"gone": "Connection refused"}
    receiver.close()


KINDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "slack": ("url: '{url}'", lambda body: body["blocks"][0]["text"]["text"]),
    "teams": ("url: '{url}'", lambda body: body["attachments"][0]["content"]["body"][0]["text"]),
    "pagerduty": ("url: '{url}', routing_key: k", lambda body: body["payload"]["summary"]),
    "thehive": ("url: '{url}', key: k", lambda body: body["title"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_services_are_sent(kind: str, store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver()
    options, title = KINDS[kind]
    outlets = sinks(tmp_path, f"sinks:\n  - {{name: s, kind: {kind}, {options.format(url=receiver.url)}}}\n")
    store.merge([finding(1)], AT, sinks=["s"])
    (message,) = store.due(1e12)
    outlets["s"].send(message)
    receiver.close()
    assert title(receiver.got[0]) == "New alert, critical: Image replaced on r1"


def test_splunk_is_sent_an_event_of_its_own(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver()
    outlets = sinks(tmp_path, f"sinks:\n  - {{name: s, kind: splunk_hec, url: '{receiver.url}', token: t, index: i}}\n")
    store.merge([finding(1)], AT, sinks=["s"])
    outlets["s"].send(store.due(1e12)[0])
    receiver.close()
    ((_, headers, body),) = receiver.tried
    assert headers["Authorization"] == "Splunk t"
    event = json.loads(body)
    assert (event["host"], event["index"], event["event"]["stage"]) == ("r1", "i", "new")


def test_cef_over_udp_and_tcp(store: AlertStore, tmp_path: Path) -> None:
    store.merge([finding(1, host="r|1=x")], AT, sinks=["s"])
    (message,) = store.due(1e12)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.create_server(("127.0.0.1", 0)) as tcp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(5)
        for transport, port in (("udp", udp.getsockname()[1]), ("tcp", tcp.getsockname()[1])):
            text = f"sinks:\n  - {{name: s, kind: cef, host: 127.0.0.1, port: {port}, transport: {transport}}}\n"
            sinks(tmp_path, text)["s"].send(message)
        datagram = udp.recv(65_535).decode()
        connection, _ = tcp.accept()
        with connection:
            stream = connection.recv(65_535).decode()
    assert datagram.startswith("<84>1 ")
    assert r"|Image replaced on r\|1=x|10|externalId=" in datagram
    assert r"dvchost=r|1\=x " in datagram
    length, _, rest = stream.partition(" ")
    assert len(rest) == int(length)


class Smtp(socketserver.StreamRequestHandler):
    """As much of an SMTP server as a client needs."""

    got: list[str] = []  # noqa: RUF012 - one server a test

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        data = False
        lines: list[str] = []
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if data:
                if line == ".":
                    self.got.append("\n".join(lines))
                    self.wfile.write(b"250 taken\r\n")
                    data = False
                else:
                    lines.append(line)
            elif line.upper() == "DATA":
                data = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


def test_mail(store: AlertStore, tmp_path: Path) -> None:
    store.merge([finding(1)], AT, sinks=["s"])
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = (
            f"sinks:\n  - {{name: s, kind: email, host: 127.0.0.1, port: {server.server_address[1]}, security: none,"
            " from: bootwatch@example.org, to: [soc@example.org]}\n"
        )
        sinks(tmp_path, text)["s"].send(store.due(1e12)[0])
        server.shutdown()
    (mail,) = Smtp.got
    assert "Subject: New alert, critical: Image replaced on r1" in mail
    assert "Device: r1" in mail
    with pytest.raises(sink.Retry):
        sinks(tmp_path, text)["s"].send(store.due(1e12)[0])


def test_ocsf_in_both_forms(store: AlertStore, tmp_path: Path) -> None:
    store.merge([finding(1)], AT, sinks=["s"])
    (message,) = store.due(1e12)
    for form, path in (("json", tmp_path / "o" / "alerts.jsonl"), ("parquet", tmp_path / "p")):
        sinks(tmp_path, f"sinks:\n  - {{name: s, kind: ocsf, path: {path}, form: {form}}}\n")["s"].send(message)
    (line,) = (tmp_path / "o" / "alerts.jsonl").read_text().splitlines()
    found = json.loads(line)
    assert (found["class_uid"], found["type_uid"], found["severity_id"]) == (2004, 200401, 5)
    assert found["finding_info"]["attacks"][0]["sub_technique"] == {"uid": "T1601.001"}
    (file,) = (tmp_path / "p" / "eventDay=20260310").iterdir()
    assert pq.read_table(file).to_pylist()[0]["resources"] == found["resources"]


def test_a_service_that_apprise_knows(store: AlertStore, tmp_path: Path) -> None:
    receiver = Receiver(500)
    text = f"sinks:\n  - {{name: s, kind: apprise, url: '{receiver.url.replace('http:', 'json:')}/hook'}}\n"
    outlet = sinks(tmp_path, text)["s"]
    store.merge([finding(1)], AT, sinks=["s"])
    (message,) = store.due(1e12)
    with pytest.raises(sink.Retry, match="apprise could not deliver it"):
        outlet.send(message)
    outlet.send(message)
    receiver.close()
    (told,) = receiver.got
    assert (told["title"], told["type"]) == ("New alert, critical: Image replaced on r1", "failure")
    assert told["message"].startswith("Device: r1\n")
    assert told["message"].endswith(f"raw 1\n\n{message.key}")


def test_without_apprise_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ContentError, match=r"2: kind 'apprise' needs .*: pip install 'bootwatch\[apprise\]'"):
        sinks(tmp_path, "sinks:\n  - {name: s, kind: apprise, url: 'json://localhost'}\n")


WRONG = {
    "an address apprise does not know": (
        "{name: s, kind: apprise, url: 'nothing://x'}",
        "2: 'url' is no address that apprise knows",
    ),
    "an unknown kind": (
        "{name: s, kind: fax}",
        "2: no kind 'fax'; accepted: apprise, cef, email, ocsf, pagerduty, slack, splunk_hec, teams, thehive, webhook",
    ),
    "no address": ("{name: s, kind: slack, url: example.org}", "2: 'url' should begin with https:// or http://"),
    "a variable that is not set": (
        "{name: s, kind: slack, url: 'env:NOT_SET_AT_ALL'}",
        "2: 'url' names the environment variable NOT_SET_AT_ALL, which is not set",
    ),
    "an unknown key": (
        "{name: s, kind: slack, url: 'https://x', urk: 1}",
        "2: unknown key 'urk'; accepted: name, kind, min_severity, events, url",
    ),
    "an unknown event": (
        "{name: s, kind: slack, url: 'https://x', events: [born]}",
        "2: 'events' is 'born'; accepted: created, extended, reopened, closed, stage, assigned, comment",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused(case: str, tmp_path: Path) -> None:
    text, expected = WRONG[case]
    with pytest.raises(ContentError) as caught:
        sinks(tmp_path, f"sinks:\n  - {text}\n")
    assert str(caught.value) == f"{tmp_path}/sinks.yaml:{expected}"
