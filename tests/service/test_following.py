"""A search that goes on with what comes: each event once and in order, through the sealing of its file."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest
from tests.service.serving import Serving

from bootwatch import app
from bootwatch.errors import SplUnsupported
from bootwatch.store.tail import Following
from bootwatch.store.wal import Block, Context, Log


def block(*messages: bytes) -> Block:
    return Block.of(Context(1, "t"), messages)


def told(following: Following) -> list[bytes]:
    return [message for one in following.more() for message in one.messages()]


def test_only_what_comes_is_told_and_across_files(tmp_path: Path) -> None:
    log = Log(tmp_path, sealed=0)
    log.append([block(b"before")])
    following = Following(tmp_path)
    assert told(following) == []
    log.append([block(b"one"), block(b"two")])
    assert told(following) == [b"one", b"two"]
    log.append([block(b"three")])
    log.roll()
    log.append([block(b"four")])
    log.sealed(1)
    log.remove(1)  # read to its end all the same
    assert told(following) == [b"three"]
    assert told(following) == [b"four"]
    assert told(following) == []
    following.close()


def test_a_store_nobody_has_written_to_yet(tmp_path: Path) -> None:
    following = Following(tmp_path)
    assert told(following) == []
    Log(tmp_path, sealed=0).append([block(b"first")])
    assert told(following) == [b"first"]
    following.close()


@pytest.mark.parametrize("spl", ["* | stats count", "* | sort host", "* | head 3", "* | dedup host"])
def test_a_search_that_waits_for_the_last_event_is_refused_by_name(spl: str, tmp_path: Path) -> None:
    name = spl.split()[2]
    with pytest.raises(SplUnsupported, match=f"'{name}' waits for the last event"):
        next(app.follow(spl, app.Scope(home=tmp_path)))


def test_it_ends_when_told_to(tmp_path: Path) -> None:
    ended = Event()
    ended.set()
    assert list(app.follow("b | table _raw", app.Scope(home=tmp_path), ended=ended)) == []


def test_the_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home) as server:
        followed = subprocess.Popen(
            [sys.executable, "-m", "bootwatch", "search", "--follow", "*b* | eval n=len(_raw) | table _raw n"],
            env=os.environ | {"BOOTWATCH_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert followed.stdout is not None
        deadline = time.monotonic() + 60
        rows: list[dict[str, object]] = []
        while not rows and time.monotonic() < deadline:
            server.collect("aaa", "abc")
            time.sleep(0.3)
            ready, _, _ = select.select([followed.stdout], [], [], 0)
            if ready:
                assert followed.poll() is None
                rows.append(json.loads(followed.stdout.readline()))
        followed.send_signal(signal.SIGINT)
        try:
            assert followed.wait(20) == 130
        finally:
            followed.kill()
            followed.wait()
            followed.stdout.close()
    assert {(row["_raw"], row["n"]) for row in rows} == {("abc", 3)}
