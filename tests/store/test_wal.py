"""The write-ahead log: what was synced is there, once, whatever fails; what is not there is said."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootwatch.errors import StoreError
from bootwatch.store import wal
from bootwatch.store.wal import Block, Context, Damage, Disk, Log

CONTEXT = Context(arrived_us=1_774_000_000_000_000, source="udp:514", peer="192.0.2.1")


def block(*messages: bytes, context: Context = CONTEXT) -> Block:
    return Block.of(context, messages)


def contents(home: Path, after: int = 0) -> tuple[list[bytes], list[Damage]]:
    messages: list[bytes] = []
    damage: list[Damage] = []
    for number in wal.numbers(home):
        if number > after:
            for found in wal.read(home, number):
                if isinstance(found, Damage):
                    damage.append(found)
                else:
                    messages += found.messages()
    return messages, damage


@given(groups=st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=5), max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_read_in_order(groups: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("wal")
    log = Log(home, sealed=0, roll_bytes=200)
    for group in groups:
        log.append([block(*group)])
    assert contents(home) == ([message for group in groups for message in group], [])
    log.close()
    assert contents(home)[0] == [message for group in groups for message in group]


def test_a_block_keeps_what_its_receiver_knew(tmp_path: Path) -> None:
    context = Context(5, "hec:8088", index="main", sourcetype="cisco:ios", host="r1", peer="192.0.2.7", form="json")
    Log(tmp_path, sealed=0).append([block(b"{}", context=context)])
    (found,) = wal.read(tmp_path, 1)
    assert isinstance(found, Block)
    assert found.context == context


def test_files_are_numbered_without_gaps_and_wait_until_they_are_sealed(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0, roll_bytes=1)
    for number in range(3):
        log.append([block(b"%d" % number)])
    assert (wal.numbers(tmp_path), log.waiting, log.current) == ([1, 2, 3], [1, 2, 3], None)
    log.sealed(1)
    log.remove(1)
    assert (wal.numbers(tmp_path), log.waiting) == ([2, 3], [2, 3])
    again = Log(tmp_path, sealed=2)
    assert (wal.numbers(tmp_path), again.waiting) == ([3], [3])
    again.append([block(b"later")])
    assert again.current == 4
    assert contents(tmp_path) == ([b"2", b"later"], [])


def test_numbers_go_on_where_everything_was_sealed(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=7)
    log.append([block(b"x")])
    assert wal.numbers(tmp_path) == [8]


class Failing(Disk):
    """Fails the call of this number, of writes, syncs and truncations together; short writes before."""

    def __init__(self, at: Iterable[int], code: int, short: bool = False) -> None:
        self.at, self.code, self.short, self.calls = set(at), code, short, 0

    def _next(self) -> None:
        self.calls += 1
        if self.calls in self.at:
            raise OSError(self.code, os.strerror(self.code))

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        part = memoryview(data)[: max(1, len(data) // 2)] if self.short else data
        try:
            self._next()
        except OSError:
            super().write(descriptor, memoryview(data)[: len(data) // 2])  # half of it is on the disk
            raise
        return super().write(descriptor, part)

    def sync(self, descriptor: int) -> None:
        self._next()
        super().sync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        self._next()
        super().truncate(descriptor, size)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("together", [1, 2, 3])
def test_a_failure_at_any_call_loses_and_doubles_nothing(
    code: int, short: bool, together: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for first in range(1, 40):
        home = tmp_path_factory.mktemp("wal")
        log = Log(home, sealed=0, roll_bytes=400, disk=Failing(range(first, first + together), code, short))
        taken: list[bytes] = []
        said: set[str] = set()
        for number in range(12):
            message = b"message %d " % number * 3
            for _ in range(5):  # a sender that tries again
                try:
                    log.append([block(message)])
                except StoreError as exc:
                    said.add(str(exc).rpartition(": ")[2])
                else:
                    taken.append(message)
                    break
        assert contents(home) == (taken, [])
        assert len(taken) == 12
        assert said <= {os.strerror(code)}
        Log(home, sealed=0).append([block(b"after")])
        assert contents(home) == ([*taken, b"after"], [])


def test_a_torn_end_is_no_event_and_no_damage(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0)
    log.append([block(b"whole")])
    log.append([block(b"torn" * 20)])
    path = wal.path_of(tmp_path, 1)
    data = path.read_bytes()
    for cut in range(1, 90):
        path.write_bytes(data[:-cut])
        messages, damage = contents(tmp_path)
        assert messages == [b"whole"]
        assert [one.torn for one in damage] == [True] * (cut < 110)
        after = Log(tmp_path, sealed=0)
        after.append([block(b"new")])
        assert contents(tmp_path) == ([b"whole", b"new"], [])
        wal.path_of(tmp_path, 2).unlink()


def test_damage_in_the_middle_is_named_and_what_follows_is_read(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0)
    for number in range(5):
        log.append([block(b"message %d" % number)])
    log.close()
    path = wal.path_of(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[data.index(b"message 2")] ^= 1
    path.write_bytes(data)
    messages, damage = contents(tmp_path)
    assert messages == [b"message 0", b"message 1", b"message 3", b"message 4"]
    (one,) = damage
    assert not one.torn
    assert str(one).endswith("are damaged; the events it held cannot be read")


def test_no_flipped_bit_gives_another_message(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0)
    wanted = [b"message %d" % number for number in range(20)]
    for message in wanted:
        log.append([block(message)])
    log.close()
    path = wal.path_of(tmp_path, 1)
    data = path.read_bytes()
    chance = random.Random(4)
    for _ in range(400):
        bad = bytearray(data)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        path.write_bytes(bad)
        try:
            messages, damage = contents(tmp_path)
        except StoreError:
            continue  # the version itself
        assert set(messages) <= set(wanted)
        assert damage
        assert messages == [message for message in wanted if message in messages]


def test_another_version_is_refused_by_name(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0)
    log.append([block(b"x")])
    path = wal.path_of(tmp_path, 1)
    data = bytearray(path.read_bytes())
    head = wal._FILE.pack(b"bootwal\0", 9, 1, 0)
    data[: wal.HEADER_BYTES] = head + wal._CRC.pack(zlib.crc32(head))
    path.write_bytes(data)
    with pytest.raises(StoreError, match="has log version 9; this bootwatch reads version 1"):
        contents(tmp_path)


WRITER = """
import sys
from pathlib import Path
from bootwatch.store.wal import Block, Context, Log
log = Log(Path(sys.argv[1]), sealed=0, roll_bytes=300)
for number in range(100):
    log.append([Block.of(Context(1, "t"), [b"message %d" % number])])
    print(number, flush=True)
    if number % 5 == 4:
        log.roll()
"""


@pytest.mark.parametrize("place", ["append:before", "append:written", "append:synced"])
@pytest.mark.parametrize("at", [1, 7, 23])
def test_a_process_that_is_killed_keeps_what_it_said_was_taken(place: str, at: int, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        env=os.environ | {"BOOTWATCH_FAILPOINT": f"{place}*{at}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    said = [b"message %d" % int(line) for line in ended.stdout.split()]
    messages, damage = contents(tmp_path)
    assert messages[: len(said)] == said
    assert len(messages) <= len(said) + 1  # the write nobody was told about
    assert not [one for one in damage if not one.torn]
