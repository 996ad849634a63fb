"""A story told live, datagram by datagram, gives the findings of a scan of the same file; each is delivered once."""

from __future__ import annotations

import socket
from collections import Counter
from pathlib import Path

from tests.service.serving import Serving, until
from tests.service.test_sending import Receiver

from bootwatch import app
from bootwatch.detect.alertstore import AlertStore
from bootwatch.detections.severity import Severity


def test_the_samples_live_over_udp_are_the_findings_of_a_scan(tmp_path: Path) -> None:
    lines = [line for path in app.samples() for line in path.read_bytes().splitlines() if line.strip()]
    scanned = app.scan(app.files(app.samples(), app.Scope()), app.Scope(), beside=app.Beside(whole_log=False))
    expected = sorted(
        (one.host, one.severity.value, one.score, len(one.evidence))
        for one in scanned.findings
        if one.severity.rank >= Severity.LOW.rank
    )
    assert expected
    receiver = Receiver(503, 500)
    sinks = tmp_path / "sinks.yaml"
    sinks.write_text(f"sinks:\n  - {{name: soc, kind: webhook, url: '{receiver.url}'}}\n", encoding="utf-8")
    home = tmp_path / "home"
    # One step for all of it, as a scan is one: what a story is called while it grows is another test's matter.
    env = {
        "BOOTWATCH_ALERTS_SINKS": str(sinks),
        "BOOTWATCH_ALERTS_MIN_SEVERITY": "low",
        "BOOTWATCH_DETECT_EVERY_S": "2",
    }
    with Serving(home, env=env) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for line in lines:
                sender.sendto(line, ("127.0.0.1", server.doors["udp"]))
        until(lambda: server.metric("detected_events_total") == len(lines))
        alerts = AlertStore(home)
        until(lambda: alerts.waiting() == 0, 60)
        found = sorted(
            (str(one.finding["host"]), str(one.finding["severity"]), one.score, len(one.finding["evidence"]))
            for one in alerts.every()
        )
        names = [one.id for one in alerts.every()]
        alerts.close()
        assert server.stop() == 0
    receiver.close()
    assert found == expected
    assert Counter(one["alert"]["id"] for one in receiver.got if one["event"] == "created") == Counter(names)
    assert [status for status, _, _ in receiver.tried[:3]] == [503, 500, 200]
