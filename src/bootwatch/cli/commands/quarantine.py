"""``bootwatch quarantine``: segments of the store that were set aside because they are damaged."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.cli.options import Format
from bootwatch.cli.visible import visible
from bootwatch.errors import StoreError

if TYPE_CHECKING:
    from bootwatch.store.manifest import Manifest
    from bootwatch.store.quarantine import Acknowledged
    from bootwatch.store.records import Segment

_Home = Annotated[Path | None, typer.Option(help="Directory of the store.", show_default=False)]


def register(program: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Damaged segments that were set aside, and who dealt with them.",
    )
    group.command(name="list", help="What was set aside; with --all also what somebody has dealt with.")(list_)
    group.command(name="ack", help="Somebody has dealt with it: /health alarms no longer, searches name it as before.")(
        acknowledge
    )
    program.add_typer(group, name="quarantine")


def list_(
    every: Annotated[bool, typer.Option("--all", help="Acknowledged ones as well.")] = False,
    format_: Annotated[Format | None, typer.Option("--format", help="Also json, jsonl.", show_default=False)] = None,
    home: _Home = None,
) -> int:
    import msgspec

    from bootwatch.store.quarantine import acknowledged

    place = _place(home)
    known = acknowledged(place)
    shown = [(one, what) for one, what in _manifest(place).set_aside() if every or one.path not in known]
    if format_ not in (None, Format.TABLE, Format.JSON, Format.JSONL):
        raise typer.BadParameter("this is shown as table, json or jsonl", param_hint="--format")
    if format_ in (Format.JSON, Format.JSONL) or (format_ is None and not sys.stdout.isatty()):
        rows = [_row(one, what, known.get(one.path)) for one, what in shown]
        encoder = msgspec.json.Encoder()
        sys.stdout.buffer.write(encoder.encode(rows) + b"\n" if format_ is Format.JSON else encoder.encode_lines(rows))
        return 0
    for one, what in shown:
        said = known.get(one.path)
        print(f"{visible(one.path)}\n      {one.rows} events were in it: {visible(what)}")
        if said is not None:
            print(f"      acknowledged by {visible(said.by)} at {said.at}: {visible(said.why)}")
    if not shown and sys.stdout.isatty():
        print("nothing was set aside" if every else "nothing waits for an answer")
    return 0


def _row(segment: Segment, what: str, said: Acknowledged | None) -> dict[str, object]:
    """One segment for a program."""
    ack = None if said is None else {"by": said.by, "why": said.why, "at": said.at}
    return {"path": segment.path, "what": what, "events": segment.rows, "acknowledged": ack}


def acknowledge(
    why: Annotated[str, typer.Option("--reason", help="What was done about it.")],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="As 'list' shows it; the name of the file is enough.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who does this; else the account.", show_default=False)] = None,
    home: _Home = None,
) -> int:
    import time

    from bootwatch.store import quarantine

    if bool(paths) == every:
        raise typer.BadParameter("name segments, or all of them with --all", param_hint="PATH…")
    if not why.strip():
        raise typer.BadParameter("it is empty: the reason is what is on record", param_hint="--reason")
    place = _place(home)
    waiting = quarantine.unanswered(place, _manifest(place))
    for name in paths or ():
        if not any(_is_named(one.path, name) for one, _ in waiting):
            print(f"bootwatch: no damaged segment '{visible(name)}' waits for an answer", file=sys.stderr)
            return 2
    chosen = [(one, what) for one, what in waiting if every or any(_is_named(one.path, name) for name in paths or ())]
    if not chosen:
        print("nothing waits for an answer", file=sys.stderr)
        return 0
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    quarantine.acknowledge(place, chosen, by=by or getpass.getuser(), why=why, at=at)
    for one, _ in chosen:
        print(f"acknowledged {visible(one.path)}")
    return 0


def _is_named(path: str, name: str) -> bool:
    from bootwatch.store.retention import aside

    return name in (path, path.rpartition("/")[2], aside(path))


def _place(home: Path | None) -> Path:
    from bootwatch import app

    return home or app.default_home()


def _manifest(home: Path) -> Manifest:
    from bootwatch.store import manifest as manifests

    found = manifests.load(home)
    if found is None:
        raise StoreError(f"{home}: there is no store; name its directory with --home, or in BOOTWATCH_HOME")
    return found
