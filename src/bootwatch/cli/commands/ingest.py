"""``bootwatch ingest``: load logs into the store."""

from __future__ import annotations

import sys

import typer

from bootwatch.cli import arrow, options


def register(program: typer.Typer) -> None:
    program.command(name="ingest", help="Load logs into the store; search and scan without a path read it.")(ingest)


def ingest(
    paths: options.Paths = None,
    now: options.Now = None,
    zone: options.Zone = None,
    index: options.Index = None,
    sourcetype: options.Sourcetype = None,
    host: options.Host = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    arrow.load()
    from bootwatch import app
    from bootwatch.cli.progress import Progress

    if not paths:
        raise typer.BadParameter("a log file or folder is missing")
    scope = options.scope(now=now, zone=zone, index=index, sourcetype=sourcetype, host=host, verbose=verbose)
    source = app.files(paths, scope)
    with Progress(source, quiet=quiet):
        done = app.ingest(source, scope)
    for path, why in done.unreadable:
        print(f"bootwatch: {path}: {why}", file=sys.stderr)
    for note in () if quiet else done.notes:
        print(f"bootwatch: note: {note}", file=sys.stderr)
    if verbose:
        for why, count in sorted(done.rejected.items()):
            print(f"bootwatch: rejected: {count:,} {why}", file=sys.stderr)
    if not quiet:
        print(
            f"bootwatch: {done.rows:,} events in {done.segments} segments, "
            f"{done.raw_bytes:,} bytes of text in {done.bytes:,} bytes, {done.seconds:.1f} s",
            file=sys.stderr,
        )
    return 4 if done.unreadable else 0
