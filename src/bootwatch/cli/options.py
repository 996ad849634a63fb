"""Options several subcommands share, and the scope they make."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.errors import ContentError, InputError

if TYPE_CHECKING:
    from bootwatch.app import Scope
    from bootwatch.events.source import ScanReport


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


_SCOPE = "Scope"
_OUTPUT = "Output"

Paths = Annotated[
    list[Path] | None, typer.Argument(help="Log files and folders; '-' is standard input.", show_default=False)
]
Places = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Log files and folders; '-' is standard input.", show_default=False),
]
Earliest = Annotated[
    str | None, typer.Option(help="Earliest time, inclusive: -24h@h, epoch or ISO 8601.", rich_help_panel=_SCOPE)
]
Latest = Annotated[str | None, typer.Option(help="Latest time, exclusive.", rich_help_panel=_SCOPE)]
Now = Annotated[
    str | None,
    typer.Option(help="Pin the clock (ISO 8601): relative times, stamps without a year.", rich_help_panel=_SCOPE),
]
Zone = Annotated[
    str | None,
    typer.Option("--tz", help="Time zone of stamps that carry none; UTC unless said.", rich_help_panel=_SCOPE),
]
Index = Annotated[str | None, typer.Option(help="Index of raw events; network unless said.", rich_help_panel=_SCOPE)]
Sourcetype = Annotated[
    str | None, typer.Option(help="Sourcetype of raw events, instead of recognising it.", rich_help_panel=_SCOPE)
]
Host = Annotated[str | None, typer.Option(help="Host of raw events, instead of reading it.", rich_help_panel=_SCOPE)]
NoPrefilter = Annotated[
    bool,
    typer.Option("--no-prefilter", help="Parse every event instead of only possible hits.", rich_help_panel=_SCOPE),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="duckdb|spark|MASTER",
        help="Where it runs: here, or on Spark (local[2], spark://HOST:PORT; spark: the environment's session).",
        rich_help_panel=_SCOPE,
    ),
]
Macros = Annotated[
    Path | None,
    typer.Option(help="Macros: YAML, macros.conf, or JSON lines.", rich_help_panel=_SCOPE),
]
Lookups = Annotated[
    Path | None,
    typer.Option(help="A folder of lookup tables (CSV), with transforms.conf or YAML.", rich_help_panel=_SCOPE),
]
Content = Annotated[
    list[Path] | None,
    typer.Option(
        "--content",
        help="A further content pack: its detections, macros and lookups; may be given several times.",
        show_default=False,
        rich_help_panel=_SCOPE,
    ),
]
AllowRisky = Annotated[
    bool,
    typer.Option("--allow-risky", help="Run commands that write, such as outputlookup.", rich_help_panel=_SCOPE),
]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="Table on a terminal, jsonl otherwise.", show_default=False, rich_help_panel=_OUTPUT),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write results to a file.", rich_help_panel=_OUTPUT)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes on stderr.", rich_help_panel=_OUTPUT)]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="End with what was read and rejected.", rich_help_panel=_OUTPUT)
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours.", rich_help_panel=_OUTPUT)]

Limit = Annotated[
    list[str] | None,
    typer.Option(
        "--limit", metavar="NAME=N", help="Set a limit of the search, such as max_columns=500.", rich_help_panel=_SCOPE
    ),
]


def scope(
    *,
    earliest: str | None = None,
    latest: str | None = None,
    now: str | None = None,
    zone: str | None = None,
    index: str | None = None,
    sourcetype: str | None = None,
    host: str | None = None,
    no_prefilter: bool = False,
    verbose: bool = False,
    macros: Path | None = None,
    lookups: Path | None = None,
    content: list[Path] | None = None,
    allow_risky: bool = False,
    limits: list[str] | None = None,
    engine: str | None = None,
) -> Scope:
    """The scope the options describe. Raises SettingsError, and InputError for a named file that is not there.

    What macros and lookups hold is read by a search that names some; that they are there is known at once.
    """
    from bootwatch.app import Scope, knowledge
    from bootwatch.events.clock import Clock
    from bootwatch.spl.limits import Limits

    if macros is not None and not macros.is_file():
        raise InputError("no such file of macros", path=macros)
    if lookups is not None and not lookups.is_dir():
        raise InputError("no such folder of lookups", path=lookups)
    for pack in content or ():
        if not pack.is_dir():
            raise InputError("no such content pack", path=pack)
        if not (pack / "detections").is_dir():
            raise ContentError("not a content pack: it has no folder 'detections'", path=pack)
    return Scope(
        clock=Clock.of(now, zone),
        earliest=earliest,
        latest=latest,
        index=index,
        sourcetype=sourcetype,
        host=host,
        prefilter=not no_prefilter,
        count_lines=verbose,
        knowledge=knowledge(content or (), macros=macros, lookups=lookups),
        allow_risky=allow_risky,
        limits=Limits.of(limits or ()),
        engine=engine,
    )


def finish(report: ScanReport, messages: list[str], *, quiet: bool, verbose: bool) -> int:
    """Say what a scan met, on stderr, and give the exit status it stands for."""
    for path, why in report.unreadable:
        print(f"bootwatch: {path}: {why}", file=sys.stderr)
    if not quiet:
        for note in [*report.said, *messages]:
            print(f"bootwatch: note: {note}", file=sys.stderr)
    if verbose:
        rejected = "".join(f"\n  rejected: {count:,} {why}" for why, count in sorted(report.rejected.items()))
        print(
            f"bootwatch: {report.lines:,} lines, {report.bytes:,} bytes, {report.events:,} events, "
            f"{report.candidates:,} candidates{rejected}",
            file=sys.stderr,
        )
    elif report.rejected and not quiet:
        total = sum(report.rejected.values())
        print(f"bootwatch: note: {total:,} lines became no event; --verbose says why", file=sys.stderr)
    return 4 if report.unreadable else 0
