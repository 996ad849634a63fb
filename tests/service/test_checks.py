"""What doctor says of a place where a service is to run."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

from tests.service.serving import Serving, until

from bootwatch.service.checks import Check, checks
from bootwatch.settings import Settings

OFF = Settings(udp="off", tcp="off", hec="off", web="off")


def named(settings: Settings, home: Path) -> dict[str, Check]:
    return {check.name: check for check in checks(settings, home)}


def test_a_quiet_place_is_right(tmp_path: Path) -> None:
    found = named(Settings(udp="127.0.0.1:0", tcp="127.0.0.1:0", hec="127.0.0.1:0", web="off"), tmp_path / "home")
    assert {"door udp", "door tcp", "door hec", "home", "disk", "clock"} <= found.keys()
    assert [check for check in found.values() if check.wrong and check.name != "disk"] == []
    assert not (tmp_path / "home").exists()


def test_a_door_that_is_taken_and_a_clock_set_back_are_said(tmp_path: Path) -> None:
    written = tmp_path / "events" / "manifest.jsonl"
    written.parent.mkdir()
    written.touch()
    os.utime(written, (9e9, 9e9))
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = named(replace(OFF, tcp=f"127.0.0.1:{other.getsockname()[1]}"), tmp_path)
    assert found["door tcp"].wrong
    assert "Address already in use" in found["door tcp"].said
    assert found["clock"].wrong
    assert found["clock"].said.endswith("it was set back")


def test_a_service_that_runs_and_a_relay_that_cuts_words_off(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Serving(home) as server:
        with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as sender:
            sender.sendall(b"<189>Mar 10 14:01:37 cut1 Configured from console by admin on vty0 (192.0.2.5)\n")
            sender.sendall(b"<189>123: r2: Mar 10 14:01:37: %SYS-5-CONFIG_I: Configured from console by admin\n")
        until(lambda: server.committed("tcp") == 2)
        found = named(OFF, home)
    assert found["service"].said.startswith("runs")
    assert found["relay"].said == "1 messages of cut1 lack their mnemonic: a relay on the way cuts it off"
