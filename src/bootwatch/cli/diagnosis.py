"""What ``doctor`` says of logs: sources, devices, what they cannot show, and the lines that switch it on.

For people tables and sentences, for programs plain values. Host names come from messages and are made visible.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from bootwatch.cli.options import Format
from bootwatch.cli.visible import visible
from bootwatch.cli.write import readable_time, write_rows
from bootwatch.diagnose import Act
from bootwatch.diagnose.diagnosis import Shown

if TYPE_CHECKING:
    from bootwatch.diagnose import Advice, Device, Diagnosis, Present
    from bootwatch.search.rows import Row

_DEVICES: Final = 60
"""Devices the table for people shows; JSON holds them all."""
_NAMED: Final = 6
"""Hosts a sentence names before it counts the rest."""
_UNKNOWN: Final = "not recognised"


def say(diagnosis: Diagnosis, zone: tzinfo) -> None:
    """Print it for people."""
    if not diagnosis.devices:
        return
    print("\nLog sources in these logs")
    _table([_source_row(found) for found in diagnosis.present], "none that shows a command or an act on an image", zone)
    print("\nDevices in these logs")
    shown = diagnosis.devices[:_DEVICES]
    _table([_device_row(device, zone) for device in shown], "none", zone)
    if len(diagnosis.devices) > _DEVICES:
        print(f"and {len(diagnosis.devices) - _DEVICES} more; --format json names them all")
    print()
    for sentence in sentences(diagnosis):
        print(sentence)
    _say_advice(diagnosis.advice)


def sentences(diagnosis: Diagnosis) -> list[str]:
    """What the tables amount to, a sentence a line."""
    devices = [device for device in diagnosis.devices if device.platform is not None]
    systems = Counter(device.host for device in devices)

    def name(device: Device) -> str:
        """The host, with its system where it is several devices."""
        return f"{device.host} ({device.os_family})" if systems[device.host] > 1 else device.host

    silent = [name(device) for device in devices if not device.commands]
    found = [f"{len(devices) - len(silent)} of {_count(len(devices), 'device')} send commands in these logs."]
    if silent:
        found.append(f"No command in the logs of {_hosts(silent)}.")
    for act in Act:
        for how, text in ((Shown.NO, "Cannot show"), (Shown.PARTLY, "Show only some ways to")):
            hosts = [name(device) for device in devices if device.shown.get(act) is how]
            if hosts:
                found.append(f"{text} {act} with what they send now: {_hosts(hosts)}.")
    if any(how is Shown.DEFAULT for device in devices for how in device.shown.values()):
        found.append("'default': not seen yet, but the device says so by itself when it is done.")
    strange = [device.host for device in diagnosis.devices if device.platform is None]
    if strange:
        found.append(f"Of no system that is known: {_hosts(strange)}.")
    return found


def values(diagnosis: Diagnosis) -> dict[str, object]:
    """It for programs: lists of plain values, times in epoch seconds."""
    return {
        "sources": [_source_values(found) for found in diagnosis.present],
        "devices": [_device_values(device) for device in diagnosis.devices],
        "advice": [_advice_values(found) for found in diagnosis.advice],
    }


def _say_advice(advice: Sequence[Advice]) -> None:
    system = ""
    for found in advice:
        if found.platform.name != system:
            system = found.platform.name
            print(f"\nTo see more of {system} (192.0.2.20: where the logs go, 192.0.2.10: the AAA server); ", end="")
            print("one source that shows all that is missing is enough:")
        print(f"\n  {found.source.name}")
        acts = [*found.acts, *(f"{act} (partly)" for act in found.partly)]
        print(f"  would show {', '.join(acts) or 'commands'} of {_hosts(found.hosts)}")
        for line in (found.source.configuration or "").rstrip().split("\n"):
            print(f"      {line}".rstrip())
        if found.source.note:
            print(f"  {found.source.note.strip()}")
        print(f"  source: {found.source.document}")


def _source_row(found: Present) -> Row:
    source = found.source
    acts = [act for act in found.platform.acts if act in source.shows or act in source.partly]
    shows = [str(act) if act in source.shows else f"{act} (partly)" for act in acts]
    return {
        "system": found.platform.name,
        "source": source.name,
        "events": found.events,
        "commands": found.commands,
        "devices": len(found.hosts),
        "shows": ", ".join(shows) or "no act on an image",
        "tells": ", ".join(source.tells),
    }


def _device_row(device: Device, zone: tzinfo) -> Row:
    row: Row = {
        "host": device.host,
        "system": device.os_family or _UNKNOWN,
        "events": device.events,
        "commands": device.commands,
        "first": readable_time(int(device.first), zone),
        "last": readable_time(int(device.last), zone),
        "clock unreliable": f"{device.unreliable / device.events:.0%}",
        "relay": ", ".join(device.relays),
    }
    for act in Act:
        row[act] = str(device.shown.get(act, ""))
    return row


def _table(rows: list[Row], none: str, zone: tzinfo) -> None:
    """Aligned columns; a column that is empty everywhere is left out."""
    if not rows:
        print(none)
        return
    names = [name for name in rows[0] if any(row[name] not in ("", "0%") for row in rows)]
    sys.stdout.flush()
    write_rows(iter(rows), dict.fromkeys(names), Format.TABLE, sys.stdout.buffer, zone)
    sys.stdout.buffer.flush()


def _source_values(found: Present) -> Mapping[str, object]:
    source = found.source
    return {
        "system": found.platform.name,
        "id": source.id,
        "name": source.name,
        "events": found.events,
        "commands": found.commands,
        "hosts": list(found.hosts),
        "shows": [act for act in found.platform.acts if act in source.shows],
        "partly": [act for act in found.platform.acts if act in source.partly],
        "tells": list(source.tells),
        "default": source.default,
        "document": source.document,
    }


def _device_values(device: Device) -> Mapping[str, object]:
    return {
        "host": device.host,
        "os_family": device.os_family,
        "events": device.events,
        "commands": device.commands,
        "first_time": device.first,
        "last_time": device.last,
        "unreliable_clock": device.unreliable / device.events,
        "relays": list(device.relays),
        "sources": [source.id for source in device.sources],
        "acts": {str(act): str(how) for act, how in device.shown.items()},
        "missing": list(device.missing),
    }


def _advice_values(found: Advice) -> Mapping[str, object]:
    return {
        "system": found.platform.name,
        "source": found.source.id,
        "name": found.source.name,
        "shows": list(found.acts),
        "partly": list(found.partly),
        "hosts": list(found.hosts),
        "configuration": (found.source.configuration or "").rstrip(),
        "note": found.source.note,
        "document": found.source.document,
    }


def _hosts(hosts: Iterable[str]) -> str:
    """The first hosts by name, and how many more."""
    names = sorted(set(hosts))
    named = ", ".join(visible(name) for name in names[:_NAMED])
    return named if len(names) <= _NAMED else f"{named} and {len(names) - _NAMED} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
