"""Detection while logs come in: the alerts are those a scan of the same log finds, once, across restarts."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.detect.alerts import Stage
from bootwatch.detect.alertstore import AlertStore
from bootwatch.detections.detection import Reads
from bootwatch.detections.severity import Severity
from bootwatch.service.detecting import Detector, reads_from
from bootwatch.service.intake import Intake
from bootwatch.store.wal import Block, Context, Log

PACK = app.pack([])


class Live:
    """A log, its detector, and the alerts, without a service around them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.alerts = AlertStore(home)
        self.intake = Intake(Log(home, sealed=0, keep_from=reads_from(self.alerts)))
        self.detector = Detector(
            home,
            self.intake,
            self.alerts,
            PACK,
            app.Scope(home=home),
            app.Beside(),
            least=Severity.LOW,
            sinks=lambda: ["s"],
        )

    def take(self, *lines: bytes) -> None:
        done = threading.Event()
        arrived_us = 1_773_160_000_000_000
        self.intake.offer([Block.of(Context(arrived_us, "udp:514", peer="192.0.2.1"), lines)], lambda _: done.set())
        assert done.wait(10)

    def close(self) -> None:
        self.intake.close()
        self.alerts.close()


def lines() -> list[bytes]:
    return [line for path in app.samples() for line in path.read_bytes().splitlines()]


def expected() -> list[tuple[str, int, int]]:
    scanned = app.scan(
        app.files(app.samples(), app.Scope()), app.Scope(), pack=PACK, beside=app.Beside(whole_log=False)
    )
    return sorted(
        (one.host, one.score, len(one.evidence)) for one in scanned.findings if one.severity.rank >= Severity.LOW.rank
    )


def told(live: Live) -> list[tuple[str, int, int]]:
    return sorted((str(one.finding["host"]), one.score, len(one.finding["evidence"])) for one in live.alerts.every())


@pytest.mark.parametrize("parts", [1, 7])
def test_however_the_log_comes_the_alerts_are_those_of_a_scan(parts: int, tmp_path: Path) -> None:
    live = Live(tmp_path)
    every = lines()
    size = len(every) // parts + 1
    for at in range(0, len(every), size):
        live.take(*every[at : at + size])
        while live.detector.step():
            pass
        if at // size == parts // 2:  # a restart in the middle
            live.close()
            live = Live(tmp_path)
    assert told(live) == expected()
    created = [message for message in live.alerts.due(1e12) if message.event == "created"]
    assert len(created) == len(expected())
    live.close()


def test_a_step_that_is_repeated_after_a_crash_makes_no_second_alert(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.take(*lines())
    blocks, place = live.detector._read_on()
    live.detector._scanned(blocks, place)  # the crash comes before the transaction
    live.close()
    live = Live(tmp_path)
    assert live.detector.step()
    assert not live.detector.step()
    assert told(live) == expected()
    assert {one.stage for one in live.alerts.every()} == {Stage.NEW}
    live.close()


def test_events_no_detection_asks_for_start_no_search(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.take(*(b"<13>Mar 10 14:01:37 r1 app: message %d" % n for n in range(100)))
    assert live.detector.step()
    assert (live.detector.counts.events, live.detector.counts.steps) == (100, 0)
    live.close()


def test_a_log_file_is_kept_until_it_was_read(tmp_path: Path) -> None:
    live = Live(tmp_path)
    live.take(*lines())
    live.intake.roll()
    while live.intake.waiting() != [1]:
        time.sleep(0.01)
    live.take(b"<13>later")
    live.intake.sealed(1, live.detector.keep_from)
    assert live.detector.step()
    assert told(live) == expected()
    while live.detector.step():
        pass
    assert live.detector.keep_from == 2
    live.close()


def test_what_reads_the_whole_log_runs_over_the_store_and_says_a_thing_once(tmp_path: Path) -> None:
    whole = [one for one in PACK.detections if one.correlation.reads is Reads.EVERYTHING and one.samples]
    sample = next(sample for one in whole for sample in one.samples if sample.expected is not None)
    log = tmp_path / "a.log"
    log.write_text("\n".join(sample.lines) + "\n")
    home = tmp_path / "home"
    scope = app.Scope(home=home, sourcetype=sample.sourcetype, host=sample.host)
    app.ingest(app.files([log], scope), scope)
    wanted = app.scan(app.store(scope), scope, pack=PACK, only=[one.id for one in whole]).findings
    assert wanted
    live = Live(home)
    for _ in range(2):
        live.detector.whole(wanted[0].last_time + timedelta(hours=1))
    assert told(live) == sorted((one.host, one.score, len(one.evidence)) for one in wanted)
    live.close()
