"""Detections beside a lake: every batch of new files is scanned, with the stories of the batches before.

Spark's Structured Streaming says which files are new. The state between batches is that of ``scan --state``, so that
what is found in files that came one after the other is what a scan of all of them finds. A batch that was cut off is
done again: its findings carry the same ids, and its file is written anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bootwatch import app
from bootwatch.engines.spark import streaming
from bootwatch.errors import InputError, SettingsError
from bootwatch.ingest.remote import is_remote
from bootwatch.store.durable import write_file

if TYPE_CHECKING:
    from bootwatch.app import Beside, Scope
    from bootwatch.detections.pack import Pack

_STATE: Final = "stories.arrow"
_TOLD: Final = "told.json"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch of files showed: findings that are new, or say more than before."""

    number: int
    files: int
    told: int
    unreadable: tuple[tuple[str, str], ...] = ()


def stream(
    folder: str,
    output: Path,
    scope: Scope,
    *,
    checkpoint: Path,
    pack: Pack,
    only: Sequence[str] = (),
    beside: Beside | None = None,
    once: bool = False,
    every_s: float = 10.0,
    pinned: bool = False,
    done: Callable[[Batch], None] = lambda batch: None,
) -> None:
    """Scan files as they appear in a folder; the findings of each batch go to ``output/findings-NUMBER.jsonl``.

    ``checkpoint`` is a folder where Spark keeps which files are done, and this the stories so far. Runs until it is
    interrupted, with ``once`` until all files that are there are done. The clock goes on from batch to batch, unless it
    is ``pinned``. Raises SettingsError without a cluster, EngineError, InputError, StoreError.
    """
    cluster = app.on_spark(scope)
    if cluster is None:
        raise SettingsError("files are followed by a cluster: give its master, such as local[2]", key="--engine")
    if not is_remote(folder) and not Path(folder).is_dir():
        raise InputError("no such folder", path=folder)
    checkpoint.mkdir(parents=True, exist_ok=True)
    output.mkdir(parents=True, exist_ok=True)
    kept = replace(beside or app.Beside(), state=checkpoint / _STATE)
    known = checkpoint / _TOLD
    on = replace(scope, engine=cluster.session)

    def scan(number: int, paths: list[str]) -> None:
        before: dict[str, tuple[str, int]] = json.loads(known.read_text()) if known.exists() else {}
        now = on if pinned else replace(on, clock=replace(on.clock, now=datetime.now(UTC)))
        source = app.reading(paths, now)
        try:
            scanned = app.scan(source, now, pack=pack, only=only, beside=kept)
        except InputError as exc:
            if str(exc.path) == str(kept.state):
                raise
            # Not one of these files is a log: that is said, and the next ones are waited for.
            done(Batch(number, len(paths), 0, ((str(exc.path), exc.message),)))
            return
        lines: list[bytes] = []
        for finding in scanned.findings:
            line = msgspec.json.encode(finding.to_dict())
            mark = hashlib.sha256(line).hexdigest()
            if before.get(finding.id, ("", number))[0] != mark or before[finding.id][1] == number:
                before[finding.id] = (mark, number)
                lines.append(line + b"\n")
        write_file(output / f"findings-{number:06}.jsonl", b"".join(lines))
        write_file(known, json.dumps(before).encode())
        done(Batch(number, len(paths), len(lines), tuple(source.report.unreadable)))

    streaming.each_batch(cluster.session, folder, str(checkpoint / "spark"), scan, once=once, every_s=every_s)
