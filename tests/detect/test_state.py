"""A story that takes weeks is told by the scan that sees its end, though each part was scanned by itself."""

from __future__ import annotations

from pathlib import Path

from tests.detect.stories import BOOT, COPY, NOW, essence, local

from bootwatch import app
from bootwatch.detect.findings import Finding
from bootwatch.events.clock import Clock

_DAY = 24 * 60
_SLOW = (local(0, COPY), local(11 * _DAY, BOOT), local(28 * _DAY, "reload"))


def test_a_slow_chain_goes_on_where_the_scan_before_ended(tmp_path: Path) -> None:
    def told(*lines: str, state: Path | None = None) -> list[Finding]:
        log = tmp_path / "network.log"
        log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        scope = app.Scope(clock=Clock.of(NOW))
        return app.scan(app.files([log], scope), scope, pack=app.pack([]), beside=app.Beside(state=state)).findings

    (one,) = told(*_SLOW)
    assert one.detection == "t1601-001-image-replaced-and-armed"
    parts = [told(line, state=tmp_path / "state") for line in _SLOW]
    assert essence(parts[-1]) == essence([one])
