"""Every door is told nonsense: syslog and HTTP by their grammar with any part wrong, and noise of no grammar at all.

What is a message is kept, once; nothing of it harms the service or those who send beside it.
"""

from __future__ import annotations

import gzip
import json
import random
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.service.serving import TOKEN, Serving, found, until
from tests.service.test_senders import certificate

FAST = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.3"}
FUZZED = 1500
REQUESTS = 250
KEY = {"Authorization": f"Splunk {TOKEN}"}


def fuzzed(chance: random.Random, number: int) -> bytes:
    """A message by the grammar of syslog, of which any part may be missing, doubled or wrong."""
    parts = [
        ["<13>", "<189>", "<0>", "<191>", "<192>", "<999999>", "<>", "<-1>", "<13", ""],
        ["1 ", "0 ", "99 ", "", "", ""],
        ["Mar 10 14:01:37", "*Mar 10 2026 14:01:37.123 UTC:", "2026-03-10T14:01:37Z", "2026-13-40T25:61:61+99:99",
         "Feb 30 00:00:00", "-", "", "\u0661\u0662", "99999999999999999999"],
        ["r1", "192.0.2.1", "fe80::1%eth0", "r" * 300, "-", "", "\u2028", "r1:"],
        ["123:", "000123:", "-", "", "9" * 40 + ":"],
        ["%SYS-5-CONFIG_I:", "%SYS-9-:", "%-:", "%%%", "%A-B-C-D-7-E:", "app[1]:", "app[", "[a@1 b=\"\\\"]", "-", ""],
        ["Configured from console", "\x01\x02", "\ufeff", "\ud83d\ude00".encode("utf-16", "surrogatepass").hex(),
         "\x1b[31m", "a" * 5000, "\r", "\t\t", ""],
    ]  # fmt: skip
    chosen = [chance.choice(part).encode("utf-8", "surrogatepass") for part in parts]
    if chance.random() < 0.2:
        chance.shuffle(chosen)
    if chance.random() < 0.2:
        place = chance.randrange(len(chosen))
        chosen[place] = chance.randbytes(20).replace(b"\n", b"")
    return b" ".join(chosen) + b" number=%d." % number


@contextmanager
def connected(server: Serving, door: str) -> Iterator[socket.socket]:
    """A connection to a door, through TLS where it speaks that; nobody looks at its certificate."""
    with socket.create_connection(("127.0.0.1", server.doors[door]), timeout=20) as plain:
        if door != "tls":
            yield plain
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(plain) as inside:
            yield inside


def by_datagram(server: Serving, texts: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for at in range(0, len(texts), 100):
            for text in texts[at : at + 100]:
                sender.sendto(text, ("127.0.0.1", server.doors["udp"]))
            until(lambda upto=at + 100: server.committed("udp") == upto)  # type: ignore[misc]


def by_stream(door: str, counted: bool) -> Callable[[Serving, list[bytes]], None]:
    def send(server: Serving, texts: list[bytes]) -> None:
        framed = [b"<13>" + text for text in texts]  # without it a count is no count
        with connected(server, door) as stream:
            stream.sendall(b"".join(b"%d %b" % (len(one), one) if counted else b"%b\n" % one for one in framed))
            until(lambda: server.committed(door) == len(texts))

    return send


def by_raw(server: Serving, texts: list[bytes]) -> None:
    assert server.ask("hec", "POST", "/services/collector/raw", b"\n".join(texts), KEY)[0] == 200


def by_event(server: Serving, texts: list[bytes]) -> None:
    for at in range(0, len(texts), 100):
        body = "".join(json.dumps({"event": text.decode("latin-1")}) for text in texts[at : at + 100])
        assert server.ask("hec", "POST", "/services/collector", gzip.compress(body.encode()), GZIP)[0] == 200


GZIP = KEY | {"Content-Encoding": "gzip"}
WAYS: dict[str, Callable[[Serving, list[bytes]], None]] = {
    "udp": by_datagram,
    "tcp lines": by_stream("tcp", counted=False),
    "tcp counted": by_stream("tcp", counted=True),
    "tls lines": by_stream("tls", counted=False),
    "tls counted": by_stream("tls", counted=True),
    "hec raw": by_raw,
    "hec event": by_event,
}


@pytest.mark.parametrize("way", WAYS)
def test_fuzzed_syslog_is_kept_message_by_message(way: str, tmp_path: Path) -> None:
    chance = random.Random(way)
    texts = [fuzzed(chance, number) for number in range(FUZZED)]
    with unharmed(tmp_path) as server:
        WAYS[way](server, texts)
    held = "\n".join(found(tmp_path / "home").elements())
    assert [number for number in range(FUZZED) if held.count(f"number={number}.") != 1] == []


def request(chance: random.Random, paths: list[str]) -> bytes:
    """A request by the grammar of HTTP, of which any part may be missing, doubled or wrong."""
    body = chance.choice(
        [b"", b"{}", *[b'{"event":"x"}'] * 6, b'{"event":', b'{"event":"x","time":"NaN"}', b'{"event":{},"fields":[]}',
         b'{"event":1,"index":{"a":[]},"time":1e999}', b"[" * 20_000, b'{"event":"\\ud800"}', b'"' * 99, b"\xff\xfe",
         chance.randbytes(300), gzip.compress(b'{"event":"x"}')[: chance.randrange(33)],
         b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\nx", b"-1\r\n\r\n", fuzzed(chance, 0)]
    )  # fmt: skip
    headers = [
        f"Host: {'h' * chance.choice([1, 9000])}", f"Authorization: Splunk {TOKEN}", "Authorization: Splunk",
        "Authorization: Basic \u00ff", f"Content-Length: {len(body)}", f"Content-Length: {len(body)}",
        "Content-Length: -1", "Content-Length: x", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
        "Transfer-Encoding: nonsense", "Content-Encoding: gzip", "Content-Encoding: br", "X-Splunk-Request-Channel: x",
        "X-Splunk-Request-Channel: " + "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
        "Connection: upgrade\r\nUpgrade: websocket",
        "Expect: 100-continue", ": nameless", "no colon", "\x00: \x00", " folded: x", "Range: bytes=-",
    ]  # fmt: skip
    line = [
        chance.choice(["GET", *["POST"] * 9, "HEAD", "PUT", "OPTIONS", "CONNECT", "", "G\x00T", "P" * 999]),
        chance.choice([*paths, *paths, "/", "//", "*", "/%zz%00", "/..", "http://x/", "/" + "a" * 9000, "/\u00ff", ""]),
        chance.choice([*["HTTP/1.1"] * 9, "HTTP/1.0", "HTTP/2", "HTTP/9.9", "HTP/1.1", ""]),
    ]  # fmt: skip
    query = chance.choice(["", "", "", "", "?channel=x", "?index=\u0661&time=x", "?" + "&" * 99, "?token=%ff"])
    usual = ["Host: x", f"Authorization: Splunk {TOKEN}", f"Content-Length: {len(body)}"]
    chosen = usual * (chance.random() < 0.6) + chance.sample(headers, chance.randrange(3))
    end = chance.choice([*["\r\n"] * 8, "\n", ""])
    head = [f"{line[0]} {line[1]}{query} {line[2]}", *chosen]
    return "".join(f"{one}{end}" for one in head).encode("latin-1", "replace") + end.encode() + body


@pytest.mark.parametrize("door", ["hec", "web"])
def test_fuzzed_http_is_answered_and_harms_nobody(door: str, tmp_path: Path) -> None:
    chance = random.Random(door)
    paths = [f"/services/collector{end}" for end in ("", "/event", "/event/1.0", "/raw", "/ack", "/health", "/x")]
    if door == "web":
        paths = ["/health", "/metrics", "/metrics/", "/HEALTH"]
    answers = []
    with unharmed(tmp_path) as server:
        for _ in range(REQUESTS):
            # It may hang up in the middle, or wait for the rest of what is not whole.
            with connected(server, door) as sender, suppress(ConnectionError, TimeoutError):
                sender.settimeout(0.2)
                sender.sendall(request(chance, paths))
                answers.append(sender.recv(1 << 16))
    statuses = {answer.split(b" ", 2)[1] for answer in answers if answer}
    assert all(answer.startswith(b"HTTP/1.1 ") for answer in answers if answer)
    assert {b"200", b"400"} <= statuses
    assert not [status for status in statuses if status.startswith(b"5") and status != b"503"]


@pytest.mark.parametrize("door", ["udp", "tcp", "tls", "before tls", "hec", "web"])
def test_noise_is_no_harm(door: str, tmp_path: Path) -> None:
    chance = random.Random(door)
    noises = [chance.randbytes(chance.randrange(1, 2000)) for _ in range(100)]
    with unharmed(tmp_path) as server:
        if door == "udp":
            by_datagram(server, noises)
        else:
            for noise in noises:
                if door == "before tls":
                    with socket.create_connection(("127.0.0.1", server.doors["tls"])) as sender:
                        sender.sendall(noise)
                else:
                    with connected(server, door) as sender, suppress(ConnectionError):
                        sender.sendall(noise)
        if door in ("tls", "before tls"):
            with connected(server, "tls") as sender:
                sender.sendall(b"<13>still here, through TLS\n")
                until(lambda: server.metric('connections_open{door="tls"}') == 1)
    if door in ("tls", "before tls"):
        assert found(tmp_path / "home")["<13>still here, through TLS"] == 1


@contextmanager
def unharmed(tmp_path: Path) -> Iterator[Serving]:
    """A service with every door open; what it was told in the meantime did no harm."""
    with Serving(tmp_path / "home", env=FAST | certificate(tmp_path)) as server:
        yield server
        assert server.collect("the end") == (200, 0)
        until(lambda: server.metric("sealed_files_total") > 0 and server.metric("log_files_waiting") == 0)
        assert server.ask("web", "GET", "/health") == (200, b'{"status":"ok","troubles":[]}')
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
    assert found(tmp_path / "home")["the end"] == 1
