"""``bootwatch serve``: receive, store, detect and alert until told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Door = Annotated[str | None, typer.Option(metavar="HOST:PORT|off", show_default=False)]


def register(program: typer.Typer) -> None:
    program.command(name="serve", help="Receive logs, store them, and run the detections over them as they come.")(
        serve
    )


def serve(
    settings: Annotated[Path | None, typer.Option(help="Settings file (TOML).", show_default=False)] = None,
    home: Annotated[Path | None, typer.Option(help="Directory of the store.", show_default=False)] = None,
    udp: _Door = None,
    tcp: _Door = None,
    tls: _Door = None,
    hec: _Door = None,
    splunkd: _Door = None,
    web: _Door = None,
    watch: Annotated[
        list[Path] | None, typer.Option(help="A file or folder to follow; may be given several times.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--tz", help="Zone of stamps that carry none.", show_default=False)
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.", show_default=False)] = None,
    log_format: Annotated[str | None, typer.Option(help="text or json.", show_default=False)] = None,
) -> int:
    import asyncio

    from bootwatch import app
    from bootwatch.service.logs import logging_to_stderr
    from bootwatch.service.run import Service
    from bootwatch.settings import Settings

    read = Settings.read(
        settings,
        options={
            "home": None if home is None else str(home),
            "udp": udp,
            "tcp": tcp,
            "tls": tls,
            "hec": hec,
            "splunkd": splunkd,
            "web": web,
            "watch": tuple(map(str, watch)) if watch else None,
            "tz": zone,
            "log_level": log_level,
            "log_format": log_format,
        },
    )
    logging_to_stderr(read.log_level, read.log_format)
    asyncio.run(
        Service(read, Path(read.home) if read.home else app.default_home(), lambda line: print(line, flush=True)).run()
    )
    return 0
