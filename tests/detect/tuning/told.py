"""Stories for tests, out of real lines: read, recognised and tagged as a scan does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from bootwatch import app
from bootwatch.detect.rows import Origin
from bootwatch.detect.story import Act, Story
from bootwatch.events.clock import Clock
from bootwatch.vendors.indicators import catalogue

NOW: Final = Clock.of("2026-04-20T00:00:00Z")
DAY: Final = "2026-03-20"
_FIELDS: Final = (
    "user", "src_ip", "line", "command", "object", "object_category", "transfer_host", "version", "mnemonic",
    "message_text", "result",
)  # fmt: skip
_SEARCH: Final = f"* | sort 0 _time | table _time host _raw indicator indicator_class os_family {' '.join(_FIELDS)}"
_SERVERS: Final = ("tacacs", "ise")


def line(host: str, text: str, *, junos: bool = False, day: str = DAY) -> str:
    """``22:05 netadm 10.0.0.7 reload`` or ``22:05 %SYS-5-RELOAD: …`` as a device or an AAA server writes it.

    A message of FortiOS (``date=…``) is whole already, but for its host.
    """
    if text.startswith("date="):
        return text.replace("{host}", host)
    clock, rest = text.split(" ", 1)
    if rest.startswith("%"):
        return f"<189>77: {host}: {_month(day)} {day[:4]} {clock}:00 UTC: {rest}"
    user, source, command = rest.split(" ", 2)
    if junos:
        return f"{_month(day)} {clock}:00 {host} mgd[8124]: UI_CMDLINE_READ_LINE: User '{user}', command '{command} '"
    pairs = "task_id=20\ttimezone=UTC\tservice=shell\tpriv-lvl=15"
    return f"{day} {clock}:00 +0000\t{host}\t{user}\ttty2\t{source}\tstop\t{pairs}\tcmd={command} <cr>"


def stories(lines: Iterable[str], folder: Path) -> dict[str, Story]:
    """One story for each host, with every act that shows an indicator."""
    log = folder / "told.log"
    log.write_text("".join(f"{each}\n" for each in lines))
    weights = {row.id: row.weight for row in catalogue().indicators}
    scope = app.Scope(clock=NOW)
    acts: dict[str, list[Act]] = {}
    for row in app.search(_SEARCH, app.files([log], scope), scope).rows():
        acts.setdefault(str(row["host"]), []).append(_act(row, weights))
    return {host: story(host, found) for host, found in acts.items()}


def story(host: str, acts: Iterable[Act]) -> Story:
    held = tuple(acts)
    family = next((act.os_family for act in held if act.os_family and act.os_family not in _SERVERS), None)
    return Story(host, family, (), held)


def _act(row: Mapping[str, object], weights: Mapping[str, int]) -> Act:
    ids = _texts(row.get("indicator"))
    family = row.get("os_family")
    return Act(
        host=str(row["host"]),
        time_us=round(float(str(row["_time"])) * 1_000_000),
        raw=str(row["_raw"]),
        indicators=ids,
        classes=_texts(row.get("indicator_class")),
        weight=max((weights[each] for each in ids), default=0),
        os_family=None if family is None else str(family),
        fields={name: str(value) for name in _FIELDS if (value := row.get(name)) is not None},
        origin=Origin(),
    )


def _month(day: str) -> str:
    return f"{datetime.fromisoformat(day):%b} {int(day[8:])}"


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        return tuple(str(item) for item in value)
    return () if value is None else (str(value),)
