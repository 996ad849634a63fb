"""``bootwatch doctor``: what is wrong with this installation, its content and its inputs."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import TYPE_CHECKING, Final

import typer

from bootwatch.cli import options
from bootwatch.cli.visible import visible

if TYPE_CHECKING:
    from bootwatch.app import Scope

_LIBRARIES: Final = ("duckdb", "pyarrow", "numpy", "ahocorasick_rs", "hyperscan", "pcre2", "msgspec")
_RECOGNISED_BY_PAGE: Final = ("cisco:ios", "cisco_syslog", "syslog", "juniper:junos:syslog", "pan:log")


def register(program: typer.Typer) -> None:
    program.command(name="doctor", help="Say what is wrong with this installation, its content and given logs.")(doctor)


def doctor(paths: options.Paths = None, now: options.Now = None, zone: options.Zone = None) -> int:
    from bootwatch import app

    print(f"python {platform.python_version()} on {platform.machine()}")
    wrong = _libraries()
    pack = app.pack([])
    for name, verdict in app.compile_pack(pack).items():
        print(f"detection {name}: {verdict.status}{f': {verdict.message}' if verdict.message else ''}")
        wrong += verdict.status != "ok"
    scope = options.scope(now=now, zone=zone, verbose=True)
    status = _inputs([str(path) for path in paths], scope) if paths else 0
    print("nothing is wrong" if not wrong and not status else f"wrong: {wrong + bool(status)}")
    return status or (5 if wrong else 0)


def _libraries() -> int:
    missing = 0
    for name in _LIBRARIES:
        try:
            print(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            print(f"{name} is missing: set the environment up again")
            missing += 1
    return missing


def _inputs(paths: list[str], scope: Scope) -> int:
    """Which sourcetypes the logs hold, and which of them the page's search reads."""
    from bootwatch import app

    source = app.files(paths, scope)
    gate = " OR ".join(f'sourcetype="{name}"' for name in _RECOGNISED_BY_PAGE)
    counted = "stats count dc(host) AS hosts earliest(_time) AS first latest(_time) AS last by sourcetype"
    seen = {str(row["sourcetype"]): row for row in app.search(f"index=* | {counted}", source, scope).rows()}
    report = source.report
    read = {str(row["sourcetype"]) for row in app.search(f"({gate}) | stats count by sourcetype", source, scope).rows()}
    for name, row in seen.items():
        note = "" if name in read else "  not read by the page's search"
        print(f"sourcetype {visible(name)}: {row['count']} events of {row['hosts']} hosts{note}")
    if not seen:
        print("the logs hold no event", file=sys.stderr)
    return options.finish(report, [], quiet=False, verbose=True)
