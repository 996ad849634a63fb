"""Context files: what is read, what is said about it, and what is refused and how (``reading.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from bootwatch.detect.tuning import changes, exceptions, inventory, managers
from bootwatch.detect.tuning.changes import Change
from bootwatch.errors import ContentError

FILE: Final = Path(__file__).with_name("reading.yaml")
CASES: Final[list[dict[str, Any]]] = yaml.safe_load(FILE.read_text())
KINDS: Final = ("changes", "allow", "inventory", "exceptions")
YEAR: Final = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_file_is_read_or_refused(case: dict[str, Any], tmp_path: Path) -> None:
    assert told(case, tmp_path) == case["expect"]


def told(case: dict[str, Any], folder: Path) -> list[str]:
    kind = next(name for name in KINDS if name in case)
    path = folder / case[kind]
    path.write_text(case["text"], "utf-8", newline="")
    try:
        lines = list(_read(kind, path, ZoneInfo(case.get("zone", "UTC"))))
    except ContentError as exc:
        lines = [str(exc)]
    return [line.replace(str(path), "{file}") for line in lines]


def _read(kind: str, path: Path, zone: ZoneInfo) -> Iterator[str]:
    match kind:
        case "changes":
            found = changes.read([path], zone)
            yield from map(_change, found.between(*YEAR))
            yield from found.remarks
        case "allow":
            for manager in managers.read([path]):
                networks = ", ".join(map(str, manager.networks))
                devices = f" for {', '.join(manager.devices)}" if manager.devices else ""
                yield f"{manager.host} at {networks} as {', '.join(manager.users)}: {manager.profile.name}{devices}"
        case "inventory":
            for device in inventory.read([path]).devices:
                held = {name: getattr(device, name) for name in device.__slots__ if name not in ("host", "where")}
                said = (f"{name}={_plain(value)}" for name, value in held.items() if value)
                yield f"{device.where} {device.host}: {' '.join(said)}"
        case _:
            for exempt in exceptions.read([path], zone):
                match = "; ".join(f"{name} {', '.join(patterns)}" for name, patterns in exempt.match)
                yield f"{exempt.title}: {match} (to {exempt.until:%Y-%m-%dT%H:%MZ})"


def _change(change: Change) -> str:
    further = (
        f"{name}={_plain(value)}"
        for name, value in (
            ("image", change.images),
            ("digest", tuple(f"{algorithm}:{digest}" for algorithm, digest in change.digests)),
            ("servers", change.servers),
            ("users", change.users),
        )
        if value
    )
    return " ".join((f"{change.where} {change.title} {change.window} on {', '.join(change.hosts)}", *further))


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
