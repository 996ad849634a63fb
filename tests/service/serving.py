"""A service in a process of its own, as a test starts, feeds, kills and asks it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from bootwatch import app
from bootwatch.store.wal import Disk

TOKEN = "a-token-of-the-tests"


class Serving:
    """``bootwatch serve`` with free ports; ready when constructed. ``doors`` are ports by name.

    ``log`` takes what it says on stderr; else a file beside its home.
    """

    def __init__(self, home: Path, *options: str, env: dict[str, str] | None = None, log: Path | None = None) -> None:
        self.home = home
        self.doors: dict[str, int] = {}
        self.log = log or home.parent / f"{home.name}.stderr"
        self._errors = self.log.open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bootwatch", "serve", "--home", str(home)),
                *(part for door in ("udp", "tcp", "hec", "web") for part in (f"--{door}", "127.0.0.1:0")),
                *("--splunkd", "off", *options),
            ],
            env=os.environ | {"BOOTWATCH_HEC_TOKEN": TOKEN} | (env or {}),
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, address = line.strip().partition(" ")
            if ":" in address:
                self.doors[name] = int(address.rpartition(":")[2])
        else:
            self.process.wait(20)
            self._close()
            raise AssertionError(f"it did not start: {self.errors()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.stop()
        self._close()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self._close()
        return status

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)
        self._close()

    def collect(self, *events: str) -> tuple[int, int]:
        """Events by HEC, in one request: HTTP status and code."""
        body = "".join(json.dumps({"event": event}) for event in events)
        status, answer = self.ask("hec", "POST", "/services/collector", body, {"Authorization": f"Splunk {TOKEN}"})
        return status, json.loads(answer)["code"]

    def committed(self, door: str) -> int:
        """How many messages of a door are synced."""
        return self.metric(f'messages_committed_total{{door="{door}"}}')

    def metric(self, name: str) -> int:
        """What the service counts under this name, labels included; 0 where it does not."""
        lines = self.ask("web", "GET", "/metrics")[1].decode().splitlines()
        found = (float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"bootwatch_{name} "))
        return int(next(found, 0))

    def ask(
        self, door: str, method: str, path: str, body: str | bytes = "", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.doors[door], timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def errors(self) -> str:
        return self.log.read_text()

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()


def until(done: Callable[[], bool], seconds: float = 25.0) -> None:
    """Wait for what has to come."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come to pass")
        time.sleep(0.05)


def count(home: Path) -> int:
    """How many events ``search`` counts in a store."""
    scope = app.Scope(home=home)
    (row,) = app.search("| tstats count where index=*", app.store(scope), scope).rows()
    return int(str(row["count"]))


def found(home: Path) -> Counter[str]:
    """Every event of a store, by its text."""
    scope = app.Scope(home=home)
    return Counter(str(row["_raw"]) for row in app.search("* | fields _raw", app.store(scope), scope).rows())


class Full(Disk):
    """A disk that is full until it is emptied."""

    full = False

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(descriptor, data)
