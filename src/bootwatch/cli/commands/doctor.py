"""``bootwatch doctor``: what is wrong with this installation and its content, and what given logs cannot show."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bootwatch.cli import options
from bootwatch.cli.visible import visible

if TYPE_CHECKING:
    from bootwatch.app import Scope
    from bootwatch.diagnose import Diagnosis
    from bootwatch.events.source import EventSource
    from bootwatch.service.checks import Check

_LIBRARIES: Final = ("duckdb", "pyarrow", "numpy", "ahocorasick_rs", "hyperscan", "pcre2", "msgspec")
_RECOGNISED_BY_PAGE: Final = ("cisco:ios", "cisco_syslog", "syslog", "juniper:junos:syslog", "pan:log")
_FAILED: Final = 5


class Form(StrEnum):
    """How it is said: to people, or to a program as one JSON object."""

    TABLE = "table"
    JSON = "json"


_FormOption = Annotated[
    Form, typer.Option("--format", help="Tables and sentences, or one JSON object.", rich_help_panel="Output")
]


@dataclass(frozen=True, slots=True)
class _Installation:
    """What runs here: libraries (None: missing), and the verdict and message on each detection."""

    libraries: dict[str, str | None]
    detections: dict[str, tuple[str, str]]

    @property
    def wrong(self) -> int:
        missing = sum(version is None for version in self.libraries.values())
        return missing + sum(status != "ok" for status, _ in self.detections.values())


@dataclass(frozen=True, slots=True)
class _Logs:
    """What the logs hold: for each sourcetype its events, its hosts, and whether the page's search reads it
    (as it does where bootwatch recognised the sourcetype; one given outright counts by its own name alone).
    """

    sourcetypes: dict[str, tuple[int, int, bool]]
    diagnosis: Diagnosis


def register(program: typer.Typer) -> None:
    text = "Say what is wrong with this installation, and what given logs (or the store's) cannot show."
    program.command(name="doctor", help=text)(doctor)


def doctor(
    paths: options.Paths = None,
    form: _FormOption = Form.TABLE,
    now: options.Now = None,
    zone: options.Zone = None,
    settings: Annotated[
        Path | None, typer.Option(help="Settings of a service: say what would keep it from running.")
    ] = None,
) -> int:
    scope = options.scope(now=now, zone=zone, verbose=True)
    installation = _installation()
    if form is Form.TABLE:
        _say_installation(installation)
    checks = [] if settings is None else _checks(settings)
    bad = sum(check.wrong for check in checks)
    if form is Form.TABLE:
        for check in checks:
            print(f"{'wrong: ' if check.wrong else ''}{check.name}: {visible(check.said)}")
    source = _source([str(path) for path in paths or []], scope)
    logs = None if source is None else _read(source, scope)
    if form is Form.JSON:
        _write_json(installation, logs, source, checks)
    elif logs is not None:
        _say_logs(logs, scope)
    else:
        print("no logs given and no store here: name files or folders to hear what they can show")
    status = 0 if source is None else options.finish(source.report, [], quiet=False, verbose=bool(paths))
    if form is Form.TABLE:
        wrong = installation.wrong + bad + bool(status)
        print("nothing is wrong" if not wrong else f"wrong: {wrong}")
    return status or (_FAILED if installation.wrong or bad else 0)


def _checks(settings: Path) -> list[Check]:
    from bootwatch import app
    from bootwatch.service.checks import checks
    from bootwatch.settings import Settings

    read = Settings.read(settings)
    return list(checks(read, Path(read.home) if read.home else app.default_home()))


def _installation() -> _Installation:
    from bootwatch import app

    libraries: dict[str, str | None] = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            libraries[name] = None
    verdicts = app.compile_pack(app.pack([]))
    return _Installation(libraries, {name: (found.status, found.message) for name, found in verdicts.items()})


def _say_installation(found: _Installation) -> None:
    print(f"python {platform.python_version()} on {platform.machine()}")
    for name, version in found.libraries.items():
        print(f"{name} {version}" if version else f"{name} is missing: set the environment up again")
    for name, (status, message) in found.detections.items():
        print(f"detection {name}: {status}{f': {message}' if message else ''}")


def _source(paths: list[str], scope: Scope) -> EventSource | None:
    """The given logs, else the store; None where there is neither. Raises StoreError for a store that is wrong."""
    from bootwatch import app
    from bootwatch.store import manifest

    if paths:
        return app.files(paths, scope)
    return None if manifest.load(scope.home or app.default_home()) is None else app.store(scope)


def _read(source: EventSource, scope: Scope) -> _Logs:
    """One search says it all, so that standard input will do."""
    from bootwatch import app, diagnose
    from bootwatch.vendors.profile import aliases

    read = set(_RECOGNISED_BY_PAGE).union(*(aliases().get(name, frozenset()) for name in _RECOGNISED_BY_PAGE))
    platforms = diagnose.load()
    rows = list(app.search(diagnose.query(platforms), source, scope).rows())
    events: dict[str, int] = {}
    hosts: dict[str, set[str]] = {}
    for row in rows:
        name = str(row["sourcetype"])
        events[name] = events.get(name, 0) + int(str(row["events"]))
        hosts.setdefault(name, set()).add(str(row["host"]))
    sourcetypes = {name: (events[name], len(hosts[name]), name in read) for name in sorted(events)}
    return _Logs(sourcetypes, diagnose.diagnose(rows, platforms))


def _say_logs(logs: _Logs, scope: Scope) -> None:
    from bootwatch.cli import diagnosis

    for name, (events, hosts, read) in logs.sourcetypes.items():
        note = "" if read else "  not read by the page's search"
        print(f"sourcetype {visible(name)}: {events} events of {hosts} hosts{note}")
    if not logs.sourcetypes:
        print("the logs hold no event", file=sys.stderr)
    diagnosis.say(logs.diagnosis, scope.clock.zone)


def _write_json(found: _Installation, logs: _Logs | None, source: EventSource | None, checks: Sequence[Check]) -> None:
    import msgspec

    from bootwatch.cli import diagnosis

    detections = [
        {"id": name, "status": status, "message": message or None}
        for name, (status, message) in found.detections.items()
    ]
    answer: dict[str, object] = {
        "installation": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "libraries": found.libraries,
            "detections": detections,
            "wrong": found.wrong,
        }
    }
    if checks:
        answer["service"] = [{"name": one.name, "wrong": one.wrong, "said": one.said} for one in checks]
    if logs is not None and source is not None:
        answer["sourcetypes"] = [
            {"sourcetype": name, "events": events, "hosts": hosts, "read_by_page": read}
            for name, (events, hosts, read) in logs.sourcetypes.items()
        ]
        answer |= diagnosis.values(logs.diagnosis)
        answer["unreadable"] = [{"path": path, "why": why} for path, why in source.report.unreadable]
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
