"""What an operator hands to ``scan``: changes in three exports, management systems, the inventory; and the labels."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.scenarios.compose import Log, Told
from bench.scenarios.story import Kind

_BERLIN = ZoneInfo("Europe/Berlin")
_BEFORE, _AFTER, _SHORTLY = timedelta(minutes=30), timedelta(minutes=90), timedelta(minutes=10)

_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE"""


def write(log: Log, folder: Path) -> list[str]:
    """Write every context file and return the options that hand them to ``scan``."""
    records = {
        name: [told for told in log.told if told.story.change and told.story.change.file == name] for name in _WRITERS
    }
    options = []
    for name, writer in _WRITERS.items():
        path = folder / f"changes.{name}"
        path.write_bytes(writer(log, records[name]).encode())
        options += ["--changes", str(path)]
    (folder / "allow.json").write_text(json.dumps(_allowed(log), indent=1) + "\n")
    (folder / "inventory.csv").write_text(_inventory(log))
    (folder / "labels.json").write_text(json.dumps(labels(log), indent=1) + "\n")
    return [*options, "--allow", str(folder / "allow.json"), "--inventory", str(folder / "inventory.csv")]


def labels(log: Log) -> list[dict[str, object]]:
    """What is true about the log, story by story."""
    return [
        {
            "id": told.story.id,
            "kind": told.story.kind.value,
            "os": told.story.os,
            "about": told.story.about,
            "hosts": [device.name for device in told.devices],
            "addresses": [device.ip for device in told.devices],
            "severities": list(told.story.severities),
            "techniques": list(told.story.techniques),
            "first_time": _iso(told.first),
            "last_time": _iso(told.last),
        }
        for told in sorted(log.told, key=lambda told: told.first)
    ]


def _number(told: Told) -> str:
    return f"CHG{4_000_000 + told.devices[0].number * 100 + sum(map(ord, told.story.id)) % 100:07d}"


def _window(told: Told) -> tuple[datetime, datetime]:
    """Rounded outwards to five minutes, as people write windows."""
    start = told.first - _BEFORE
    start -= timedelta(minutes=start.minute % 5, seconds=start.second, microseconds=start.microsecond)
    end = told.last + _AFTER if told.until == told.last else told.until + _SHORTLY
    return start, end - timedelta(minutes=end.minute % 5, seconds=end.second, microseconds=end.microsecond)


def _hosts(log: Log, told: Told) -> list[str]:
    """The devices of a record, as its author writes them."""
    match told.story.change.spelt if told.story.change else "name":
        case "fqdn":
            return [f"{device.name}.{log.world.domain}" for device in told.recorded]
        case "upper":
            return [device.name.upper() for device in told.recorded]
        case "ip":
            return [device.ip for device in told.recorded]
        case _:
            return [device.name for device in told.recorded]


def _json(log: Log, records: list[Told]) -> str:
    rows = [
        {
            "id": _number(told),
            "start": _iso(_window(told)[0]),
            "end": _iso(_window(told)[1]),
            "hosts": _hosts(log, told),
            "summary": told.summary,
            "image": told.image,
        }
        for told in records
    ]
    return json.dumps(rows, indent=1) + "\n"


def _csv(log: Log, records: list[Told]) -> str:
    """The columns a ServiceNow list of changes exports; also records of attacked devices for other days."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["number", "short_description", "state", "start_date", "end_date", "cmdb_ci", "image"])
    for told in records:
        start, end = _window(told)
        hosts = ", ".join(_hosts(log, told))
        writer.writerow([_number(told), told.summary, "Closed", _plain(start), _plain(end), hosts, told.image])
    attacked = [told for told in log.told if told.story.kind is Kind.ATTACK and not told.story.change][::3]
    for told in attacked:
        start = told.first - timedelta(days=2)
        device = told.devices[0]
        row = [f"{_number(told)}", f"Upgrade to {device.versions['new']}", "Canceled", _plain(start)]
        writer.writerow([*row, _plain(start + timedelta(hours=3)), device.name, device.images["new"]])
    return out.getvalue()


def _ics(log: Log, records: list[Told]) -> str:
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//network changes//EN", *_VTIMEZONE.split("\n")]
    for told in records:
        start, end = (time.astimezone(_BERLIN) for time in _window(told))
        weekly = told.story.change is not None and told.story.change.weekly
        if weekly:  # the same wall-clock time three weeks before, however many hours ago that is
            start, end = start - timedelta(weeks=3), end - timedelta(weeks=3)
        hosts = ", ".join(_hosts(log, told))
        parts += ["BEGIN:VEVENT", f"UID:{_number(told)}@{log.world.domain}", f"DTSTAMP:{log.end:%Y%m%dT%H%M%SZ}"]
        parts += [f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID=Europe/Berlin:{end:%Y%m%dT%H%M%S}"]
        parts += ["RRULE:FREQ=WEEKLY;COUNT=8"] if weekly else []
        parts += [f"SUMMARY:{_number(told)} {told.summary}", f"LOCATION:{_escaped(hosts)}"]
        parts += [_folded(f"DESCRIPTION:Hosts: {_escaped(hosts)}\\nImage: {_escaped(told.image)}"), "END:VEVENT"]
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def _folded(line: str) -> str:
    """RFC 5545, 3.1: a line is at most 75 octets, the rest follows after a blank."""
    parts = [line[:75]] + [line[at : at + 74] for at in range(75, len(line), 74)]
    return "\r\n ".join(parts)


_WRITERS = {"csv": _csv, "ics": _ics, "json": _json}


def _allowed(log: Log) -> list[dict[str, str]]:
    users = sorted({told.user for told in log.told if told.story.allow} | {"svc-dnac"})
    return [
        {"host": f"{user.removeprefix('svc-')}.{log.world.domain}", "ip": log.world.nms, "user": user} for user in users
    ]


def _inventory(log: Log) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["host", "ip", "vendor_os", "platform", "version", "role"])
    for told in log.told:
        for device in told.devices if told.story.listed else ():
            row = [device.name, device.ip, device.os, device.platform, device.versions["old"], told.story.role]
            writer.writerow(row)
    return out.getvalue()


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _plain(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
