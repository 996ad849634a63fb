"""``bootwatch demo``: scan the bundled logs and print what is in them."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from bootwatch.cli import options

DEMO_NOW: Final = "2026-03-10T18:30:00Z"
"""The evening of the bundled afternoon, so that stamps without a year mean that day."""


def register(program: typer.Typer) -> None:
    program.command(name="demo", help="Scan the bundled logs of three vendors and print the findings.")(demo)


def demo(
    no_color: options.NoColor = False,
    format_: Annotated[options.Format, typer.Option("--format", help="table, json or jsonl.")] = options.Format.TABLE,
) -> int:
    from bootwatch import app
    from bootwatch.cli.commands.scan import scan_paths, write_findings

    scope = options.scope(now=DEMO_NOW, verbose=True)
    paths = [str(path) for path in app.samples()]
    scanned = scan_paths(paths, scope, app.pack([]), [])
    if format_ is options.Format.TABLE:
        report = scanned.source.report
        print(f"bundled logs: {len(paths)} files, {report.lines:,} lines of Cisco IOS, Junos and PAN-OS\n", flush=True)
    write_findings(scanned.findings, scanned, format_, None, made=scope.clock.now, no_color=no_color)
    if format_ is options.Format.TABLE:
        print("\nnext: bootwatch scan PATH over your own logs, or bootwatch search 'SPL' PATH")
    return 0
