"""From counted events to what they can show: sources, devices, the acts each device's logs miss, and what would help.

The counts come from one search (``query``), one row for every host and what its events say of their source; events are
never visited here. A TACACS+, ISE, ACS or RADIUS record is the device's it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bootwatch.diagnose.facts import FIELDS, Act, Default, Kind, LogSource, Platform, Said, Told

_NONE: Final = "-"
"""What the search writes where an event does not say; SPL groups by no absent field."""
_BOUNDED: Final = ("mnemonic", "command_source", "object_category")
"""Fields whose values a message's text decides: all but those a source is told by are one."""

Value = str | int | float | list[str]


class Shown(StrEnum):
    """What a device's logs show of an act."""

    YES = "yes"
    DEFAULT = "default"
    """Nothing yet, but the device sends it without being told when the act is done."""
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Device:
    """One device in the logs. ``first`` and ``last`` are epoch seconds; ``unreliable`` counts events whose clock is not
    to be trusted; ``platform`` is None where no file knows the system.
    """

    host: str
    os_family: str | None
    platform: Platform | None
    events: int
    commands: int
    first: float
    last: float
    unreliable: int
    relays: tuple[str, ...]
    sources: tuple[LogSource, ...]
    shown: Mapping[Act, Shown]

    @property
    def missing(self) -> tuple[Act, ...]:
        """The acts its logs do not show, or show on some ways only."""
        return tuple(act for act, how in self.shown.items() if how in (Shown.NO, Shown.PARTLY))


@dataclass(frozen=True, slots=True)
class Present:
    """A source that is in the logs: its events, those with a command, and the hosts that send it."""

    platform: Platform
    source: LogSource
    events: int
    commands: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A source worth switching on for ``hosts``: it shows ``acts`` that their logs miss, and ``partly`` others.

    Where it shows none, it carries commands, and the hosts send none at all. Who misses no act is told nothing.
    """

    platform: Platform
    source: LogSource
    acts: tuple[Act, ...]
    partly: tuple[Act, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What logs show. ``advice`` holds what is worth switching on, once for each system and source."""

    devices: tuple[Device, ...]
    present: tuple[Present, ...]
    advice: tuple[Advice, ...]


def query(platforms: Sequence[Platform]) -> str:
    """The search whose rows ``diagnose`` reads."""
    told: dict[str, set[str]] = {name: set() for name in _BOUNDED}
    for platform in platforms:
        for source in platform.sources:
            for fields in source.when:
                for name in told.keys() & fields.keys():
                    told[name] |= fields[name]
    bounds = " ".join(
        f'| eval {name}=if(in({name}, {_quoted(values)}), {name}, "{_NONE}")' for name, values in told.items() if values
    )
    return (
        'index=* | eval unreliable=if(reliable_time="false",1,0), told=if(isnotnull(command),1,0)'
        f' | fillnull value="{_NONE}" {" ".join(FIELDS)} {bounds}'
        " | stats count AS events, sum(told) AS commands, min(_time) AS first, max(_time) AS last,"
        " sum(unreliable) AS unreliable, max(severity_id) AS severity, values(relay) AS relays"
        f" by host {' '.join(FIELDS)}"
    )


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f'"{value}"' for value in sorted(values))


@dataclass(frozen=True, slots=True)
class _Count:
    """One row of the search."""

    said: Said
    events: int
    commands: int
    first: float
    last: float
    unreliable: int
    severity: int | None
    relays: tuple[str, ...]


def diagnose(rows: Iterable[Mapping[str, Value]], platforms: Sequence[Platform]) -> Diagnosis:
    """What the rows of ``query`` say."""
    by_family = {family: platform for platform in platforms for family in platform.os_family}
    hosts: dict[str, list[_Count]] = {}
    for row in rows:
        hosts.setdefault(str(row["host"]), []).append(_count(row))
    devices: list[Device] = []
    seen: dict[tuple[str, str], list[_Count]] = {}
    senders: dict[tuple[str, str], list[str]] = {}
    for host, counts in sorted(hosts.items()):
        for family, own in _devices_of(counts, by_family):
            device = _device(host, family, own, by_family.get(family or ""))
            devices.append(device)
            for source in device.sources:
                key = (device.platform.name if device.platform else "", source.id)
                seen.setdefault(key, []).extend(count for count in own if source.is_told_by(count.said))
                senders.setdefault(key, []).append(host)
    devices.sort(key=lambda device: ((device.platform.name if device.platform else "~").lower(), device.host))
    present = [
        Present(
            platform,
            source,
            sum(c.events for c in seen[key]),
            sum(c.commands for c in seen[key] if _is_command(c, (source,))),
            tuple(senders[key]),
        )
        for platform in platforms
        for source in platform.sources
        if (key := (platform.name, source.id)) in seen
    ]
    advice = sorted(_advice(devices, platforms), key=lambda found: (found.platform.name.lower(), -len(found.acts)))
    return Diagnosis(tuple(devices), tuple(present), tuple(advice))


def _devices_of(counts: list[_Count], by_family: Mapping[str, Platform]) -> list[tuple[str | None, list[_Count]]]:
    """The devices one host name stands for, by system.

    What AAA servers say of a host is about the system that says most there, and so is what no profile recognised.
    """
    own: dict[str | None, list[_Count]] = {}
    about: list[_Count] = []
    for count in counts:
        platform = by_family.get(count.said.os_family or "")
        if count.said.os_family is None or (platform is not None and platform.kind is Kind.SERVER):
            about.append(count)
        else:
            own.setdefault(count.said.os_family, []).append(count)
    if about:
        named = next((count.said.os_family for count in about if count.said.os_family), None)
        most = max(own, key=lambda family: sum(count.events for count in own[family]), default=named)
        own.setdefault(most, []).extend(about)
    return list(own.items())


def _device(host: str, family: str | None, counts: list[_Count], platform: Platform | None) -> Device:
    sources = (
        () if platform is None else tuple(s for s in platform.sources if any(s.is_told_by(c.said) for c in counts))
    )
    shown: dict[Act, Shown] = {}
    if platform is not None:
        severities = [count.severity for count in counts if count.severity is not None]
        itself = any(count.said.os_family == family for count in counts)
        least = max(severities, default=None) if itself else -1
        shown = {act: _shown(act, platform, sources, least) for act in platform.acts}
    return Device(
        host=host,
        os_family=family,
        platform=platform,
        events=sum(count.events for count in counts),
        commands=sum(count.commands for count in counts if _is_command(count, sources)),
        first=min(count.first for count in counts),
        last=max(count.last for count in counts),
        unreliable=sum(count.unreliable for count in counts),
        relays=tuple(sorted({relay for count in counts for relay in count.relays})),
        sources=sources,
        shown=shown,
    )


def _is_command(count: _Count, sources: Sequence[LogSource]) -> bool:
    """Whether a command these events hold is one: any message may say ``command=`` of itself."""
    return any(Told.COMMAND in source.tells and source.is_told_by(count.said) for source in sources)


def _shown(act: Act, platform: Platform, sources: tuple[LogSource, ...], severity: int | None) -> Shown:
    """``severity`` is the least severe the device sends (-1: it sends nothing itself, None: its messages have none)."""
    if any(act in source.shows for source in sources):
        return Shown.YES
    for source in platform.sources:
        sent = severity is None or severity >= (source.severity or 0)
        if source.default is Default.ON and act in source.shows and sent:
            return Shown.DEFAULT
    return Shown.PARTLY if any(act in source.partly for source in sources) else Shown.NO


def _advice(devices: Sequence[Device], platforms: Sequence[Platform]) -> Iterator[Advice]:
    for platform in platforms:
        own = [device for device in devices if device.platform is platform]
        for source in platform.sources:
            if source.configuration is None:
                continue
            acts: set[Act] = set()
            partly: set[Act] = set()
            hosts = []
            for device in own:
                if source in device.sources or not device.missing:
                    continue
                more = source.shows.intersection(device.missing)
                some = {act for act in source.partly if device.shown[act] is Shown.NO}
                if more or some or (Told.COMMAND in source.tells and not device.commands):
                    acts |= more
                    partly |= some
                    hosts.append(device.host)
            if hosts:
                yield Advice(platform, source, _ordered(acts), _ordered(partly), tuple(hosts))


def _ordered(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=list(Act).index))


def _count(row: Mapping[str, Value]) -> _Count:
    said = Said(*(None if row.get(name, _NONE) == _NONE else str(row[name]) for name in FIELDS))
    severity = str(row.get("severity", ""))
    relays = row.get("relays", [])
    return _Count(
        said=said,
        events=_whole(row["events"]),
        commands=_whole(row["commands"]),
        first=_number(row["first"]),
        last=_number(row["last"]),
        unreliable=_whole(row["unreliable"]),
        severity=int(severity) if severity in ("0", "1", "2", "3", "4", "5", "6", "7") else None,
        relays=tuple(relays) if isinstance(relays, list) else (str(relays),),
    )


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float | str) else 0.0


def _whole(value: Value) -> int:
    return int(_number(value))
