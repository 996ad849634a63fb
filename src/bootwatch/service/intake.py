"""Blocks of messages from every receiver go into the log together: one write and one sync for all that waits.

While one sync runs, what arrives waits for the next, so that the cost of a sync is shared by however many senders there
are. Nobody is told that a message was taken before its sync has returned. What may wait is bounded: beyond it a
receiver is told that there is no room, and holds its sender back or counts what it drops.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bootwatch.errors import StoreError
from bootwatch.store.wal import Block, Log

LIMIT_BYTES: Final = 64 << 20
_TOGETHER_BYTES: Final = 16 << 20
"""One write takes up to this much: its senders should not wait for all the others."""

_LOG: Final = logging.getLogger("bootwatch.intake")

Done = Callable[[StoreError | None], None]


class Busy(Exception):
    """There is no room for more messages now."""


@dataclass(slots=True)
class Counts:
    """Since the start: messages and bytes synced, syncs, blocks refused for want of room, writes that failed."""

    messages: int = 0
    bytes: int = 0
    syncs: int = 0
    refused: int = 0
    failed: int = 0


class Intake:
    """The one writer of the log, in a thread of its own. ``failure`` says why the last write failed, if it did."""

    def __init__(self, log: Log, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.counts = Counts()
        self.failure: str | None = None
        self._log = log
        self._limit_bytes = limit_bytes
        self._waiting: list[tuple[Sequence[Block], int, Done]] = []
        self._waiting_bytes = 0
        self._roll_wanted = False
        self._closing = False
        self._changed = threading.Condition()
        self._log_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    @property
    def room(self) -> int:
        """How many bytes may come before :meth:`offer` refuses."""
        return max(0, self._limit_bytes - self._waiting_bytes)

    def offer(self, blocks: Sequence[Block], done: Done) -> None:
        """Have blocks written. ``done`` is called from the intake's thread, with None once they are synced, else with
        what went wrong; then none of them is in the log. Raises Busy where there is no room.
        """
        size = sum(len(block.data) + 64 for block in blocks)
        with self._changed:
            if self._closing or (self._waiting_bytes and self._waiting_bytes + size > self._limit_bytes):
                self.counts.refused += len(blocks)
                raise Busy("the intake is closing" if self._closing else "the queue of the intake is full")
            self._waiting.append((blocks, size, done))
            self._waiting_bytes += size
            self._changed.notify()

    async def take(self, blocks: Sequence[Block]) -> None:
        """As :meth:`offer`; returns once the blocks are synced. Raises Busy, StoreError."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[None] = loop.create_future()

        def settle(failed: StoreError | None) -> None:
            if result.cancelled():
                return
            if failed is None:
                result.set_result(None)
            else:
                result.set_exception(failed)

        def done(failed: StoreError | None) -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer
                loop.call_soon_threadsafe(settle, failed)

        self.offer(blocks, done)
        await result

    def roll(self) -> None:
        """End the file that is being written; it then waits to be sealed."""
        with self._changed:
            self._roll_wanted = True
            self._changed.notify()

    def waiting(self) -> list[int]:
        """The log files that wait to be sealed, oldest first."""
        with self._log_lock:
            return list(self._log.waiting)

    def end(self) -> tuple[int, int]:
        """The number of the last log file and how many bytes of it are synced."""
        with self._log_lock:
            return self._log.end

    def has_unsealed(self) -> bool:
        """Whether anything stands in the file that is being written."""
        with self._log_lock:
            return self._log.current is not None

    def sealed(self, number: int, keep_from: int | None = None) -> None:
        """The manifest calls this file sealed. Sealed files below ``keep_from`` (None: all) are removed.

        Raises StoreError where one cannot be removed.
        """
        with self._log_lock:
            self._log.sealed(number)
            self._log.remove(number if keep_from is None else min(number, keep_from - 1))

    def close(self) -> None:
        """Write what waits, then end. What is offered from now on is refused."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        with self._log_lock:
            self._log.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._roll_wanted and not self._closing:
                    self._changed.wait()
                if not self._waiting and self._closing:
                    return
                taken: list[tuple[Sequence[Block], int, Done]] = []
                size = 0
                for item in self._waiting:
                    if taken and size + item[1] > _TOGETHER_BYTES:
                        break
                    taken.append(item)
                    size += item[1]
                del self._waiting[: len(taken)]
                roll, self._roll_wanted = self._roll_wanted, False
            failed = self._write([block for blocks, _, _ in taken for block in blocks], roll)
            with self._changed:
                self._waiting_bytes -= size
            for _, _, done in taken:
                done(failed)

    def _write(self, blocks: list[Block], roll: bool) -> StoreError | None:
        failed = None
        with self._log_lock:
            if blocks:
                try:
                    self._log.append(blocks)
                except StoreError as exc:
                    failed = exc
                    self.counts.failed += 1
                else:
                    self.counts.messages += sum(block.count for block in blocks)
                    self.counts.bytes += sum(len(block.data) for block in blocks)
                    self.counts.syncs += 1
                self._say(None if failed is None else str(failed))
            if roll:
                self._log.roll()
        return failed

    def _say(self, failure: str | None) -> None:
        """Once when writing begins to fail, and once when it works again."""
        if failure is not None and self.failure is None:
            _LOG.error("%s; nothing is acknowledged until it can be", failure)
        elif failure is None and self.failure is not None:
            _LOG.warning("the log can be written again")
        self.failure = failure
