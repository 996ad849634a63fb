"""Alerts on their way to the sinks: a thread for each, so that one that hangs holds up no other.

A message waits in the alerts' file until its sink took it. One that fails is tried again, later each time; one that the
receiver will never take, or did not take for too long, is written to a file and said.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bootwatch.detect.alertstore import AlertStore, Message
from bootwatch.detect.sinks.sink import Outlet, Rejected, Retry

DEAD_LETTERS: Final = "dead-letters.jsonl"
_LOOK_S: Final = 0.5
_FIRST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_MOST_TRIES: Final = 300
"""With the pauses above this is a day."""

_LOG: Final = logging.getLogger("bootwatch.sending")


@dataclass(slots=True)
class Counts:
    """Since the start, by sink."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)


class Sender:
    """Sends in threads of their own. ``first_s`` is the pause after a first failure; it doubles with each."""

    def __init__(
        self,
        home: Path,
        outlets: Mapping[str, Outlet],
        *,
        first_s: float = _FIRST_S,
        look_s: float = _LOOK_S,
        most: int = _MOST_TRIES,
    ) -> None:
        self.counts = Counts()
        self.troubles: dict[str, str] = {}
        self._home, self._first_s, self._look_s, self._most = home, first_s, look_s, most
        self._outlets = outlets
        self._wake = {name: threading.Event() for name in outlets}
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(outlet,), name=f"sink-{name}", daemon=True)
            for name, outlet in outlets.items()
        ]

    @property
    def names(self) -> tuple[str, ...]:
        """The sinks that are told of alerts."""
        return tuple(self._outlets)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is something to send."""
        for event in self._wake.values():
            event.set()

    def close(self, within_s: float = 2.0) -> None:
        """Finish what is under way, if that takes no longer; the rest is sent after the next start."""
        self._ending.set()
        self.wake()
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, outlet: Outlet) -> None:
        store = AlertStore(self._home)
        wake = self._wake[outlet.name]
        try:
            while not self._ending.is_set():
                wake.clear()
                for message in store.due(time.time()):
                    if self._ending.is_set():
                        break
                    if message.sink == outlet.name and not self._one(outlet, message, store):
                        break
                wake.wait(self._look_s)
        finally:
            store.close()

    def _one(self, outlet: Outlet, message: Message, store: AlertStore) -> bool:
        """Whether the next message to this sink may go."""
        try:
            outlet.send(message)
        except Retry as exc:
            pause = exc.after_s or min(_LONGEST_S, self._first_s * 2 ** min(message.attempts, 16))
            self.counts.failed[outlet.name] += 1
            self._trouble(outlet.name, str(exc))
            if message.attempts + 1 >= self._most:
                self._dead(message, f"given up after {self._most} tries: {exc}", store)
                return True
            store.failed(message, str(exc), time.time() + pause)
            return False
        except Rejected as exc:
            self.counts.failed[outlet.name] += 1
            self._dead(message, str(exc), store)
            return True
        except Exception as exc:  # noqa: BLE001 - one message must not end the sending of all
            _LOG.exception("sink %s failed on alert %s", outlet.name, message.alert)
            self._dead(message, repr(exc), store)
            return True
        store.sent(message)
        self.counts.sent[outlet.name] += 1
        self.troubles.pop(outlet.name, None)
        return True

    def _trouble(self, name: str, why: str) -> None:
        if self.troubles.get(name) != why:
            _LOG.warning("sink %s does not take alerts, they wait: %s", name, why)
        self.troubles[name] = why

    def _dead(self, message: Message, why: str, store: AlertStore) -> None:
        self.counts.dead[message.sink] += 1
        _LOG.error("sink %s will not take alert %s: %s; kept in %s", message.sink, message.alert, why, DEAD_LETTERS)
        letter = {"sink": message.sink, "event": message.event, "why": why, "alert": json.loads(message.payload)}
        with (self._home / DEAD_LETTERS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(letter) + "\n")
            file.flush()
            os.fsync(file.fileno())
        store.failed(message, why, None)
