"""Followed files: every line once, through appending, rotation, truncation, packing, restarts and crashes."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootwatch.service.follow import STATE, Follower
from bootwatch.service.intake import Intake
from bootwatch.store import wal
from bootwatch.store.wal import Log

LONG = "a line that is long enough to tell one file from another, number "


class Watch:
    """A folder that is followed, looked at when the test says so."""

    def __init__(self, tmp_path: Path) -> None:
        self.home = tmp_path / "home"
        self.logs = tmp_path / "logs"
        self.logs.mkdir()
        self.intake = Intake(Log(self.home, sealed=0))
        self.follower = Follower([self.logs], self.home, self.intake, unended_s=0)

    def restart(self, *, lose_state: bool = False) -> None:
        self.follower.close()
        if lose_state:
            (self.home / STATE).unlink()
        places = [block.context.place for block in self.blocks()]
        self.follower = Follower([self.logs], self.home, self.intake, places, unended_s=0)

    def look(self) -> None:
        self.follower.look()

    def blocks(self) -> list[wal.Block]:
        return [
            block
            for number in wal.numbers(self.home)
            for block in wal.read(self.home, number)
            if isinstance(block, wal.Block)
        ]

    def lines(self) -> list[str]:
        return [message.decode() for block in self.blocks() for message in block.messages()]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    made = Watch(tmp_path)
    yield made
    made.follower.close()
    made.intake.close()


def append(path: Path, *texts: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(texts) + end)


def test_what_is_appended_is_taken_once(watch: Watch) -> None:
    log = watch.logs / "a.log"
    append(log, "one", "two")
    watch.look()
    watch.look()
    append(log, "three")
    watch.look()
    assert watch.lines() == ["one", "two", "three"]
    assert watch.blocks()[0].context.source == str(log)


def test_lines_that_continue_a_message_belong_to_it(watch: Watch) -> None:
    append(watch.logs / "a.log", "%SYS-5-RESTART: System restarted --", "Cisco IOS Software, C2900", "next")
    watch.look()
    assert watch.lines() == ["%SYS-5-RESTART: System restarted --\nCisco IOS Software, C2900", "next"]


def test_a_line_without_an_end_waits_for_it(watch: Watch) -> None:
    watch.follower = Follower([watch.logs], watch.home, watch.intake)
    append(watch.logs / "a.log", "one", "tw", end="")
    watch.look()
    assert watch.lines() == ["one"]
    append(watch.logs / "a.log", "o")
    watch.look()
    assert watch.lines() == ["one", "two"]


def test_a_renamed_file_is_read_to_its_end_and_not_again(watch: Watch) -> None:
    log = watch.logs / "a.log"
    append(log, *(f"{LONG}{n}" for n in range(3)))
    watch.look()
    append(log, f"{LONG}3")
    log.rename(watch.logs / "a.log.1")
    append(log, "new")
    watch.look()
    watch.look()
    assert watch.lines() == [f"{LONG}{n}" for n in range(4)] + ["new"]


def test_a_truncated_file_is_read_from_its_beginning(watch: Watch) -> None:
    log = watch.logs / "a.log"
    append(log, "one", "two", "three")
    watch.look()
    log.write_text("four\n")
    watch.look()
    log.write_text("a longer line than all those before it together\n")
    watch.look()
    assert watch.lines()[3:] == ["four", "a longer line than all those before it together"]


def test_an_archive_gives_only_what_was_not_read(watch: Watch) -> None:
    log = watch.logs / "a.log"
    append(log, *(f"{LONG}{n}" for n in range(10)))
    watch.look()
    append(log, f"{LONG}10")  # nobody looks before it is packed
    packed = watch.logs / "a.log.1.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    os.utime(packed, (0, 0))
    log.unlink()
    watch.look()
    watch.look()
    assert watch.lines() == [f"{LONG}{n}" for n in range(11)]


def test_an_archive_of_something_else_is_read_whole(watch: Watch) -> None:
    packed = watch.logs / "old.gz"
    packed.write_bytes(gzip.compress("".join(f"{LONG}{n}\n" for n in range(50_000)).encode()))
    os.utime(packed, (0, 0))
    watch.look()
    watch.look()
    assert watch.lines() == [f"{LONG}{n}" for n in range(50_000)]


@pytest.mark.parametrize("lose_state", [False, True])
def test_after_a_restart_it_goes_on_at_the_right_byte(watch: Watch, lose_state: bool) -> None:
    log = watch.logs / "a.log"
    append(log, "one", "two")
    watch.look()
    append(log, "three")
    watch.restart(lose_state=lose_state)
    watch.look()
    assert watch.lines() == ["one", "two", "three"]


def test_a_large_file_comes_in_pieces_and_in_order(watch: Watch) -> None:
    lines = [f"{LONG}{n}" for n in range(40_000)]
    append(watch.logs / "a.log", *lines)
    watch.look()
    assert watch.lines() == lines
    assert len(watch.blocks()) > 1


def test_a_file_that_cannot_be_read_is_said_and_the_others_are_read(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    append(watch.logs / "a.log", "one")
    watch.follower = Follower([watch.logs, watch.logs / "none.log"], watch.home, watch.intake, unended_s=0)
    watch.look()
    watch.look()
    assert watch.lines() == ["one"]
    assert [record.getMessage().startswith(f"{watch.logs}/none.log: ") for record in caplog.records] == [True]
