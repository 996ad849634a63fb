"""``bootwatch scan``: run the detections over logs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.cli import arrow, options
from bootwatch.cli.options import Format

if TYPE_CHECKING:
    from datetime import datetime

    from bootwatch.app import Beside, Scanned, Scope
    from bootwatch.detect.findings import Finding
    from bootwatch.detections.pack import Pack

_BESIDE = "Beside the log"
_SEVERITIES = "info, low, medium, high or critical"


def register(program: typer.Typer) -> None:
    program.command(name="scan", help="Run the detections over logs and print findings, worst first.")(scan)


def scan(
    paths: options.Places = None,
    detection: Annotated[
        list[str] | None, typer.Option(help="Only this detection; may be given several times.", show_default=False)
    ] = None,
    min_severity: Annotated[str | None, typer.Option(help=f"Leave out findings below {_SEVERITIES}.")] = None,
    fail_on: Annotated[str | None, typer.Option(help="Exit 1 if a finding is at or above this severity.")] = None,
    content: options.Content = None,
    changes: Annotated[
        list[Path] | None,
        typer.Option(help="Approved changes: .ics, .csv or .json.", show_default=False, rich_help_panel=_BESIDE),
    ] = None,
    allow: Annotated[
        list[Path] | None,
        typer.Option(help="Management systems and their accounts: .json or .csv.", rich_help_panel=_BESIDE),
    ] = None,
    inventory: Annotated[
        list[Path] | None,
        typer.Option(help="The devices: .json, .csv or .toml.", show_default=False, rich_help_panel=_BESIDE),
    ] = None,
    exceptions: Annotated[
        list[Path] | None,
        typer.Option(help="Exceptions with owner, reason, ticket and expiry.", rich_help_panel=_BESIDE),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            help="Go on with the stories of the scan before; a file, made if it is not there.", rich_help_panel=_BESIDE
        ),
    ] = None,
    no_whole_log: Annotated[
        bool,
        typer.Option(
            "--no-whole-log",
            help="Leave out the rules that read every event (volumes, silence).",
            rich_help_panel=_BESIDE,
        ),
    ] = False,
    working_hours: Annotated[
        str | None,
        typer.Option(help="Such as 07:00-19:00, in --tz: what is done outside weighs more.", rich_help_panel=_BESIDE),
    ] = None,
    earliest: options.Earliest = None,
    latest: options.Latest = None,
    now: options.Now = None,
    zone: options.Zone = None,
    index: options.Index = None,
    sourcetype: options.Sourcetype = None,
    host: options.Host = None,
    macros: options.Macros = None,
    lookups: options.Lookups = None,
    no_prefilter: options.NoPrefilter = False,
    engine: options.Engine = None,
    format_: options.FormatOption = None,
    output: options.Output = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    arrow.load()
    from bootwatch import app
    from bootwatch.detect.findings import Status

    scope = options.scope(
        earliest=earliest,
        latest=latest,
        now=now,
        zone=zone,
        index=index,
        sourcetype=sourcetype,
        host=host,
        no_prefilter=no_prefilter,
        engine=engine,
        verbose=verbose,
        macros=macros,
        lookups=lookups,
        content=content,
    )
    least, fatal = severity("--min-severity", min_severity), severity("--fail-on", fail_on)
    pack = app.pack(content or [])
    beside = app.Beside(
        changes=changes or (),
        allow=allow or (),
        inventory=inventory or (),
        exceptions=exceptions or (),
        state=state,
        whole_log=not no_whole_log,
        working_hours=working_hours,
    )
    scanned = scan_paths([str(path) for path in paths or []], scope, pack, detection or [], beside, quiet=quiet)
    found = [finding for finding in scanned.findings if least is None or finding.severity.rank >= least]
    write_findings(found, scanned, format_, output, made=scope.clock.now, no_color=no_color)
    status = options.finish(scanned.source.report, scanned.messages, quiet=quiet, verbose=verbose)
    alarming = (finding for finding in found if finding.status is Status.OPEN)
    if fatal is not None and any(finding.severity.rank >= fatal for finding in alarming):
        return 1
    return status


def scan_paths(
    paths: list[str],
    scope: Scope,
    pack: Pack,
    only: list[str],
    beside: Beside | None = None,
    *,
    quiet: bool = False,
) -> Scanned:
    """Scan paths, or the store where none is given."""
    from bootwatch import app
    from bootwatch.cli.progress import Progress

    source = app.reading(paths, scope) if paths else app.store(scope)
    try:
        with Progress(source, quiet=quiet):
            return app.scan(source, scope, pack=pack, only=only, beside=beside)
    except LookupError as exc:
        raise typer.BadParameter(str(exc.args[0]), param_hint="--detection") from exc


def severity(option: str, value: str | None) -> int | None:
    """The rank of a severity given as an option."""
    from bootwatch.detections.severity import Severity

    if value is None:
        return None
    try:
        return Severity(value.lower()).rank
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not a severity; use {_SEVERITIES}", param_hint=option) from None


def write_findings(
    found: list[Finding],
    scanned: Scanned,
    wanted: Format | None,
    output: Path | None,
    *,
    made: datetime,
    no_color: bool,
) -> None:
    """Findings as a report for people, at a terminal or as a page, or as JSON for programs."""
    import msgspec

    from bootwatch.cli.findings import render, summary, use_colour
    from bootwatch.cli.write import chosen, opened

    kind = chosen(wanted, output)
    if kind not in (Format.TABLE, Format.JSON, Format.JSONL, Format.HTML):
        raise typer.BadParameter(
            f"findings are written as table, json, jsonl or html, not {kind}", param_hint="--format"
        )
    with opened(output) as file:
        if kind is Format.TABLE:
            colour = output is None and use_colour(no_color)
            for finding in found:
                file.write(render(finding, scanned.pack, colour=colour).encode("utf-8", "replace") + b"\n")
            file.write(summary(found).encode() + b"\n")
        elif kind is Format.HTML:
            from bootwatch import app
            from bootwatch.cli import report

            library = app.library(scanned.pack)
            file.write(report.page(found, scanned.pack, library, made=made).encode("utf-8", "replace"))
        elif kind is Format.JSON:
            file.write(msgspec.json.format(msgspec.json.encode([f.to_dict() for f in found]), indent=2) + b"\n")
        else:
            for finding in found:
                file.write(msgspec.json.encode(finding.to_dict()) + b"\n")
    if kind is not Format.TABLE and sys.stderr.isatty():
        print(f"bootwatch: {summary(found)}", file=sys.stderr)
