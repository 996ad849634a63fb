"""Files and folders that others write, followed: appended lines are taken in, through rotation, truncation, restarts.

A file is known by device, inode and its first bytes, so that a renamed one is not read again and a reused inode is. How
far it was read travels with the lines into the log (``Context.place``) and is saved after their sync; after a crash the
further of the two holds, so that no line is lost or doubled. A packed file that begins like one that was followed is
its archive: only what that one still had to say is read of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import msgspec

from bootwatch.errors import InputError, StoreError
from bootwatch.ingest.compressed import Unpacked, codec_of
from bootwatch.ingest.walk import expand
from bootwatch.service.doors import Counts, Taker
from bootwatch.service.intake import Busy
from bootwatch.store.durable import write_file
from bootwatch.store.wal import Block, Context
from bootwatch.syslog.continuation import is_continuation

STATE: Final = "followed.json"
LOOK_S: Final = 0.25
UNENDED_S: Final = 10.0
"""A last line without an end is taken when nothing has come behind it for so long."""

_HEAD_BYTES: Final = 256
_READ_BYTES: Final = 1 << 20
_LONGEST_LINE: Final = 16 << 20
_LOG: Final = logging.getLogger("bootwatch.follow")


class Place(msgspec.Struct):
    """How far a file was read: ``offset`` bytes of what it holds (unpacked). ``head``: its first bytes, as hex."""

    device: int
    inode: int
    head: str
    offset: int
    path: str

    @property
    def key(self) -> tuple[int, int]:
        return self.device, self.inode


@dataclass(slots=True)
class _File:
    """A file that is open. ``grew`` is when it last had more to say."""

    stream: IO[bytes]
    place: Place
    grew: float = field(default_factory=time.monotonic)


class Follower:
    """Follows in a thread of its own. ``later`` are places found in the log at the start: they hold where further."""

    def __init__(
        self,
        paths: Sequence[Path],
        home: Path,
        intake: Taker,
        later: Iterable[str] = (),
        *,
        unended_s: float = UNENDED_S,
    ) -> None:
        self.counts = Counts()
        self._paths, self._home, self._intake, self._unended_s = paths, home, intake, unended_s
        self._places: dict[tuple[int, int], Place] = {}
        self._open: dict[str, _File] = {}
        self._said: dict[str, str] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow", daemon=True)
        for place in (*_saved(home / STATE), *(msgspec.json.decode(text, type=Place) for text in later if text)):
            known = self._places.get(place.key)
            if known is None or place.offset > known.offset or place.head != known.head:
                self._places[place.key] = place

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Finish the file in work, then stop; the rest is read at the next start."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        for one in self._open.values():
            one.stream.close()

    def look(self) -> None:
        """Look at every file once and take what is new."""
        failed: list[InputError] = []
        for path in expand(self._paths, failed):
            if self._ending.is_set():
                return
            try:
                self._look_at(path)
            except (OSError, InputError) as exc:
                self._say(path, str(exc))
        for trouble in failed:
            self._say(str(trouble.path), trouble.message)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            self.look()

    def _say(self, path: str, why: str) -> None:
        if self._said.get(path) != why:
            self._said[path] = why
            _LOG.warning("%s: %s", path, why)

    def _look_at(self, path: str) -> None:
        stat = os.stat(path)
        held = self._open.get(path)
        if held is not None and held.place.key != (stat.st_dev, stat.st_ino):
            self._read(held, last=True)  # it was renamed away: what it still had to say comes first
            held.stream.close()
            del self._open[path]
            held = None
        if held is None:
            stream = open(path, "rb")  # noqa: SIM115 - it stays open while it is followed
            head = stream.read(_HEAD_BYTES)
            if codec_of(head) is not None:
                with stream:
                    self._read_packed(path, stream, stat)
                return
            held = self._open[path] = _File(stream, self._known(path, stat, head))
        elif not held.place.head and stat.st_size:
            held.stream.seek(0)
            held.place.head = held.stream.read(_HEAD_BYTES).hex()
        if stat.st_size < held.place.offset or not _begins_with(held.stream, held.place.head):
            _LOG.info("%s was truncated or written anew; it is read from its beginning", path)
            held.stream.seek(0)
            held.place = self._keep(Place(stat.st_dev, stat.st_ino, held.stream.read(_HEAD_BYTES).hex(), 0, path))
        self._read(held, last=False)

    def _known(self, path: str, stat: os.stat_result, head: bytes) -> Place:
        place = self._places.get((stat.st_dev, stat.st_ino))
        if place is None or not head.hex().startswith(place.head):
            place = self._keep(Place(stat.st_dev, stat.st_ino, head.hex(), 0, path))
        return place

    def _keep(self, place: Place) -> Place:
        self._places[place.key] = place
        return place

    def _read(self, one: _File, *, last: bool) -> None:
        """Everything up to the last line end; with ``last``, or where nothing more came for a while, all of it."""
        while not self._ending.is_set():
            one.stream.seek(one.place.offset)
            data = one.stream.read(_READ_BYTES)
            while data and b"\n" not in data and len(data) < _LONGEST_LINE:
                more = one.stream.read(_READ_BYTES)
                if not more:
                    break
                data += more
            if not data:
                return
            end = data.rfind(b"\n") + 1
            if not end:
                if not last and time.monotonic() - one.grew < self._unended_s and len(data) < _LONGEST_LINE:
                    return
                end = len(data)
            one.grew = time.monotonic()
            if not self._taken(one.place, data[:end]):
                return

    def _read_packed(self, path: str, stream: IO[bytes], stat: os.stat_result) -> None:
        if (stat.st_dev, stat.st_ino) in self._places:
            return
        if time.time() - stat.st_mtime < 2 * LOOK_S:
            return  # it may still be written
        stream.seek(0)
        head = stream.read(_HEAD_BYTES)
        codec = codec_of(head)
        stream.seek(0)
        unpacked = Unpacked(stream, codec, path) if codec else stream
        data = b""
        while len(data) < _HEAD_BYTES and (more := unpacked.read(_HEAD_BYTES)):
            data += more
        begun = next((p for p in self._places.values() if len(p.head) >= 64 and data.hex().startswith(p.head)), None)
        place = Place(stat.st_dev, stat.st_ino, head.hex(), 0, path)
        skip = begun.offset if begun is not None else 0
        at = 0
        while not self._ending.is_set():
            if at + len(data) > skip:
                fresh = data[max(0, skip - at) :]
                end = fresh.rfind(b"\n") + 1
                more = unpacked.read(_READ_BYTES)
                if more and not end and len(fresh) < _LONGEST_LINE:
                    data += more
                    continue
                end = end if more else len(fresh)
                place.offset = at + len(data) - (len(fresh) - end)
                while fresh[:end] and not self._taken(place, fresh[:end], moved=False):
                    if self._ending.wait(LOOK_S):
                        return
                at, data = place.offset, fresh[end:] + more
                skip = max(skip, at)
                if not more:
                    break
            else:
                at += len(data)
                data = unpacked.read(_READ_BYTES)
                if not data:
                    break
        self._keep(place)
        self._save()

    def _taken(self, place: Place, data: bytes, *, moved: bool = True) -> bool:
        """Whether these bytes are synced; then ``place`` stands behind them, and that is saved."""
        messages = _messages(data)
        after = Place(place.device, place.inode, place.head, place.offset + (len(data) if moved else 0), place.path)
        arrived_us = time.time_ns() // 1000
        context = Context(arrived_us, place.path, place=msgspec.json.encode(after).decode())
        settled = threading.Event()
        outcome: list[StoreError | None] = []

        def done(failed: StoreError | None) -> None:
            outcome.append(failed)
            settled.set()

        try:
            self._intake.offer([Block.of(context, messages)], done)
        except Busy:
            return False
        settled.wait()
        if outcome[0] is not None:
            self._say(place.path, str(outcome[0]))
            return False
        self.counts.came(place.path, len(messages), len(data))
        self.counts.committed += len(messages)
        place.offset = after.offset
        self._save()
        return True

    def _save(self) -> None:
        try:
            write_file(self._home / STATE, msgspec.json.encode(list(self._places.values())))
        except StoreError as exc:  # the log holds the place until there is space again
            self._say(str(self._home / STATE), str(exc))


def _messages(data: bytes) -> list[bytes]:
    """The lines, each with those that continue it."""
    found: list[bytes] = []
    for line in data.split(b"\n"):
        text = line.rstrip(b"\r")
        if not text:
            continue
        if found and is_continuation(text):
            found[-1] += b"\n" + text
        else:
            found.append(text)
    return found


def _begins_with(stream: IO[bytes], head: str) -> bool:
    stream.seek(0)
    return stream.read(len(head) // 2).hex() == head


def _saved(path: Path) -> list[Place]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Place])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as exc:
        raise StoreError(f"{path}: cannot be read: {exc}") from exc
