"""Paths and what may be wrong with them: each outcome is named, the rest is read."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.ingest.reading import CLOCK, as_stream, scan, texts

from bootwatch.errors import InputError
from bootwatch.events.source import ScanRequest
from bootwatch.ingest.files import FileSource


def test_a_folder_is_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "sub/c.log", ".hidden", ".git/d.log", "sub/.e"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n")
    events, report = scan(tmp_path)
    assert texts(events) == ["a.log", "b.log", "sub/c.log"]
    assert [event["source"] for event in events] == [str(tmp_path / name) for name in texts(events)]
    assert not report.unreadable


def test_order_ascends_over_inputs_in_the_order_given(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(f"{name}1\n{name}2\n")
    assert texts(scan([tmp_path / "b", tmp_path / "a"])[0]) == ["b1", "b2", "a1", "a2"]


def test_an_empty_file_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "empty.log"
    path.touch()
    events, report = scan(path)
    assert (events, report.unreadable, report.lines) == ([], [], 0)


def test_a_missing_file_beside_a_good_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("hello\n")
    events, report = scan([tmp_path / "none.log", tmp_path / "a.log"])
    assert texts(events) == ["hello"]
    assert report.unreadable == [(str(tmp_path / "none.log"), "no such file or folder")]


def test_nothing_readable_at_all_is_an_error(tmp_path: Path) -> None:
    source = FileSource([tmp_path / "none.log"], clock=CLOCK)
    with pytest.raises(InputError, match=r"none\.log: no such file or folder"):
        list(source.batches(ScanRequest(())))
    assert source.report.unreadable


def test_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    with pytest.raises(InputError, match="no log files in this folder"):
        scan(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch(mode=0)
    with pytest.raises(InputError, match="not readable: permission denied"):
        scan(path)


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("hello\n")
    (tmp_path / "b.log").symlink_to(tmp_path / "gone")
    assert scan(tmp_path)[1].unreadable == [(str(tmp_path / "b.log"), "no such file or folder")]


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"\x7fELF\x02\x01\x01", "an ELF program or device image, not a log"),
        (b"\x89PNG\r\n", "a picture, not a log"),
        (b"PK\x03\x04", "a ZIP archive, not a log"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture, not a log"),
        (bytes(257) + b"ustar\x0000", "a tar archive; unpack it first"),
        ("log\n".encode("utf-16"), "UTF-16 text; convert it to UTF-8 first"),
        (bytes(4096), "binary data, not a log"),
        (random.Random(1).randbytes(4096), "binary data, not a log"),
    ],
)
def test_a_file_that_is_no_log_is_named_and_skipped(tmp_path: Path, head: bytes, why: str) -> None:
    (tmp_path / "image.bin").write_bytes(head)
    (tmp_path / "z.log").write_text("hello\n")
    events, report = scan(tmp_path)
    assert texts(events) == ["hello"]
    assert report.unreadable == [(str(tmp_path / "image.bin"), why)]


def test_a_log_in_latin1_is_no_binary(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes("Zugriff für Müller verweigert, Gerät überlastet\n".encode("latin-1"))
    assert len(scan(path)[0]) == 1


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.log")
    Path(path).write_text("hello\n")
    (event,), _ = scan(path)
    assert event["source"].endswith("/caf\U0010ffe9.log")


def test_a_second_scan_has_its_own_report(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\n")
    source = FileSource([path], clock=CLOCK)
    for _ in range(2):
        assert sum(batch.num_rows for batch in source.batches(ScanRequest(()))) == 2
        assert source.report.events == 2


def test_a_pipe_read_twice_is_an_error(tmp_path: Path) -> None:
    with as_stream(b"one\n", tmp_path) as stdin:
        source = FileSource(["-"], clock=CLOCK, stdin=stdin)
        assert source.own_fields(None) == {}
        assert sum(batch.num_rows for batch in source.batches(ScanRequest(()))) == 1
        with pytest.raises(InputError, match="a pipe can be read only once"):
            list(source.batches(ScanRequest(())))


def test_a_scan_that_is_given_up_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"a line\n" * 500_000)
    batches = FileSource([path], clock=CLOCK, block_bytes=4096).batches(ScanRequest(()))
    assert next(batches).num_rows
    batches.close()  # type: ignore[attr-defined]  # every iterator of ours is a generator
