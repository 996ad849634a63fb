"""Recorded lines as files: many samples in one scan, told apart by the file an event comes from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootwatch import app
from bootwatch.detect.findings import Finding
from bootwatch.detections.pack import Pack
from bootwatch.search.rows import Row

FIELDS: Final = (
    "_time host source sourcetype _raw command command_source user src src_ip line action result object "
    "object_category object_path transfer_scheme transfer_host version facility severity_id mnemonic message_text "
    "os_family vendor_product indicator indicator_class repeat_of"
)
EVENTS: Final = f"index=* | sort 0 _time | table {FIELDS}"
"""Every event, oldest first, with what is read in it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Lines as a collector wrote them; ``sourcetype`` and ``host`` where the lines do not show them."""

    lines: Sequence[str]
    sourcetype: str | None = None
    host: str | None = None


@contextmanager
def recorded(recordings: Iterable[Recording]) -> Iterator[list[Path]]:
    """A file for each, in order, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="bootwatch-") as folder:
        paths = []
        for number, recording in enumerate(recordings):
            given = {"sourcetype": recording.sourcetype, "host": recording.host}
            said = {key: value for key, value in given.items() if value is not None}
            path = Path(folder) / f"{number:04}.{'jsonl' if said else 'log'}"
            lines = [json.dumps({"_raw": line, **said}) for line in recording.lines] if said else recording.lines
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            paths.append(path)
        yield paths


def rows(spl: str, paths: Sequence[Path], scope: app.Scope) -> list[Row]:
    """The rows of a search over these files."""
    return list(app.search(spl, app.files(paths, scope), scope).rows())


def by_file(found: Iterable[Row]) -> dict[str, list[Row]]:
    """Events by the file they come from."""
    files: dict[str, list[Row]] = {}
    for row in found:
        files.setdefault(str(row.get("source")), []).append(row)
    return files


def waves(paths: Sequence[Path], events: dict[str, list[Row]]) -> list[list[Path]]:
    """The files in groups within which no host stands in two files: stories of one host must not meet."""
    groups: list[tuple[set[str], list[Path]]] = []
    for path in paths:
        hosts = {str(row.get("host")) for row in events.get(str(path), ())}
        for seen, group in groups:
            if not seen & hosts:
                seen |= hosts
                group.append(path)
                break
        else:
            groups.append((set(hosts), [path]))
    return [group for _, group in groups]


def findings(
    paths: Sequence[Path], events: dict[str, list[Row]], pack: Pack, only: Sequence[str], scope: app.Scope
) -> dict[str, list[Finding]]:
    """The findings of each file. Raises what a scan raises."""
    found: dict[str, list[Finding]] = {str(path): [] for path in paths}
    for group in waves(paths, events):
        scanned = app.scan(app.files(group, scope), scope, pack=pack, only=only)
        for finding in scanned.findings:
            for source in dict.fromkeys(evidence.source for evidence in finding.evidence):
                if source in found:
                    found[source].append(finding)
    return found
