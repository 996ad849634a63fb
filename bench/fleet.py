"""A month of a fleet in which nothing bad happens: 500 devices, their ordinary messages, 50 upgrades under change.

``python -m bench.fleet --events 20_000_000 --check`` writes it and scans it: at most two open findings above low.
The mix within a device class is that of ``messages.txt`` and ``scenarios/noise.txt``; how many lines each class writes
is scaled so that quiet switches are still heard beside busy firewalls.
"""

import argparse
import heapq
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np

from bench.scenarios import context, headers
from bench.scenarios.compose import Log, Told, tell
from bench.scenarios.noise import Noise
from bench.scenarios.score import above_low, said, scan
from bench.scenarios.story import Kind, Story, load
from bench.scenarios.world import Device, World, device, world

DEVICES = {
    "ios": 240,
    "iosxe": 90,
    "nxos": 50,
    "junos": 35,
    "asa": 20,
    "iosxr": 15,
    "panos": 15,
    "eos": 15,
    "fortios": 15,
    "ftd": 5,
}
SHARES = {
    "ios": 12,
    "iosxe": 24,
    "nxos": 10,
    "junos": 12,
    "asa": 24,
    "iosxr": 2,
    "panos": 8,
    "eos": 2,
    "fortios": 2,
    "ftd": 4,
}
"""Lines of each class in a hundred."""

UPGRADES = 50
NEAR_SHARE = 1e-4
"""Lines about files, boot settings and reloads that belong to no upgrade."""

ALLOWED = 2
_START = datetime(2026, 3, 10, tzinfo=UTC)
_DAYS = 30
_BLOCK = 100_000
_BODIES = 4_000


def devices(place: World) -> list[Device]:
    """The fleet, class by class."""
    kinds = [os for os, count in DEVICES.items() for _ in range(count)]
    return [device(place, os, number) for number, os in enumerate(kinds)]


def noise(fleet: list[Device], place: World, events: int, seed: int) -> Iterator[tuple[datetime, str]]:
    """``events`` ordinary messages with their times, in order."""
    random, numbers = Random(f"fleet {seed}"), np.random.default_rng(seed)
    source = Noise(random, place.domain)
    bodies = {os: [source.body(os, NEAR_SHARE) for _ in range(_BODIES)] for os in DEVICES}
    weights = np.array([SHARES[each.os] / DEVICES[each.os] for each in fleet])
    weights /= weights.sum()
    step = _DAYS * 86_400 / events
    for start in range(0, events, _BLOCK):
        count = min(_BLOCK, events - start)
        chosen = numbers.choice(len(fleet), count, p=weights).tolist()
        which = numbers.integers(0, _BODIES, count).tolist()
        for place_in_block, (index, body) in enumerate(zip(chosen, which, strict=True)):
            time = _START + timedelta(milliseconds=int((start + place_in_block) * step * 1000))
            each = fleet[index]
            scene = headers.Scene(each, time, "", "", False, random, place.domain)
            yield time, headers.syslog(scene, source.stamped(bodies[each.os][body], each, time))


def upgrades(fleet: list[Device], place: World, seed: int) -> tuple[list[Told], list[tuple[datetime, str]]]:
    """Planned upgrades of single devices, each under a record that names the image, and their lines in order."""
    random = Random(f"upgrades {seed}")
    stories: dict[str, list[Story]] = {}
    for story in load():
        planned = story.change is not None and story.change.image == "{new}" and not story.change.weekly
        if story.kind is Kind.BENIGN and planned and story.devices == 1 and story.role == "production":
            stories.setdefault(story.os, []).append(story)
    chosen = random.sample([each for each in fleet if each.os in stories], UPGRADES)
    out: list[tuple[datetime, headers.Line]] = []
    told = [
        tell(
            random.choice(stories[each.os]), (each,), place, _START + timedelta(days=random.randrange(4)), random, out
        )[0]
        for each in chosen
    ]
    return told, sorted((time, text) for time, (_, text) in out)


def write(path: Path, events: int, seed: int) -> list[str]:
    """The log and, beside it, its context files; returns options for ``scan``."""
    place = world(seed)
    fleet = devices(place)
    told, lines = upgrades(fleet, place, seed)
    end = _START + timedelta(days=_DAYS)
    with path.open("w") as file:
        for _, text in heapq.merge(noise(fleet, place, events, seed), lines):
            file.write(text + "\n")
    log = Log(place, seed, [], told, end)
    options = context.write(log, path.parent)
    rows = [
        ",".join((each.name, each.ip, each.os, each.platform, each.versions["old"], "production")) for each in fleet
    ]
    (path.parent / "inventory.csv").write_text("\n".join(["host,ip,vendor_os,platform,version,role", *rows, ""]))
    return [*options, "--now", f"{end:%Y-%m-%dT%H:%M:%SZ}"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description="write and check a quiet fleet")
    parser.add_argument("--events", type=int, default=20_000_000, help="ordinary messages (default 20,000,000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="the folder to write; a temporary one unless said")
    parser.add_argument("--check", action="store_true", help="scan it; exit 1 at more than two open findings above low")
    options = parser.parse_args()
    folder = options.out or Path(tempfile.mkdtemp(prefix="fleet-"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fleet.log"
    arguments = write(path, options.events, options.seed)
    print(f"{path} ({path.stat().st_size:,} bytes)")
    if not options.check:
        return 0
    found = scan([path], arguments)
    opened = above_low(found)
    print(f"open findings above low: {len(opened)} (goal at most {ALLOWED}), of {len(found)} in all")
    print("\n".join(map(said, opened)))
    return int(len(opened) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
