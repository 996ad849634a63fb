"""``bootwatch stream``: run the detections over files as they appear in a folder, on Spark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.cli import options

if TYPE_CHECKING:
    from bootwatch.service.streamed import Batch

_BESIDE = "Beside the log"


def register(program: typer.Typer) -> None:
    program.command(name="stream", help="Run the detections over files as they appear in a folder, on Spark.")(stream)


def stream(
    folder: Annotated[str, typer.Argument(help="A folder of logs or Parquet, local or as the cluster reaches it.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder for findings, a file of JSON lines a batch.")
    ],
    checkpoint: Annotated[Path, typer.Option(help="A folder that keeps which files are done, and the stories so far.")],
    engine: options.Engine = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when all files that are there are done.")] = False,
    every: Annotated[float, typer.Option(help="Look for new files so often, in seconds.")] = 10.0,
    detection: Annotated[
        list[str] | None, typer.Option(help="Only this detection; may be given several times.", show_default=False)
    ] = None,
    content: options.Content = None,
    changes: Annotated[
        list[Path] | None, typer.Option(help="Approved changes: .ics, .csv or .json.", rich_help_panel=_BESIDE)
    ] = None,
    allow: Annotated[
        list[Path] | None, typer.Option(help="Management systems and their accounts.", rich_help_panel=_BESIDE)
    ] = None,
    inventory: Annotated[
        list[Path] | None, typer.Option(help="The devices: .json, .csv or .toml.", rich_help_panel=_BESIDE)
    ] = None,
    exceptions: Annotated[
        list[Path] | None,
        typer.Option(help="Exceptions with owner, reason, ticket and expiry.", rich_help_panel=_BESIDE),
    ] = None,
    no_whole_log: Annotated[
        bool, typer.Option("--no-whole-log", help="Leave out the rules that read every event.", rich_help_panel=_BESIDE)
    ] = False,
    now: options.Now = None,
    zone: options.Zone = None,
    index: options.Index = None,
    sourcetype: options.Sourcetype = None,
    host: options.Host = None,
    quiet: options.Quiet = False,
) -> int:
    from bootwatch import app
    from bootwatch.service.streamed import stream as run

    unreadable = 0

    def say(batch: Batch) -> None:
        nonlocal unreadable
        unreadable += len(batch.unreadable)
        for path, why in batch.unreadable:
            print(f"bootwatch: {path}: {why}", file=sys.stderr)
        if not quiet:
            print(f"bootwatch: batch {batch.number}: {batch.files} files, {batch.told} findings", file=sys.stderr)

    beside = app.Beside(
        changes=changes or (),
        allow=allow or (),
        inventory=inventory or (),
        exceptions=exceptions or (),
        whole_log=not no_whole_log,
    )
    scope = options.scope(
        now=now, zone=zone, index=index, sourcetype=sourcetype, host=host, engine=engine, content=content
    )
    app.check_beside(beside, scope)
    try:
        run(
            folder,
            output,
            scope,
            checkpoint=checkpoint,
            pack=app.pack(content or []),
            only=detection or [],
            beside=beside,
            once=once,
            every_s=every,
            pinned=now is not None,
            done=say,
        )
    except LookupError as exc:
        raise typer.BadParameter(str(exc.args[0]), param_hint="--detection") from exc
    return 4 if unreadable else 0
