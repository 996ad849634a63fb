"""``bootwatch search``: run SPL over files, or over the store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bootwatch.cli import arrow, options
from bootwatch.cli.options import Format
from bootwatch.errors import InputError

if TYPE_CHECKING:
    from bootwatch.app import Scope


def register(program: typer.Typer) -> None:
    program.command(name="search", help="Run SPL over files, or over the store when no path is given.")(search)


def search(
    args: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPL] [PATH]...", help="The search ('-': from standard input), then paths."),
    ] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="Read the search from a file.")] = None,
    earliest: options.Earliest = None,
    latest: options.Latest = None,
    now: options.Now = None,
    zone: options.Zone = None,
    index: options.Index = None,
    sourcetype: options.Sourcetype = None,
    host: options.Host = None,
    macros: options.Macros = None,
    lookups: options.Lookups = None,
    content: options.Content = None,
    allow_risky: options.AllowRisky = False,
    limits: options.Limit = None,
    follow: Annotated[
        bool, typer.Option(help="Go on with what a server takes into the store, until interrupted.")
    ] = False,
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
    from bootwatch.cli.progress import Progress
    from bootwatch.cli.write import write_result

    del no_color  # rows carry no colours
    text, paths = text_and_paths(args or [], file)
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
        allow_risky=allow_risky,
        limits=limits,
    )
    if follow:
        if paths:
            raise typer.BadParameter("it follows the store; give no path", param_hint="--follow")
        _followed(text, scope, format_, output)
    source = app.source(paths, scope, text)
    with Progress(source, quiet=quiet) as progress:
        result = app.search(text, source, scope)
        result.answer.batches = progress.until_first(result.answer.batches)
        write_result(result, format_, output, scope.clock.zone)
    return options.finish(result.report, result.messages, quiet=quiet, verbose=verbose)


def _followed(text: str, scope: Scope, wanted: Format | None, output: Path | None) -> NoReturn:
    """Rows as they come, the oldest first, until somebody interrupts: then the line in hand is still written whole.

    Raising out of the signal would meet whatever runs: the database drops such an exception where it calls back.
    """
    import signal
    from threading import Event

    import msgspec

    from bootwatch import app
    from bootwatch.cli.write import opened

    if wanted not in (None, Format.JSONL):
        raise typer.BadParameter("rows that keep coming are written as jsonl", param_hint="--format")
    encoder = msgspec.json.Encoder()
    ended = Event()

    def end(number: int, frame: object) -> None:
        ended.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # who asks twice does not want to wait

    before = signal.signal(signal.SIGINT, end)
    try:
        with opened(output) as file:
            for result in app.follow(text, scope, ended=ended):
                rows = list(result.rows())
                file.write(encoder.encode_lines(rows[::-1]))  # a search gives the newest first
                file.flush()
    finally:
        signal.signal(signal.SIGINT, before)
    raise typer.Abort


def text_and_paths(args: list[str], file: Path | None) -> tuple[str, list[str]]:
    """The search and the paths: with ``-f`` or ``-`` every other argument is a path."""
    if file is not None:
        return read_text(file), args
    if not args:
        raise typer.BadParameter("a search is missing: give it as the first argument, or -f FILE")
    if args[0] == "-":
        return sys.stdin.read(), args[1:]
    return args[0], args[1:]


def read_text(path: Path) -> str:
    """The text of a search file. Raises InputError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror or exc}", path=path) from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"is not UTF-8 text (byte {exc.start})", path=path) from exc
