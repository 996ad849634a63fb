"""Senders of a round that ends with the server: each knows what it was told is taken, by HEC and by TCP."""

from __future__ import annotations

import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from tests.service.serving import Serving

PLACES = (
    *("append:before", "append:written", "append:synced", "seal:written", "seal:synced", "seal:renamed"),
    *("manifest:before", "manifest:written", "manifest:synced", "wal:sealed", "merge:written", "merge:recorded"),
)
"""Where a process may be ended by ``BOOTWATCH_FAILPOINT``."""


def at_a_place(chance: random.Random) -> str:
    """One of the places and the how-manieth time there: a round sees many writes of the log, few of the others."""
    place = chance.choice(PLACES)
    return f"{place}*{chance.randint(2, 12) if place.startswith('append') else chance.randint(1, 2)}"


BUSY = {"BOOTWATCH_STORE_SEAL_AFTER_S": "0.1", "BOOTWATCH_STORE_UPKEEP_S": "0.2"}
"""Settings of a service that seals and merges all the time."""


class Sender(threading.Thread):
    """Sends numbered events by HEC until the server is gone; ``acknowledged`` are those answered with success."""

    def __init__(self, server: Serving, name: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self._server, self._name = server, name

    def run(self) -> None:
        number = 0
        while True:
            events = [f"{self._name} {number + n}" for n in range(3)]
            number += 3
            try:
                if self._server.collect(*events) == (200, 0):
                    self.acknowledged += events
            except (OSError, http.client.HTTPException):
                return


class Stream(threading.Thread):
    """Sends numbered lines over one TCP connection; as many of the first count as taken as the server last said."""

    def __init__(self, server: Serving, name: str) -> None:
        super().__init__(daemon=True)
        self._server, self._name = server, name
        self._committed = 0

    @property
    def acknowledged(self) -> list[str]:
        return [f"{self._name} {number}" for number in range(self._committed)]

    def run(self) -> None:
        number = 0
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._server.doors["tcp"])) as connection:
            while True:
                lines = [f"{self._name} {number + n}\n" for n in range(10)]
                number += len(lines)
                connection.sendall("".join(lines).encode())
                try:
                    self._committed = max(self._committed, self._server.committed("tcp"))
                except http.client.HTTPException:
                    return
                time.sleep(0.02)


def sending(server: Serving, name: str) -> list[Sender | Stream]:
    """Senders at work: three by HEC, one by TCP."""
    senders: list[Sender | Stream] = [
        *(Sender(server, f"{name} hec {n}") for n in range(3)),
        Stream(server, f"{name} tcp"),
    ]
    for sender in senders:
        sender.start()
    return senders


def acknowledged(senders: Sequence[Sender | Stream]) -> list[str]:
    """What the server took of them; it is gone, and they end."""
    for sender in senders:
        sender.join(30)
    return [event for sender in senders for event in sender.acknowledged]


def said(what: str, rounds: int, taken: Sequence[str], held: Counter[str]) -> str:
    """The line that a run prints."""
    return (
        f"\n{what}: {rounds} rounds, {len(taken)} events acknowledged, {sum(held[one] for one in taken)} found,"
        f" {sum(held[one] > 1 for one in held)} doubled\n"
    )
